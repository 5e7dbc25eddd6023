//! The footer: the keys that matter here, or what there is to say.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Ctx, View};
use crate::investigation::Action;
use crate::keymap::{Key, Mode, help};
use crate::theme::Role;
use crate::widget::{hints, text};

/// Draws hints, the continuations of pending keys, or a notice until the next key.
pub fn draw(cx: &Ctx<'_>, view: &dyn View, pending: &[Key], notice: Option<&str>, area: Rect, buf: &mut Buffer) {
    if area.is_empty() {
        return;
    }
    let pen = cx.pen;
    buf.set_style(area, pen.style(Role::Footer));
    let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    if let Some(notice) = notice {
        text::put(buf, inner, inner.x, inner.y, &text::cut(notice, usize::from(inner.width), pen.glyphs), pen.style(Role::Strong));
        return;
    }
    if !pending.is_empty() {
        let rest = cx.keymap.continuations(view.mode(), pending);
        hints::draw(rest.iter().map(|(key, action)| (key.as_str(), action.word())), pen, inner, buf);
        return;
    }
    let shown = help::hints(cx.keymap, view.mode(), &view.footer(), usize::from(inner.width));
    hints::draw(shown.iter().map(|hint| (hint.key.as_str(), hint.word)), pen, inner, buf);
}

/// Draws hints for a few actions and nothing else: before there is a page to act on.
pub fn draw_only(cx: &Ctx<'_>, actions: &[Action], area: Rect, buf: &mut Buffer) {
    let inner = Rect { x: area.x.saturating_add(1), width: area.width.saturating_sub(2), ..area };
    buf.set_style(area, cx.pen.style(Role::Footer));
    let keys: Vec<(String, &str)> = actions.iter().filter_map(|action| Some((cx.keymap.keys(Mode::Table, *action).next()?.label(), action.word()))).collect();
    hints::draw(keys.iter().map(|(key, word)| (key.as_str(), *word)), cx.pen, inner, buf);
}
