//! Small, pure, reusable drawing: data and a [`Pen`] in, cells out. No state, no clock, nothing asked.
//!
//! Text comes in as `&str` that is fit for a screen: our own words, or [`crate::domain::Safe`] text out of an event.

pub mod axis;
pub mod badge;
pub mod crumbs;
pub mod gauge;
pub mod glyphs;
pub mod hints;
pub mod lane;
pub mod popup;
pub mod probe;
pub mod prompt;
pub mod severity;
pub mod table;
pub mod tabs;
pub mod text;
pub mod timeline;

pub use glyphs::Glyphs;

use ratatui::style::Style;

use crate::theme::{Role, Theme};

/// What everything is drawn with.
#[derive(Clone, Copy, Debug)]
pub struct Pen<'a> {
    /// What roles look like.
    pub theme: &'a Theme,
    /// Which characters the terminal can show.
    pub glyphs: Glyphs,
}

impl Pen<'_> {
    /// What `role` looks like.
    pub fn style(&self, role: Role) -> Style {
        self.theme.style(role)
    }
}
