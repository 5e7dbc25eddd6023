//! Guides out of TOML, ours and the user's, checked as they are read.

use std::collections::BTreeSet;

use super::{BUILT_IN, Guide, OPENS};

/// What is wrong with a guide.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the guide {file} cannot be used: {reason}")]
pub struct GuideError {
    /// Its file.
    pub file: String,
    /// What is wrong, with its line where it has one.
    pub reason: String,
}

impl GuideError {
    /// What to do about it.
    pub const fn advice() -> &'static str {
        "correct the file, or move it away; the other guides are used"
    }
}

impl Guide {
    /// Our guides and these of the user's (file name, text). A guide of the user's with the id of one of ours takes its
    /// place. A broken one is named and the rest used.
    pub fn all(user: &[(String, String)]) -> (Vec<Self>, Vec<GuideError>) {
        let mut guides: Vec<Self> = Vec::new();
        let mut errors = Vec::new();
        let built_in = BUILT_IN.iter().map(|(file, text)| (*file, *text));
        for (file, text) in built_in.chain(user.iter().map(|(file, text)| (file.as_str(), text.as_str()))) {
            match Self::read(file, text) {
                Ok(guide) => match guides.iter_mut().find(|known| known.id == guide.id) {
                    Some(known) => *known = guide,
                    None => guides.push(guide),
                },
                Err(error) => errors.push(error),
            }
        }
        (guides, errors)
    }

    /// Reads one guide.
    ///
    /// # Errors
    /// Where it is no guide, or names what does not exist.
    pub fn read(file: &str, text: &str) -> Result<Self, GuideError> {
        let wrong = |reason: String| GuideError { file: file.to_owned(), reason };
        let guide: Self = toml::from_str(text).map_err(|error| {
            let line = error.span().map_or(String::new(), |span| {
                let line = text.get(..span.start).map_or(0, |before| before.matches('\n').count()) + 1;
                format!("line {line}: ")
            });
            wrong(format!("{line}{}", error.message()))
        })?;
        let mut seen = BTreeSet::new();
        for (_, step) in guide.steps() {
            if !is_id(&step.id) {
                return Err(wrong(format!("the step id {:?} may hold only a to z, 0 to 9 and _", step.id)));
            }
            if !seen.insert(step.id.as_str()) {
                return Err(wrong(format!("two steps have the id {}", step.id)));
            }
            if !OPENS.contains(&step.open.as_str()) {
                return Err(wrong(format!("step {} opens {:?}; it can open {}", step.id, step.open, OPENS.join(", "))));
            }
        }
        if !is_id(&guide.id) {
            return Err(wrong(format!("the id {:?} may hold only a to z, 0 to 9 and _", guide.id)));
        }
        if seen.is_empty() {
            return Err(wrong("it has no step".to_owned()));
        }
        Ok(guide)
    }
}

/// Ids end in cases, reports and file names.
fn is_id(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    const GUIDE: &str = "id = \"mine\"\ntitle = \"Mine\"\nrule = \"R\"\nrule_id = \"1\"\n[[phase]]\nid = \"triage\"\ntitle = \"Triage\"\n[[phase.step]]\nid = \"sources\"\ntitle = \"T\"\nask = \"A\"\nhuman = \"H\"\nopen = \"sources\"\n";

    fn refused(from: &str, to: &str) -> String {
        Guide::read("mine.toml", &GUIDE.replace(from, to)).unwrap_err().to_string()
    }

    #[test]
    fn a_broken_guide_is_named_with_line_and_reason() {
        assert_eq!(
            refused("ask =", "command ="),
            "the guide mine.toml cannot be used: line 11: unknown field `command`, expected one of `id`, `title`, `ask`, `human`, `open`"
        );
        assert_eq!(
            refused("open = \"sources\"", "open = \"cellar\""),
            "the guide mine.toml cannot be used: step sources opens \"cellar\"; it can open sources, users, sessions, processes, events, history, alerts, hops"
        );
        assert_eq!(refused("id = \"sources\"", "id = \"../x\""), "the guide mine.toml cannot be used: the step id \"../x\" may hold only a to z, 0 to 9 and _");
        let twice = GUIDE.to_owned() + "[[phase.step]]\nid = \"sources\"\ntitle = \"T\"\nask = \"A\"\nhuman = \"H\"\nopen = \"users\"\n";
        assert_eq!(Guide::read("mine.toml", &twice).unwrap_err().reason, "two steps have the id sources");
    }

    #[test]
    fn the_users_guide_takes_the_place_of_ours_and_a_broken_one_costs_only_itself() {
        let mine = GUIDE.replace("id = \"mine\"", "id = \"rdp_outbound_client\"");
        let (guides, errors) = Guide::all(&[("a.toml".to_owned(), mine), ("b.toml".to_owned(), "id = 1".to_owned())]);
        assert_eq!(guides.iter().map(|guide| guide.title.as_str()).collect::<Vec<_>>(), ["Spike of sources at a destination", "Mine"]);
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].file, "b.toml");
    }
}
