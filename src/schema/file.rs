//! A schema file as written: strict, so that a misspelled key is an error with a line number.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::moment::Format;
use super::rule::Class;
use super::{Field, SchemaError};

/// One schema.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SchemaFile {
    /// Its name, as reports show it.
    pub name: String,
    /// What sort of records it holds.
    pub class: Class,
    /// Index patterns in which such documents lie.
    #[serde(default)]
    pub index: Vec<String>,
    /// Whether column names are compared without case, blanks and punctuation. Such a schema reads tables only.
    #[serde(default)]
    pub loose: bool,
    /// Whether rows of one table may be of several schemas, told apart by their values.
    #[serde(default)]
    pub mixed: bool,
    /// Whether it comes after the user's schemas, because it takes whatever is left.
    #[serde(default)]
    pub last: bool,
    /// What may stand before every spelling (`Event.`); nothing by default.
    #[serde(default)]
    pub prefix: Vec<String>,
    /// Where the named values of an event lie, for the fields that only a Sigma rule asks for.
    #[serde(default)]
    pub values: Vec<String>,
    /// Paths that hold lists of name and value pairs.
    #[serde(default)]
    pub pairs: Vec<String>,
    /// What proves the schema: any of these.
    pub recognise: Vec<Recognise>,
    /// Spellings of the time, in order.
    pub time: Vec<Time>,
    /// Spellings of the logical fields, in order; `message:Label` reads the rendered message, `message-last:Label` its last line of that label.
    #[serde(default)]
    pub field: BTreeMap<Field, OneOrMany>,
    /// Documents of this schema and what they must read as.
    #[serde(default)]
    pub sample: Vec<Sample>,
}

/// A proof: everything in it must hold.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Recognise {
    /// Spellings that must have a value.
    pub has: Vec<String>,
    /// Spellings that must have none.
    pub lacks: Vec<String>,
    /// Logical fields that must have a value under any of their spellings.
    pub has_field: Vec<Field>,
    /// Logical fields that must have none.
    pub lacks_field: Vec<Field>,
    /// Spellings with the values they may have; a `*` at the end stands for anything.
    pub is: BTreeMap<String, OneOrMany>,
}

/// A spelling of the time.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum Time {
    /// Written so that it explains itself.
    Plain(String),
    /// With its format.
    Formatted {
        /// The spelling.
        spelling: String,
        /// The format.
        format: Format,
    },
}

/// One word or several.
#[derive(Clone, Debug, Deserialize)]
#[serde(untagged)]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several, in order.
    Many(Vec<String>),
}

impl OneOrMany {
    /// All of them.
    pub fn iter(&self) -> std::slice::Iter<'_, String> {
        match self {
            Self::One(word) => std::slice::from_ref(word).iter(),
            Self::Many(words) => words.iter(),
        }
    }
}

/// A document or a row with what it must read as.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// A JSON document.
    pub document: Option<String>,
    /// Column names, separated by commas.
    pub header: Option<String>,
    /// The row, separated by commas.
    pub row: Option<String>,
    /// What must be read: `kind` (or `none` where it is no RDP event), `time`, and the fields of an event by name.
    pub reads: BTreeMap<String, String>,
}

impl SchemaFile {
    /// Reads a schema file.
    ///
    /// # Errors
    /// Where it is not TOML, or says something that a schema does not say.
    pub fn parse(path: &Path, text: &str) -> Result<Self, SchemaError> {
        toml::from_str(text).map_err(|error| SchemaError {
            file: path.to_owned(),
            line: error.span().map(|span| 1 + text.get(..span.start).unwrap_or_default().matches('\n').count()),
            reason: error.message().to_owned(),
        })
    }
}

/// The schemas, in order of precedence.
#[derive(Clone, Debug)]
pub struct Schemas {
    files: Vec<(PathBuf, SchemaFile)>,
}

impl Schemas {
    /// Ours.
    pub fn built_in() -> Self {
        let files = super::BUILT_IN
            .iter()
            .map(|(name, text)| {
                let path = PathBuf::from(format!("{name}.toml"));
                let file = SchemaFile::parse(&path, text).expect("a test reads every schema of ours");
                (path, file)
            })
            .collect();
        Self { files }
    }

    /// Ours, and the user's before those of ours that take whatever is left. A broken file is left out and told.
    #[must_use]
    pub fn with_user_files(mut self, files: impl IntoIterator<Item = (PathBuf, String)>) -> (Self, Vec<SchemaError>) {
        let mut errors = Vec::new();
        for (path, text) in files {
            match SchemaFile::parse(&path, &text) {
                Ok(file) => {
                    if self.files.iter().any(|(_, known)| known.name == file.name) {
                        errors.push(SchemaError { file: path, line: None, reason: format!("a schema named {:?} exists already", file.name) });
                        continue;
                    }
                    // Every schema is compiled alone first, so that one bad spelling costs one file.
                    if let Err(error) = super::compiled::Compiled::check(&path, &file) {
                        errors.push(error);
                        continue;
                    }
                    let place = self.files.iter().position(|(_, known)| known.last && !file.last).unwrap_or(self.files.len());
                    self.files.insert(place, (path, file));
                }
                Err(error) => errors.push(error),
            }
        }
        (self, errors)
    }

    /// Every schema with the file it stands in.
    pub fn iter(&self) -> impl Iterator<Item = (&Path, &SchemaFile)> {
        self.files.iter().map(|(path, file)| (path.as_path(), file))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OK: &str = r#"
name = "mine"
class = "flow"
time = ["when"]
recognise = [{ has = ["when", "who"] }]
[field]
source = "who"
destination = "whom"
"#;

    fn load(text: &str) -> (Schemas, Vec<SchemaError>) {
        Schemas::built_in().with_user_files([(PathBuf::from("mine.toml"), text.to_owned())])
    }

    #[test]
    fn a_users_schema_stands_after_ours_and_before_the_catch_all() {
        let (schemas, errors) = load(OK);
        assert!(errors.is_empty(), "{errors:?}");
        let names: Vec<_> = schemas.iter().map(|(_, file)| file.name.as_str()).collect();
        let mine = names.iter().position(|name| *name == "mine").expect("listed");
        let last = schemas.iter().position(|(_, file)| file.last).expect("a catch-all");
        assert_eq!(mine + 1, last);
        assert!(mine > 5);
    }

    #[test]
    fn errors_name_file_line_and_reason() {
        let (_, errors) = load(&OK.replace("destination =", "destinaton ="));
        assert_eq!(errors.len(), 1);
        assert_eq!(errors[0].line, Some(8));
        assert!(errors[0].to_string().starts_with("the schema mine.toml, line 8, cannot be used: unknown variant `destinaton`"), "{}", errors[0]);
        assert!(errors[0].advice().is_some());
        for (broken, reason) in [
            (OK.replace("class = \"flow\"", "class = \"flows\""), "unknown variant `flows`"),
            (OK.replace("name = \"mine\"", "name = \"winlog\""), "exists already"),
            (OK.replace("time = [\"when\"]", "time = []"), "no spelling of the time"),
            (OK.replace("recognise = [{ has = [\"when\", \"who\"] }]", "recognise = [{}]"), "would take every record"),
            (OK.replace("recognise =", "recognize ="), "unknown field `recognize`"),
        ] {
            let (_, errors) = load(&broken);
            assert_eq!(errors.len(), 1, "{broken}");
            assert!(errors[0].reason.contains(reason), "{}: {reason}", errors[0]);
        }
    }
}
