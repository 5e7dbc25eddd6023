//! A theme file to a theme, strictly: whatever is not known is an error that names file and line.

use std::collections::BTreeMap;

use ratatui::style::{Modifier, Style};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::colour::{Shade, parse_hex};
use super::{Depth, Kind, Role, THEMES, Theme};

/// Why a theme cannot be used.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{what}")]
pub struct ThemeError {
    /// What was tried and how it failed, one sentence without a period.
    pub what: String,
    /// What to do about it.
    pub advice: Option<String>,
}

/// The styles that a file gives, by role.
type Styles = BTreeMap<Role, Style>;

/// Reads the theme `name` from `text`; `file` is for messages.
///
/// # Errors
/// Where the file is no TOML, names an unknown key, role, colour or modifier, or leaves a role out
/// that it does not inherit.
pub fn read(name: &str, file: &str, text: &str, depth: Depth) -> Result<Theme, ThemeError> {
    let page = Page { file, text };
    let root = DeTable::parse(text).map_err(|error| page.wrong(error.span().map_or(0, |span| span.start), error.message()))?;
    let root = root.get_ref();
    page.only(root, &["description", "background", "inherit", "palette", "role", "role-256", "role-16"])?;
    let palette = page.palette(root)?;
    let mut styles = match page.text_at(root, "inherit")? {
        Some(parent) => page.parent(&parent, depth)?,
        None => Styles::new(),
    };
    styles.extend(page.roles(root, "role", &palette, depth)?);
    // Every table is read, so that a mistake in one is found whatever the terminal shows.
    let indexed = page.roles(root, "role-256", &palette, depth)?;
    let ansi = page.roles(root, "role-16", &palette, depth)?;
    if depth <= Depth::Indexed {
        styles.extend(indexed);
    }
    if depth <= Depth::Ansi {
        styles.extend(ansi);
    }
    let missing: Vec<&str> = Role::ALL.iter().filter(|role| !styles.contains_key(role)).map(|role| role.name()).collect();
    if !missing.is_empty() {
        return Err(ThemeError {
            what: format!("theme {file} says nothing of {}", missing.join(", ")),
            advice: Some("style these roles, or add a line such as inherit = \"dark\"".to_owned()),
        });
    }
    Ok(Theme::new(name, Role::ALL.iter().map(|role| styles.get(role).copied().unwrap_or_default()).collect()))
}

/// A file being read, for messages with a line.
struct Page<'a> {
    file: &'a str,
    text: &'a str,
}

impl Page<'_> {
    fn wrong(&self, offset: usize, why: impl std::fmt::Display) -> ThemeError {
        let line = 1 + self.text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
        ThemeError { what: format!("theme {} line {line}: {why}", self.file), advice: None }
    }

    fn only(&self, table: &DeTable<'_>, known: &[&str]) -> Result<(), ThemeError> {
        match table.iter().find(|(key, _)| !known.contains(&key.get_ref().as_ref())) {
            Some((key, _)) => Err(self.wrong(key.span().start, format_args!("unknown key {:?}, known are {}", key.get_ref(), known.join(", ")))),
            None => Ok(()),
        }
    }

    fn text_at(&self, table: &DeTable<'_>, key: &str) -> Result<Option<String>, ThemeError> {
        match table.get(key) {
            None => Ok(None),
            Some(value) => match value.get_ref().as_str() {
                Some(text) => Ok(Some(text.to_owned())),
                None => Err(self.wrong(value.span().start, format_args!("{key} must be text"))),
            },
        }
    }

    /// The styles of one of our themes, to build upon.
    fn parent(&self, name: &str, depth: Depth) -> Result<Styles, ThemeError> {
        let Some((_, text)) = THEMES.iter().find(|(ours, _)| *ours == name) else {
            let names: Vec<&str> = THEMES.iter().map(|(name, _)| *name).collect();
            return Err(ThemeError { what: format!("theme {} inherits {name:?}, which is none of {}", self.file, names.join(", ")), advice: None });
        };
        let theme = read(name, &format!("themes/{name}.toml"), text, depth)?;
        Ok(Role::ALL.iter().map(|role| (*role, theme.style(*role))).collect())
    }

    fn palette(&self, root: &DeTable<'_>) -> Result<BTreeMap<String, Shade>, ThemeError> {
        let mut palette = BTreeMap::new();
        for (key, value) in self.table(root, "palette")?.into_iter().flatten() {
            let shade = match value.get_ref() {
                DeValue::Table(table) => {
                    self.only(table, &["rgb", "c256", "c16"])?;
                    let rgb = table.get("rgb").ok_or_else(|| self.wrong(value.span().start, "a palette colour needs rgb"))?;
                    let mut shade = self.shade(rgb, &BTreeMap::new())?;
                    if let Some(indexed) = table.get("c256") {
                        shade.indexed = self.shade(indexed, &BTreeMap::new())?.indexed;
                    }
                    if let Some(ansi) = table.get("c16") {
                        shade.ansi = self.shade(ansi, &BTreeMap::new())?.ansi;
                    }
                    shade
                }
                _ => self.shade(value, &BTreeMap::new())?,
            };
            palette.insert(key.get_ref().to_string(), shade);
        }
        Ok(palette)
    }

    fn table<'t, 'd>(&self, root: &'t DeTable<'d>, name: &str) -> Result<Option<&'t DeTable<'d>>, ThemeError> {
        match root.get(name) {
            None => Ok(None),
            Some(value) => match value.get_ref() {
                DeValue::Table(table) => Ok(Some(table)),
                _ => Err(self.wrong(value.span().start, format_args!("{name} must be a table"))),
            },
        }
    }

    fn shade(&self, value: &Spanned<DeValue<'_>>, palette: &BTreeMap<String, Shade>) -> Result<Shade, ThemeError> {
        let wrong =
            |text: &str| self.wrong(value.span().start, format_args!("{text} is no colour: give a palette name, \"#rrggbb\", an ANSI name or 0 to 255"));
        match value.get_ref() {
            DeValue::String(text) => palette
                .get(text.as_ref())
                .copied()
                .or_else(|| Shade::ansi_named(text))
                .or_else(|| parse_hex(text).map(Shade::from_rgb))
                .ok_or_else(|| wrong(&format!("{text:?}"))),
            DeValue::Integer(number) => number.as_str().parse().map(Shade::from_index).map_err(|_| wrong(number.as_str())),
            other => Err(wrong(other.type_str())),
        }
    }

    fn roles(&self, root: &DeTable<'_>, name: &str, palette: &BTreeMap<String, Shade>, depth: Depth) -> Result<Styles, ThemeError> {
        let mut styles = Styles::new();
        for (key, value) in self.table(root, name)?.into_iter().flatten() {
            let role = Role::named(key.get_ref()).ok_or_else(|| self.wrong(key.span().start, format_args!("unknown role {:?}", key.get_ref())))?;
            let DeValue::Table(table) = value.get_ref() else {
                return Err(self.wrong(value.span().start, format_args!("role {} must be a table of fg, bg and mods", role.name())));
            };
            self.only(table, &["fg", "bg", "mods"])?;
            let mut style = Style::new();
            if let Some(fg) = table.get("fg") {
                if role.kind() == Kind::Ground {
                    return Err(self.wrong(fg.span().start, format_args!("role {} is ground and may set bg and mods only", role.name())));
                }
                style.fg = self.shade(fg, palette)?.at(depth);
            }
            if let Some(bg) = table.get("bg") {
                style.bg = self.shade(bg, palette)?.at(depth);
            }
            if let Some(mods) = table.get("mods") {
                style = style.add_modifier(self.modifiers(mods)?);
            }
            styles.insert(role, style);
        }
        Ok(styles)
    }

    fn modifiers(&self, value: &Spanned<DeValue<'_>>) -> Result<Modifier, ThemeError> {
        let DeValue::Array(list) = value.get_ref() else {
            return Err(self.wrong(value.span().start, "mods must be a list"));
        };
        let mut all = Modifier::empty();
        for entry in list {
            all |= match entry.get_ref().as_str() {
                Some("bold") => Modifier::BOLD,
                Some("dim") => Modifier::DIM,
                Some("italic") => Modifier::ITALIC,
                Some("underline") => Modifier::UNDERLINED,
                Some("reverse") => Modifier::REVERSED,
                _ => return Err(self.wrong(entry.span().start, "a modifier is one of bold, dim, italic, underline, reverse")),
            };
        }
        Ok(all)
    }
}
