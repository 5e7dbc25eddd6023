//! A drawn screen as plain text: for selecting by hand, and for the scrollback.

use ratatui::buffer::Buffer;

/// Its lines without the spaces at their ends; empty lines at the bottom are left out.
pub fn lines(buffer: &Buffer) -> Vec<String> {
    let text = crate::widget::probe::text(buffer);
    text.trim_end().lines().map(str::to_owned).collect()
}
