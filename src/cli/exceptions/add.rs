//! `exceptions add` and `preview`: what it covers, what it would have hidden, and only then its file.

use std::collections::BTreeMap;

use ipnet::IpNet;

use super::super::arguments::{Kinds, Output};
use super::super::detect::{self, Wanted};
use super::super::failure::{self, Failure};
use super::super::output::Format;
use super::arguments::Adding;
use super::hide::{accounts, held};
use crate::config::Environment;
use crate::domain::{Address, By, Foreign, Range, Timestamp, time};
use crate::exception::{Exception, Preview, Store, Word, preview};

/// Keeps a new exception.
pub(super) fn run(store: &Store, chosen: &Adding, author: Foreign, now: Timestamp, environment: &Environment) -> Result<u8, Failure> {
    let exception = exception(chosen, author, now)?;
    if exception.reason.raw().trim().is_empty() || exception.owner.raw().trim().is_empty() {
        return Err(Failure::usage("an exception needs a reason and an owner").advise("say --reason and --owner: whoever finds it next year will ask"));
    }
    let mut wide = exception.too_wide(now);
    let preview = previewed(chosen, &exception, environment)?;
    wide.extend(preview.as_ref().and_then(Preview::too_wide));
    if let Some(preview) = &preview {
        super::super::tell(&lines(preview));
    } else {
        super::super::tell(&["not held against the past: no files and no cluster are named".to_owned()]);
    }
    super::refuse_wide(&wide, chosen.insist)?;
    let kept = store.add(&exception)?;
    super::say(&format!("{}: {}", kept.id, kept.words()))
}

/// Says what it would have hidden.
pub(super) fn preview_only(store: &Store, chosen: &Adding, author: Foreign, now: Timestamp, environment: &Environment) -> Result<u8, Failure> {
    let mut exception = match &chosen.id {
        Some(id) => store.find(id)?,
        None => exception(chosen, author, now)?,
    };
    if chosen.id.is_some() {
        chosen.what.apply(&mut exception, now)?;
    }
    let preview = previewed(chosen, &exception, environment)?
        .ok_or_else(|| Failure::usage("neither files nor a cluster are named").advise("give FILEs, --url URL or --profile NAME"))?;
    for line in std::iter::once(exception.words()).chain(lines(&preview)).chain(exception.too_wide(now)).chain(preview.too_wide()) {
        super::say(&line)?;
    }
    Ok(failure::OK)
}

fn exception(chosen: &Adding, author: Foreign, now: Timestamp) -> Result<Exception, Failure> {
    let about = chosen.what.destination.first().map_or_else(|| Foreign::from("everywhere"), |name| name.as_str().into());
    let mut exception = Exception {
        id: crate::exception::id(&about, now),
        reason: Foreign::default(),
        owner: Foreign::default(),
        author,
        made: now,
        from: None,
        until: now.checked_add(jiff::SignedDuration::from_hours(24 * 30)).ok(),
        destinations: Vec::new(),
        sources: Vec::new(),
        users: Vec::new(),
        windows: Vec::new(),
        changes: Vec::new(),
    };
    chosen.what.apply(&mut exception, now)?;
    Ok(exception)
}

fn lines(preview: &Preview) -> Vec<String> {
    let mut lines = vec![preview.words()];
    for (source, list) in preview.listed.iter().flatten() {
        lines.push(format!("on a threat list: {source} ({})", list.safe()));
    }
    for (label, bucket, score) in &preview.examples {
        lines.push(format!("would have hidden {} {} score {score:.0}", label.safe(), time::rfc3339(bucket.from)));
    }
    lines
}

/// Holds it against the past; `None` where no events are named.
fn previewed(chosen: &Adding, exception: &Exception, environment: &Environment) -> Result<Option<Preview>, Failure> {
    let Some(request) = super::super::requested(&chosen.files, &chosen.origin, environment)? else { return Ok(None) };
    let threats = threats(chosen)?;
    let mut found = None;
    let output = Output { format: Some(Format::Ndjson), output: None };
    super::super::headless(&request, &output, Format::Ndjson, async |opened, _, _| {
        // Against the history, not the last hours alone.
        let days = jiff::SignedDuration::from_hours(24 * opened.history_days);
        let from = opened.range.to.checked_sub(days).unwrap_or(Timestamp::MIN).min(opened.range.from);
        let shown = if opened.is_cluster { Range { from, to: opened.range.to } } else { opened.range };
        let judged = detect::judge(opened, &Wanted { kind: Kinds::All, by: By::Destination, detector: None }, shown, false).await?;
        let held = held(&judged);
        let mut known = Vec::with_capacity(held.len());
        for one in &held {
            let asks = !exception.users.is_empty() && one.finding(None).is_some_and(|finding| exception.word(&finding) == Word::CannotTell);
            known.push(if asks { Some(accounts(opened, one).await?) } else { None });
        }
        let findings = held.iter().zip(&known).filter_map(|(held, users)| held.finding(users.as_ref()));
        let listed = |source: Address| threats.iter().find(|(network, _)| network.contains(&source.ip())).map(|(_, list)| list.clone());
        let lists: Option<&dyn Fn(Address) -> Option<Foreign>> = if threats.is_empty() { None } else { Some(&listed) };
        found = Some(preview(exception, findings, shown, lists));
        Ok((judged.report, failure::OK))
    })?;
    Ok(found)
}

/// The lists named, each network with the name of its file.
fn threats(chosen: &Adding) -> Result<BTreeMap<IpNet, Foreign>, Failure> {
    let mut threats = BTreeMap::new();
    for path in &chosen.threats {
        let shown = Foreign::from(path.to_string_lossy().as_ref()).safe();
        let text = std::fs::read_to_string(path).map_err(|error| Failure::error(format!("reading the threat list {shown} failed: {error}")))?;
        let name = Foreign::from(path.file_name().unwrap_or_default().to_string_lossy().as_ref());
        for line in text.lines() {
            let line = line.split(['#', ';', ' ', ',']).next().unwrap_or_default().trim();
            let network = line.parse::<IpNet>().ok().or_else(|| Address::clean(line).map(|address| address.ip().into()));
            // Lists of others hold heads and remarks: what is no address names nobody.
            if let Some(network) = network {
                threats.insert(network, name.clone());
            }
        }
    }
    Ok(threats)
}
