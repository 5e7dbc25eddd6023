//! The footer: the keys that matter here, or what there is to say.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;

use super::{Ctx, View};
use crate::keymap::{Key, help};
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
