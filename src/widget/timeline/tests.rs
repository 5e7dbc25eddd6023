//! What the timeline looks like.

use super::*;
use crate::widget::probe::{drawn, survives};

fn bar(place: i64, known: u32, new: u32) -> Bar {
    let start = Timestamp::from_second(1_735_694_100 + 900 * place).expect("a time");
    Bar { start, known, new, band: Some(Band { typical: 2.1, upper: 6.0 }), severity: None, gap: false, is_multi_bucket: false, before: None }
}

/// Two known sources in every bucket, none in the fifth, no data in the tenth, a spike near the end.
fn spike(buckets: i64) -> Vec<Bar> {
    let mut bars: Vec<Bar> = (0..buckets).map(|place| bar(place, 2, 0)).collect();
    bars[4].known = 0;
    bars[9] = Bar { known: 0, gap: true, ..bars[9] };
    let last = bars.len() - 5;
    for (place, new) in [(last, 38), (last + 1, 30)] {
        bars[place] = Bar { known: 3, new, severity: Some(Severity::Critical), ..bars[place] };
    }
    bars
}

fn chart<'a>(bars: &'a [Bar], zone: &'a TimeZone) -> Timeline<'a> {
    Timeline { bars, cursor: Some(bars.len() - 5), range: None, late: &[], zone, legend: true }
}

fn shown(chart: Timeline<'_>, width: u16, height: u16, glyphs: Glyphs) -> String {
    drawn(width, height, glyphs, |pen, area, buf| chart.draw(pen, area, buf))
}

#[test]
fn a_spike() {
    let bars = spike(48);
    insta::assert_snapshot!("timeline_spike", shown(chart(&bars, &TimeZone::UTC), 80, 8, Glyphs::Unicode));
    insta::assert_snapshot!("timeline_spike_ascii", shown(chart(&bars, &TimeZone::UTC), 80, 8, Glyphs::Ascii));
    insta::assert_snapshot!("timeline_spike_20x5", shown(chart(&bars, &TimeZone::UTC), 20, 5, Glyphs::Unicode));
}

#[test]
fn what_came_late_is_marked_above_the_bar_and_its_severity() {
    let bars = spike(12);
    let drawing = shown(Timeline { late: &[2, 4, 8], ..chart(&bars, &TimeZone::UTC) }, 70, 7, Glyphs::Unicode);
    insta::assert_snapshot!("timeline_late", drawing);
}

#[test]
fn an_anomaly_of_several_buckets_is_marked_beside_its_severity() {
    let mut bars = spike(12);
    let last = bars.len() - 4;
    bars[last].is_multi_bucket = true;
    let drawing = shown(chart(&bars, &TimeZone::UTC), 120, 7, Glyphs::Unicode);
    assert_eq!(drawing.lines().filter(|line| line.contains("▲+")).count(), 1, "{drawing}");
    assert!(drawing.contains("+ several buckets") && drawing.contains("× no data"), "{drawing}");
}

#[test]
fn a_bound_far_above_every_bar_does_not_press_them_flat() {
    let mut bars: Vec<Bar> = (0..12).map(|place| bar(place, 1, 0)).collect();
    bars[3].band = Some(Band { typical: 0.1, upper: 31_948.0 });
    bars[5].known = 2;
    let drawing = shown(chart(&bars, &TimeZone::UTC), 70, 7, Glyphs::Unicode);
    // Two of eight, as without it; and no line where the bound is out of sight.
    let rows: Vec<&str> = drawing.lines().collect();
    assert!(rows[1].starts_with("  8┤┄┄┄┄┄┄┄┄┄┄┄┄┄┄┄     ┄┄┄"), "{drawing}");
    assert!(rows[4].contains("▂▂▂▂"), "{drawing}");
}

#[test]
fn few_buckets_widen_and_a_range_is_grounded() {
    let bars = spike(12);
    let brushed = shown(Timeline { range: Some((8, 7)), ..chart(&bars, &TimeZone::UTC) }, 70, 7, Glyphs::Unicode);
    insta::assert_snapshot!("timeline_range", brushed);
}

#[test]
fn many_buckets_share_columns_and_no_anomaly_is_pooled_away() {
    let mut bars = spike(400);
    bars[100] = Bar { known: 1, severity: Some(Severity::Major), ..bars[100] };
    let drawing = shown(chart(&bars, &TimeZone::UTC), 60, 8, Glyphs::Unicode);
    assert_eq!(drawing.matches('◆').count(), 1, "{drawing}");
    assert_eq!(drawing.matches('▲').count(), 1, "{drawing}");
    insta::assert_snapshot!("timeline_pooled", drawing);
}

#[test]
fn days_are_those_of_the_zone_and_every_change_is_dated() {
    let bars: Vec<Bar> = (0..60).map(|place| bar(place, 1, 0)).collect();
    let labels = |zone: &TimeZone| {
        let drawing = shown(Timeline { cursor: None, ..chart(&bars, zone) }, 70, 5, Glyphs::Unicode);
        drawing.lines().nth(4).map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).unwrap_or_default()
    };
    assert_eq!(labels(&TimeZone::UTC), "2025-01-01 01:15 06:00 08:00 10:00 12:00 14:00 16:00");
    let kolkata = TimeZone::get("Asia/Kolkata").expect("a zone");
    assert_eq!(labels(&kolkata), "2025-01-01 06:45 12:00 14:00 16:00 18:00 20:00");
    let auckland = TimeZone::get("Pacific/Auckland").expect("a zone");
    assert_eq!(labels(&auckland), "2025-01-01 14:15 20:00 22:00 2025-01-02 04:00");
}

#[test]
fn quiet_and_empty_timelines() {
    let mut bars: Vec<Bar> = (0..20).map(|place| Bar { band: None, ..bar(place, 0, 0) }).collect();
    let drawing = shown(Timeline { cursor: None, ..chart(&bars, &TimeZone::UTC) }, 40, 4, Glyphs::Unicode);
    assert!(drawing.contains("0┴········"), "{drawing}");
    bars.truncate(0);
    survives(|pen, area, buf| {
        Timeline { bars: &bars, cursor: Some(3), range: Some((1, 9)), late: &[0, 3, 99], zone: &TimeZone::UTC, legend: true }.draw(pen, area, buf)
    });
}

#[test]
fn every_size_is_survived() {
    for buckets in [12, 48, 120] {
        let bars = spike(buckets);
        survives(|pen, area, buf| Timeline { range: Some((3, 9_999)), cursor: Some(9_999), ..chart(&bars, &TimeZone::UTC) }.draw(pen, area, buf));
    }
    let huge = [Bar { known: u32::MAX, new: u32::MAX, band: Some(Band { typical: f32::NAN, upper: f32::INFINITY }), ..bar(0, 0, 0) }];
    survives(|pen, area, buf| Timeline { bars: &huge, cursor: Some(0), range: None, late: &[], zone: &TimeZone::UTC, legend: true }.draw(pen, area, buf));
}

#[test]
fn a_bar_that_touches_the_bound_is_beyond_it() {
    for rows in 2..12 {
        for upper in 1..40_u16 {
            let bars = [Bar { band: Some(Band { typical: 1.0, upper: f32::from(upper) }), ..bar(0, 41, 0) }];
            let timeline = Timeline { bars: &bars, cursor: None, range: None, late: &[], zone: &TimeZone::UTC, legend: false };
            let scale = Scale { top: timeline.top(rows), rows };
            let Some(line) = scale.bound(f32::from(upper)) else { continue };
            assert!(scale.eighths(u32::from(upper), 0).0 <= line * 8, "{upper} within, {rows} rows");
            assert!(line >= 1 && line < rows);
        }
    }
}

#[test]
fn anomalies_are_stepped_through() {
    let bars = spike(48);
    assert_eq!(next_anomaly(&bars, 0, true), Some(43));
    assert_eq!(next_anomaly(&bars, 43, true), Some(44));
    assert_eq!(next_anomaly(&bars, 44, true), None);
    assert_eq!(next_anomaly(&bars, 44, false), Some(43));
    assert_eq!(next_anomaly(&bars, 43, false), None);
    assert_eq!(next_anomaly(&[], 7, false), None);
}
