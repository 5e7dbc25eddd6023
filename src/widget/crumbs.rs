//! The trail: where one is and how one got there. Cut at the start, because the end is where one is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use super::{Pen, text};
use crate::theme::Role;

/// Between two steps.
const PART: &str = " > ";

/// Draws the steps, the last one standing out; the column after them.
pub fn draw(steps: &[&str], pen: Pen<'_>, area: Rect, buf: &mut Buffer) -> u16 {
    let room = usize::from(area.width);
    let wide = |steps: &[&str]| steps.iter().map(|step| text::width(step)).sum::<usize>() + PART.len() * steps.len().saturating_sub(1);
    let mut first = 0;
    let cut = |first: usize| if first > 0 { text::width(pen.glyphs.ellipsis()) + PART.len() } else { 0 };
    while first + 1 < steps.len() && cut(first) + wide(steps.get(first..).unwrap_or_default()) > room {
        first += 1;
    }
    let mut spans = Vec::new();
    if first > 0 {
        spans.push(Span::styled(format!("{}{PART}", pen.glyphs.ellipsis()), pen.style(Role::Crumb)));
    }
    for (place, step) in steps.iter().enumerate().skip(first) {
        let last = place + 1 == steps.len();
        spans.push(Span::styled((*step).to_owned(), pen.style(if last { Role::CrumbHere } else { Role::Crumb })));
        if !last {
            spans.push(Span::styled(PART, pen.style(Role::Crumb)));
        }
    }
    text::put_spans(buf, area, area.x, area.y, &text::cut_spans(spans, room, pen.glyphs))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::widget::Glyphs;
    use crate::widget::probe::{drawn, survives};

    const TRAIL: [&str; 3] = ["last 12h", "10.20.4.17", "10.20.66.12"];

    #[test]
    fn the_end_of_the_trail_stays() {
        let trail = |width| {
            drawn(width, 1, Glyphs::Unicode, |pen, area, buf| {
                draw(&TRAIL, pen, area, buf);
            })
        };
        let first = |width| trail(width).lines().next().unwrap_or_default().to_owned();
        insta::assert_snapshot!("crumbs", trail(40));
        assert_eq!(first(35), "last 12h > 10.20.4.17 > 10.20.66.12");
        assert_eq!(first(34), "… > 10.20.4.17 > 10.20.66.12");
        assert_eq!(first(20), "… > 10.20.66.12");
        assert_eq!(first(8), "… > 10.…");
        survives(|pen, area, buf| {
            draw(&TRAIL, pen, area, buf);
        });
        survives(|pen, area, buf| {
            draw(&[], pen, area, buf);
        });
    }
}
