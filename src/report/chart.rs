//! The sources of each bucket as a picture: SVG that stands in the page, drawn from numbers alone.

use std::fmt::Write as _;

use serde::Serialize;

use crate::domain::{BucketSize, Severity, Timestamp, time};

/// What a picture is drawn from.
#[derive(Clone, PartialEq, Debug)]
pub struct Chart {
    /// Width of the buckets.
    pub size: BucketSize,
    /// The buckets, in order.
    pub bars: Vec<Bar>,
}

/// One bucket.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Bar {
    /// Its start.
    pub start: Timestamp,
    /// Distinct sources seen here before.
    pub known: u32,
    /// Distinct sources not seen here before.
    pub new: u32,
    /// The most that is usual; `None` where there is no verdict.
    pub upper: Option<f64>,
    /// The score, 0 to 100; `None` where there is no verdict.
    pub score: Option<f64>,
}

const WIDTH: f64 = 920.0;
const HEIGHT: f64 = 260.0;
const LEFT: f64 = 44.0;
const BOTTOM: f64 = 34.0;
const TOP: f64 = 26.0;
/// Labels under the picture.
const LABELS: usize = 8;

impl Chart {
    /// The buckets that hold something, in order, and the empty ones between them.
    pub fn of(size: BucketSize, bars: impl IntoIterator<Item = Bar>) -> Self {
        let mut whole: Vec<Bar> = Vec::new();
        for bar in bars {
            let number = size.index(bar.start.as_second());
            while let Some(last) = whole.last().map(|last| size.index(last.start.as_second())).filter(|last| last + 1 < number) {
                whole.push(Bar { start: size.at(last + 1), known: 0, new: 0, upper: None, score: None });
            }
            whole.push(bar);
        }
        Self { size, bars: whole }
    }

    /// The picture; `None` where there is nothing to draw.
    #[expect(clippy::cast_precision_loss, reason = "a picture needs no more than a few hundred steps")]
    pub fn svg(&self) -> Option<String> {
        let highest = self.bars.iter().map(|bar| f64::from(bar.known + bar.new).max(bar.upper.unwrap_or_default())).fold(0.0, f64::max);
        if self.bars.is_empty() || highest <= 0.0 {
            return None;
        }
        let top = nice(highest);
        let step = (WIDTH - LEFT - 8.0) / self.bars.len() as f64;
        let y = |value: f64| TOP + (HEIGHT - TOP - BOTTOM) * (1.0 - value / top);
        let x = |place: usize| LEFT + step * place as f64;
        let mut svg = format!(
            "<svg viewBox=\"0 0 {WIDTH:.0} {HEIGHT:.0}\" width=\"100%\" role=\"img\" xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\" font-size=\"11\">\
             <title>Distinct sources in each {} bucket: known and new, with the most that is usual</title>",
            self.size
        );
        for tick in [0.0, top / 2.0, top] {
            let at = y(tick);
            // Writing to a String cannot fail.
            let _ = write!(
                svg,
                "<line x1=\"{LEFT}\" y1=\"{at:.1}\" x2=\"{:.1}\" y2=\"{at:.1}\" stroke=\"#ccc\" stroke-width=\"1\"/><text x=\"{:.1}\" y=\"{:.1}\" text-anchor=\"end\" fill=\"#555\">{}</text>",
                WIDTH - 8.0,
                LEFT - 6.0,
                at + 4.0,
                if tick.fract() == 0.0 { format!("{tick:.0}") } else { format!("{tick:.1}") }
            );
        }
        let gap = if step > 4.0 { 1.0 } else { 0.0 };
        for (place, bar) in self.bars.iter().enumerate() {
            let (known, all) = (f64::from(bar.known), f64::from(bar.known + bar.new));
            for (from, to, colour) in [(0.0, known, "#4a6fa5"), (known, all, "#d9822b")] {
                if to > from {
                    let _ = write!(
                        svg,
                        "<rect x=\"{:.1}\" y=\"{:.1}\" width=\"{:.1}\" height=\"{:.1}\" fill=\"{colour}\"/>",
                        x(place),
                        y(to),
                        (step - gap).max(0.5),
                        y(from) - y(to)
                    );
                }
            }
            if let Some(severity) = bar.score.map(Severity::of).filter(|severity| *severity >= Severity::Major) {
                let (middle, above) = (x(place) + step / 2.0, y(all) - 5.0);
                let colour = if severity == Severity::Critical { "#b00020" } else { "#c77700" };
                let _ = write!(
                    svg,
                    "<path d=\"M{middle:.1} {:.1} l5 9 h-10 z\" fill=\"{colour}\"><title>{} {:.0}</title></path>",
                    above - 9.0,
                    severity.name(),
                    bar.score.unwrap_or_default()
                );
            }
        }
        let points: Vec<String> = self
            .bars
            .iter()
            .enumerate()
            .filter_map(|(place, bar)| bar.upper.map(|upper| format!("{:.1},{:.1} {:.1},{:.1}", x(place), y(upper), x(place) + step, y(upper))))
            .collect();
        if !points.is_empty() {
            let _ = write!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"#333\" stroke-width=\"1.2\" stroke-dasharray=\"5 3\"/>", points.join(" "));
        }
        let every = self.bars.len().div_ceil(LABELS).max(1);
        for (place, bar) in self.bars.iter().enumerate().step_by(every) {
            let label = bar.start.strftime("%m-%d %H:%M");
            let _ = write!(svg, "<text x=\"{:.1}\" y=\"{:.1}\" fill=\"#555\">{label}</text>", x(place), HEIGHT - BOTTOM + 16.0);
        }
        let _ = write!(
            svg,
            "<rect x=\"{LEFT}\" y=\"4\" width=\"10\" height=\"10\" fill=\"#4a6fa5\"/><text x=\"{:.0}\" y=\"13\">known</text>\
             <rect x=\"{:.0}\" y=\"4\" width=\"10\" height=\"10\" fill=\"#d9822b\"/><text x=\"{:.0}\" y=\"13\">new</text>\
             <line x1=\"{:.0}\" y1=\"9\" x2=\"{:.0}\" y2=\"9\" stroke=\"#333\" stroke-dasharray=\"5 3\"/><text x=\"{:.0}\" y=\"13\">most that is usual</text>\
             <path d=\"M{:.0} 4 l5 9 h-10 z\" fill=\"#b00020\"/><text x=\"{:.0}\" y=\"13\">anomalous</text></svg>",
            LEFT + 14.0,
            LEFT + 70.0,
            LEFT + 84.0,
            LEFT + 130.0,
            LEFT + 155.0,
            LEFT + 160.0,
            LEFT + 285.0,
            LEFT + 294.0,
        );
        Some(svg)
    }

    /// The bucket with most sources, in words.
    pub fn peak(&self) -> Option<String> {
        let bar = self.bars.iter().max_by_key(|bar| (bar.known + bar.new, std::cmp::Reverse(bar.start)))?;
        let usual = bar.upper.map_or_else(String::new, |upper| format!(", at most {upper:.0} usual"));
        Some(format!("{} sources in the {} bucket at {}, {} of them new{usual}", bar.known + bar.new, self.size, time::rfc3339(bar.start), bar.new))
    }
}

/// The next number that halves well.
fn nice(highest: f64) -> f64 {
    let power = 10_f64.powf(highest.log10().floor());
    [1.0, 2.0, 4.0, 5.0, 6.0, 8.0, 10.0].into_iter().map(|step| step * power).find(|top| *top >= highest).unwrap_or(highest).max(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_buckets_stand_in_the_chart_too() {
        let bar = |number| Bar { start: BucketSize::Quarter.at(number), known: 1, new: 0, upper: None, score: None };
        let chart = Chart::of(BucketSize::Quarter, [bar(3), bar(6)]);
        let starts: Vec<i64> = chart.bars.iter().map(|bar| BucketSize::Quarter.index(bar.start.as_second())).collect();
        assert_eq!(starts, [3, 4, 5, 6]);
    }
}
