//! What things look like: roles, the themes that style them, and the colours a terminal can show.
//!
//! To add a theme: `themes/<name>.toml` and one line in [`THEMES`].

pub mod colour;
pub mod depth;
pub mod probe;
pub mod read;
pub mod role;

pub use depth::{Depth, Env};
pub use read::ThemeError;
pub use role::{Kind, Role};

use ratatui::style::Style;

/// The themes that come with the program, by name; the first is the default.
pub const THEMES: &[(&str, &str)] =
    &[("dark", include_str!("../../themes/dark.toml")), ("light", include_str!("../../themes/light.toml")), ("mono", include_str!("../../themes/mono.toml"))];

/// The theme that is used where no colour may be shown.
pub const MONO: &str = "mono";

/// What each role looks like at one colour depth.
#[derive(Clone, PartialEq, Debug)]
pub struct Theme {
    name: String,
    styles: Vec<Style>,
    is_mono: bool,
}

impl Theme {
    /// The theme `name`: one of the user's (file name and text of each `themes/*.toml` in the configuration
    /// directory), else one of ours. Without colours it is always [`MONO`].
    ///
    /// # Errors
    /// Where there is no such theme, or its file is wrong.
    pub fn load(name: &str, depth: Depth, users: &[(String, String)]) -> Result<Self, ThemeError> {
        let name = if depth == Depth::Mono { MONO } else { name };
        let theirs = users.iter().find(|(file, _)| stem(file) == name).filter(|_| depth != Depth::Mono);
        if let Some((file, text)) = theirs {
            return read::read(name, file, text, depth);
        }
        match THEMES.iter().find(|(ours, _)| *ours == name) {
            Some((_, text)) => read::read(name, &format!("themes/{name}.toml"), text, depth),
            None => {
                Err(ThemeError { what: format!("there is no theme called {name:?}"), advice: Some(format!("choose one of {}", Self::names(users).join(", "))) })
            }
        }
    }

    /// The names of all themes, ours first.
    pub fn names(users: &[(String, String)]) -> Vec<String> {
        let mut names: Vec<String> = THEMES.iter().map(|(name, _)| (*name).to_owned()).collect();
        for (file, _) in users {
            let name = stem(file).to_owned();
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// What `role` looks like.
    pub fn style(&self, role: Role) -> Style {
        self.styles.get(role.number()).copied().unwrap_or_default()
    }

    /// Whether it has no colour at all, so that shapes have to say what colours would.
    pub fn is_mono(&self) -> bool {
        self.is_mono
    }

    pub(crate) fn new(name: &str, styles: Vec<Style>) -> Self {
        let is_mono = styles.iter().all(|style| style.fg.is_none() && style.bg.is_none());
        Self { name: name.to_owned(), styles, is_mono }
    }
}

/// The name of a theme by its file.
fn stem(file: &str) -> &str {
    let name = file.rsplit(['/', '\\']).next().unwrap_or(file);
    name.strip_suffix(".toml").unwrap_or(name)
}

#[cfg(test)]
mod tests;
