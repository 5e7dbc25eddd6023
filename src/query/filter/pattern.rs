//! Text with wildcards, compared without regard to case.

/// A piece of a pattern.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Part {
    /// Exactly this, in any case.
    Text(String),
    /// Anything, or nothing: `*`.
    Any,
}

/// A text with wildcards. Holds no two neighbours of the same sort and no empty text.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Pattern {
    parts: Vec<Part>,
    /// The texts in lower case, so that matching folds only the event's side.
    folded: Vec<Part>,
}

impl Pattern {
    /// A pattern of these parts.
    pub fn new(parts: impl IntoIterator<Item = Part>) -> Self {
        let mut merged: Vec<Part> = Vec::new();
        for part in parts {
            match (merged.last_mut(), part) {
                (_, Part::Text(text)) if text.is_empty() => {}
                (Some(Part::Text(before)), Part::Text(text)) => before.push_str(&text),
                (Some(Part::Any), Part::Any) => {}
                (_, part) => merged.push(part),
            }
        }
        let folded = merged
            .iter()
            .map(|part| match part {
                Part::Text(text) => Part::Text(text.to_lowercase()),
                Part::Any => Part::Any,
            })
            .collect();
        Self { parts: merged, folded }
    }

    /// Exactly this text, stars included.
    pub fn literal(text: impl Into<String>) -> Self {
        Self::new([Part::Text(text.into())])
    }

    /// This text anywhere inside.
    pub fn containing(self) -> Self {
        Self::new([Part::Any].into_iter().chain(self.parts).chain([Part::Any]))
    }

    /// The parts, for compilers to other languages.
    pub fn parts(&self) -> &[Part] {
        &self.parts
    }

    /// The text, where there is no wildcard in it.
    pub fn as_literal(&self) -> Option<&str> {
        match self.parts.as_slice() {
            [] => Some(""),
            [Part::Text(text)] => Some(text),
            _ => None,
        }
    }

    /// Whether it takes any text.
    pub fn is_anything(&self) -> bool {
        self.parts == [Part::Any]
    }

    /// Whether the whole of `text` fits, in any case.
    pub fn accepts(&self, text: &str) -> bool {
        let text = text.to_lowercase();
        let mut rest = text.as_str();
        let mut is_open = false;
        let last = self.folded.len().saturating_sub(1);
        for (place, part) in self.folded.iter().enumerate() {
            match part {
                Part::Any => is_open = true,
                // After a star the last text must end the whole, any other may stand at its first place.
                Part::Text(part) if is_open && place == last => return rest.ends_with(part.as_str()),
                Part::Text(part) => {
                    let found = if is_open { rest.find(part.as_str()) } else { rest.starts_with(part.as_str()).then_some(0) };
                    let Some(after) = found.and_then(|at| rest.get(at + part.len()..)) else { return false };
                    rest = after;
                    is_open = false;
                }
            }
        }
        is_open || rest.is_empty()
    }

    /// Whether a user fits. A pattern without a backslash is about the name alone, so that `user:kim`
    /// finds `CORP\kim` and `kim`; one with a backslash is about domain and name.
    pub fn accepts_user(&self, user: &str) -> bool {
        let names_domain = self.parts.iter().any(|part| matches!(part, Part::Text(text) if text.contains('\\')));
        let name = user.rsplit_once('\\').map_or(user, |(_, name)| name);
        self.accepts(if names_domain { user } else { name })
    }
}
