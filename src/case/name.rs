//! What a case is called: by its day and destination, as a file name that leads nowhere else.

/// Longest part of a name that comes from a destination.
pub const LONGEST: usize = 48;

/// A text as a file name: what an attacker calls his host must not lead out of the folder.
pub fn slug(text: &str) -> String {
    let words = text.split(|character: char| !character.is_ascii_alphanumeric() && character != '.' && character != '-' && character != '_');
    let joined = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
    let slug: String = joined.trim_matches(['.', '-']).chars().take(LONGEST).collect();
    if slug.is_empty() { "case".to_owned() } else { slug }
}
