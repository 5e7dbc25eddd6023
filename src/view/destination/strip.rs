//! The strip of tell-tales: one line where single facts say more than any count.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Span;

use crate::analysis::telltales::Telltale;
use crate::investigation::Visit;
use crate::theme::Role;
use crate::view::{Ctx, words};
use crate::widget::text;

/// The tell-tales of the stretch of time that is looked at, in order of time.
pub(super) fn seen<'a>(visit: &'a Visit, cx: &Ctx<'_>) -> Vec<&'a Telltale> {
    let focus = visit.focus(cx.investigation.range, cx.investigation.size).range();
    visit.evidence().into_iter().flat_map(|evidence| &evidence.telltales).filter(|tale| focus.contains(tale.time)).collect()
}

/// Draws it: each sort once, with its time and how often; of a single one what was seen.
pub(super) fn draw(visit: &Visit, cx: &Ctx<'_>, area: Rect, buf: &mut Buffer) {
    if area.height == 0 {
        return;
    }
    let pen = cx.pen;
    let tales = seen(visit, cx);
    let mut sorts: Vec<(&Telltale, usize)> = Vec::new();
    for tale in &tales {
        match sorts.iter_mut().find(|(known, _)| known.sort == tale.sort) {
            Some((_, count)) => *count += 1,
            None => sorts.push((tale, 1)),
        }
    }
    let mut spans = vec![Span::styled("tell-tales: ", pen.style(Role::Muted))];
    for (place, (tale, count)) in sorts.iter().enumerate() {
        if place > 0 {
            spans.push(Span::styled(", ", pen.style(Role::Muted)));
        }
        spans.push(Span::styled(tale.sort.name(), pen.style(Role::SeverityMajor)));
        let times = if *count > 1 { format!(" x{count}") } else { String::new() };
        spans.push(Span::styled(format!(" {}{times}", words::clock(tale.time, &cx.investigation.zone)), pen.style(Role::Text)));
    }
    if let [(tale, 1)] = sorts.as_slice() {
        spans.push(Span::styled(format!(" {}", tale.text), pen.style(Role::Text)));
    }
    let spans = text::cut_spans(spans, usize::from(area.width.saturating_sub(2)), pen.glyphs);
    text::put_spans(buf, area, area.x.saturating_add(1), area.y, &spans);
}
