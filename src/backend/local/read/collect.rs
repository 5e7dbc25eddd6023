//! Brings the records of all files together: one table, one report for each file, each record once.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::{SignedDuration, ToSpan as _};

use super::batch::Batch;
use crate::backend::BackendError;
use crate::backend::local::table::{Table, TableBuilder};
use crate::domain::completeness::Skipped;
use crate::domain::{Completeness, Foreign, Range, Timestamp};
use crate::query::SourceReport;

/// Files of one story do not lie further apart than this: ten years.
const APART: SignedDuration = SignedDuration::from_hours(10 * 8766);
/// Names listed in one sentence.
const LISTED: usize = 8;

/// What has come together so far.
#[derive(Debug, Default)]
pub struct Collector {
    table: TableBuilder,
    reports: Vec<SourceReport>,
    extents: Vec<Option<Range>>,
    failed: Vec<(String, String)>,
    passed_over: Vec<String>,
    missing: BTreeMap<String, u64>,
    extent: Option<Range>,
}

impl Collector {
    /// Says that records are held against this rule, whether it finds anything or not.
    pub fn look_for(&mut self, rule: &str) {
        self.table.look_for(rule);
    }

    /// Starts the next source of records.
    pub fn begin(&mut self, name: &str, format: &str) {
        self.reports.push(SourceReport::new(Foreign::from(name), format));
        self.extents.push(None);
    }

    /// Takes in what the records of a block turned out to be. `rule` gives the id of a rule by its place.
    pub fn take<'a>(&mut self, batch: Batch, rule: &dyn Fn(usize) -> Option<&'a str>) {
        let Some(report) = self.reports.last_mut() else { return };
        let count = batch.events.len() as u64;
        report.read += count + batch.other + batch.unknown;
        report.other += batch.other;
        report.unknown += batch.unknown;
        for (schema, count) in batch.schemas {
            match report.schemas.get_mut(&*schema) {
                Some(known) => *known += count,
                None => {
                    report.schemas.insert(schema.to_string(), count);
                }
            }
        }
        for (reason, count) in batch.skipped {
            *report.skipped.entry(reason).or_default() += count;
        }
        let taken = self.table.absorb(batch.lane, batch.events, report.name.raw());
        report.duplicates += count;
        for (kind, count) in taken.kinds {
            *report.kinds.entry(kind.name()).or_default() += count;
            report.duplicates -= count;
        }
        for detected in batch.detected {
            self.table.push_detected(detected, Some(&report.name));
        }
        for (event, place, hit) in batch.event_hits {
            if let Some(id) = rule(place)
                && taken.keep.get(event).copied().unwrap_or(true)
            {
                self.table.push_hit(id, hit);
            }
        }
        for (place, hit) in batch.hits {
            if let Some(id) = rule(place)
                && self.table.is_new_hit(place, &hit)
            {
                self.table.push_hit(id, hit);
            }
        }
        if let (Some(extent), Some(of_file)) = (taken.extent, self.extents.last_mut()) {
            *of_file = Some(joined(*of_file, extent));
            self.extent = Some(joined(self.extent, extent));
        }
    }

    /// The reports so far, one for each source.
    pub fn reports(&self) -> &[SourceReport] {
        &self.reports
    }

    /// How many sources have begun so far.
    pub fn sources(&self) -> usize {
        self.reports.len()
    }

    /// Whether no record of the source at hand could be used.
    pub fn read_nothing(&self) -> bool {
        self.reports.last().is_none_or(|report| report.read == 0)
    }

    /// Counts records of the source at hand that could not be used.
    pub fn skip(&mut self, reason: &str, count: u64) {
        if let Some(report) = self.reports.last_mut().filter(|_| count > 0) {
            *report.skipped.entry(reason.to_owned()).or_default() += count;
        }
    }

    /// Says something about the source at hand. Names out of files may stand in it, so it is made inert.
    pub fn note(&mut self, note: impl Into<String>) {
        if let Some(report) = self.reports.last_mut() {
            report.notes.push(Foreign::from(note.into()).safe().into_string());
        }
    }

    /// The source at hand broke off before its end; what came before is used.
    pub fn broke_off(&mut self, reason: &str) {
        self.note(format!("it broke off: {reason}; what stands before is used"));
        *self.missing.entry("rest of a file that broke off".to_owned()).or_default() += 1;
    }

    /// Ends the source at hand; `schemas` are those that were looked for.
    pub fn end(&mut self, schemas: &[String]) {
        let Some(report) = self.reports.last_mut() else { return };
        if report.read > 0 && report.unknown == report.read {
            report.notes.push(format!("none of its records is of a known schema; looked for {}", schemas.join(", ")));
        }
    }

    /// A source that could not be read at all.
    pub fn fail(&mut self, name: &str, reason: &str) {
        // A source that failed after it began keeps its one report, and what it gave until then.
        match self.reports.last().filter(|report| report.name.raw() == name) {
            Some(report) if report.read > 0 => return self.broke_off(reason),
            Some(_) => {}
            None => self.begin(name, "unread"),
        }
        self.note(format!("it could not be read: {reason}"));
        self.failed.push((name.to_owned(), reason.to_owned()));
        *self.missing.entry("file that could not be read".to_owned()).or_default() += 1;
    }

    /// A file without any content.
    pub fn empty(&mut self, name: &str) {
        self.begin(name, "empty");
        self.note("it is empty");
        self.failed.push((name.to_owned(), "it is empty".to_owned()));
    }

    /// A file met in a folder that is no log at all.
    pub fn pass_over(&mut self, name: &str) {
        self.passed_over.push(name.to_owned());
    }

    /// The table of everything, and the moment just after the last event.
    ///
    /// # Errors
    /// Where nothing at all could be read: each file with its reason.
    pub fn finish(mut self, title: String, now: Timestamp) -> Result<(Table, Option<Timestamp>), BackendError> {
        let usable = self.reports.len() - self.failed.len();
        if usable == 0 {
            return Err(self.nothing());
        }
        self.close(now);
        let completeness = self.completeness();
        let end = self.extent.map(|extent| extent.to);
        let table = self.table.finish(title, self.reports, completeness)?;
        // Files of alerts alone have a time too.
        let end = end.or_else(|| table.detected_extent().map(|extent| extent.to));
        Ok((table, end))
    }

    /// The last words on all sources.
    fn close(&mut self, now: Timestamp) {
        if !self.passed_over.is_empty() {
            let count = self.passed_over.len();
            let names = listed(self.passed_over.iter().map(String::as_str));
            self.begin(&format!("{count} other files"), "unread");
            self.note(format!("they are of no format that holds events: {names}"));
        }
        self.compare_clocks(now);
    }

    /// Just the reports.
    #[cfg(test)]
    pub(super) fn into_reports(mut self, now: Timestamp) -> Vec<SourceReport> {
        self.close(now);
        self.reports
    }

    fn nothing(&self) -> BackendError {
        let mut reasons: Vec<String> = self.failed.iter().map(|(name, reason)| Foreign::from(format!("{name}: {reason}")).safe().into_string()).collect();
        if !self.passed_over.is_empty() {
            let names = listed(self.passed_over.iter().map(String::as_str));
            reasons.push(format!("of no format that holds events: {names}"));
        }
        let more = reasons.len().saturating_sub(LISTED);
        reasons.truncate(LISTED);
        let tail = if more > 0 { format!("; and {more} more") } else { String::new() };
        BackendError::new(format!("nothing could be read: {}{tail}", reasons.join("; ")))
            .advise("give .evtx, NDJSON or JSON, CSV, Zeek or Parquet files, or a folder of them; .gz, .zst and .zip of each are read as they are")
    }

    fn completeness(&self) -> Completeness {
        let mut completeness = Completeness::whole(self.reports.iter().map(SourceReport::events).sum());
        completeness.read = Some(self.reports.iter().map(|report| report.read).sum());
        let mut skipped = self.missing.clone();
        for report in &self.reports {
            for (reason, count) in &report.skipped {
                *skipped.entry(reason.clone()).or_default() += count;
            }
        }
        completeness.skipped = skipped.into_iter().map(|(reason, count)| Skipped { reason, count }).collect();
        completeness
    }

    /// Says where the clock of one file cannot be that of the others.
    fn compare_clocks(&mut self, now: Timestamp) {
        let tomorrow = now.checked_add(24.hours()).unwrap_or(Timestamp::MAX);
        let extents: Vec<(usize, Range)> = self.extents.iter().enumerate().filter_map(|(place, extent)| extent.map(|extent| (place, extent))).collect();
        for (place, extent) in &extents {
            let mut notes = Vec::new();
            if extent.from > tomorrow {
                notes.push(format!("all of its events lie in the future, the first at {}: its clock or its time field is wrong", extent.from));
            }
            let nearest = extents.iter().filter(|(other, _)| other != place).map(|(_, other)| gap(extent, other)).min();
            if nearest.is_some_and(|gap| gap > APART) {
                notes.push("its events lie more than ten years from those of every other file: clocks or time fields clash".to_owned());
            }
            if let Some(report) = self.reports.get_mut(*place) {
                report.notes.extend(notes);
            }
        }
    }
}

/// Names of files as one sentence holds them.
fn listed<'a>(names: impl ExactSizeIterator<Item = &'a str>) -> String {
    let more = names.len().saturating_sub(LISTED);
    let mut text = names
        .take(LISTED)
        .map(|name| Foreign::from(Path::new(name).file_name().map_or(name.into(), |name| name.to_string_lossy()).as_ref()).safe().into_string())
        .collect::<Vec<_>>()
        .join(", ");
    if more > 0 {
        text.push_str(&format!(" and {more} more"));
    }
    text
}

fn joined(extent: Option<Range>, other: Range) -> Range {
    extent.map_or(other, |extent| Range { from: extent.from.min(other.from), to: extent.to.max(other.to) })
}

fn gap(one: &Range, other: &Range) -> SignedDuration {
    let (earlier, later) = if one.from <= other.from { (one, other) } else { (other, one) };
    later.from.duration_since(earlier.to).max(SignedDuration::ZERO)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Event, Kind};
    use crate::schema::Reading;

    fn batch(seconds: &[i64]) -> Batch {
        let mut worker = super::super::batch::Worker::<()>::new(0);
        for second in seconds {
            let event = Box::new(Event::new(Timestamp::from_second(*second).unwrap(), Kind::Flow));
            worker.add(Ok(Reading::Event { schema: "sample".into(), event, rules: Vec::new() }));
        }
        worker.take()
    }

    #[test]
    fn a_source_that_fails_after_some_records_keeps_them() {
        let mut collector = Collector::default();
        collector.begin("x", "parquet");
        collector.take(batch(&[1, 2]), &|_| None);
        collector.fail("x", "the second half is damaged");
        assert_eq!(collector.reports().len(), 1);
        assert_eq!(collector.reports()[0].notes, ["it broke off: the second half is damaged; what stands before is used"]);
        let completeness = collector.completeness();
        assert_eq!((completeness.read, completeness.events, completeness.words().as_str()), (Some(2), 2, "1 skipped"));
        assert_eq!(collector.finish("x".to_owned(), Timestamp::UNIX_EPOCH).unwrap().1, Some("1970-01-01T00:00:02.000001Z".parse().unwrap()));
    }

    #[test]
    fn what_is_missing_is_in_the_completeness() {
        let mut collector = Collector::default();
        collector.begin("a", "ndjson");
        collector.skip("not a JSON object", 3);
        collector.take(batch(&[1]), &|_| None);
        collector.begin("b", "ndjson");
        collector.skip("not a JSON object", 2);
        collector.fail("c\u{1b}", "it is gone");
        let skipped: Vec<(String, u64)> = collector.completeness().skipped.into_iter().map(|skipped| (skipped.reason, skipped.count)).collect();
        assert_eq!(skipped, [("file that could not be read".to_owned(), 1), ("not a JSON object".to_owned(), 5)]);
    }

    #[test]
    fn names_out_of_files_are_inert_wherever_they_are_said() {
        let mut collector = Collector::default();
        collector.fail("c\u{1b}[2J", "no column \u{202e}x");
        assert_eq!(collector.reports()[0].notes, ["it could not be read: no column \\u{202e}x"]);
        let error = collector.finish("x".to_owned(), Timestamp::UNIX_EPOCH).unwrap_err();
        assert_eq!(error.what, "nothing could be read: c\\u{1b}[2J: no column \\u{202e}x");
    }
}
