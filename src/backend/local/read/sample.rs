//! A tiny reader of records for the tests of this folder: `time`, `source`, `host`, `channel`, `record`.

use std::borrow::Cow;
use std::sync::{Arc, LazyLock};

use super::batch::Batch;
use super::interpret::Interpret;
use crate::domain::{Address, Event, Foreign, Kind};
use crate::schema::Reading;

pub(in crate::backend::local) struct Sample;

static NAME: LazyLock<Arc<str>> = LazyLock::new(|| Arc::from("sample"));
const NAMES: [&str; 10] = ["time", "source", "host", "channel", "record", "_path", "index", "id", "rule", "when"];

fn reading(value: &dyn Fn(&str) -> Option<String>) -> Result<Reading, String> {
    if value("unknown").is_some() {
        return Ok(Reading::Unknown);
    }
    let time = value("time").or_else(|| value("when")).and_then(|time| time.parse().ok()).ok_or("no time")?;
    if value("other").is_some() {
        return Ok(Reading::Other { schema: Arc::clone(&NAME), hits: Vec::new() });
    }
    let mut event = Event::new(time, Kind::Flow);
    event.source = value("source").as_deref().and_then(Address::clean);
    event.host = value("host").map(Foreign::from);
    event.channel = value("channel").or_else(|| value("_path")).map(Foreign::from);
    event.record = value("record").map(Foreign::from);
    event.origin.index = value("index").map(Foreign::from);
    event.origin.id = value("id").map(Foreign::from);
    let rules = value("rule").and_then(|place| place.parse().ok()).into_iter().collect();
    Ok(Reading::Event { schema: Arc::clone(&NAME), event: Box::new(event), rules })
}

impl Interpret for Sample {
    type Columns = Vec<Option<usize>>;
    type Memo = ();

    fn json(&self, _memo: &mut (), text: &[u8]) -> Result<Reading, String> {
        let document: serde_json::Value = serde_json::from_slice(text).map_err(|_| "no JSON document".to_owned())?;
        reading(&|name| document.get(name).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned)))
    }

    fn header(&self, names: &[&str]) -> Result<Self::Columns, String> {
        let columns: Vec<Option<usize>> = NAMES.iter().map(|wanted| names.iter().position(|name| name == wanted)).collect();
        // A log with another time is known by its name only.
        let is_named_log = columns[5].is_some() && columns[9].is_some();
        if columns[0].is_none() && !is_named_log {
            return Err("no column time".to_owned());
        }
        Ok(columns)
    }

    fn used(&self, columns: &Self::Columns) -> Vec<usize> {
        // The source is left out, to be asked for now and then.
        columns[0].into_iter().collect()
    }

    fn row<'a>(&self, _memo: &mut (), columns: &Self::Columns, value: &dyn Fn(usize) -> Option<Cow<'a, str>>) -> Result<Reading, String> {
        reading(&|name| {
            let place = NAMES.iter().position(|known| *known == name)?;
            value(columns[place]?).map(Cow::into_owned)
        })
    }

    fn rule(&self, place: usize) -> Option<&str> {
        ["first-rule"].get(place).copied()
    }

    fn schemas(&self) -> Vec<String> {
        vec!["sample".to_owned()]
    }
}

pub(super) fn times_and_sources(batch: &Batch) -> Vec<(String, String)> {
    let texts =
        |(time, source): (crate::domain::Timestamp, Option<Address>)| (time.to_string(), source.map_or_else(|| "-".to_owned(), |source| source.to_string()));
    batch.events.times_and_sources().into_iter().map(texts).collect()
}
