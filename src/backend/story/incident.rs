//! What happens once, or once a week: sprays, creeping newcomers, scans, patch nights, single events.

use jiff::{SignedDuration, Timestamp};

use super::cast::{Cast, Person, host, wrong};
use super::desk::Sitting;
use super::dice::Dice;
use super::scene::{NO_SUCH_USER, Outcome, Place, Scene, Visit, WRONG_PASSWORD};
use super::script::{Creep, Patch, Run, Scan, Script, Single, Spray};
use crate::backend::BackendError;
use crate::domain::{Details, Event, Foreign, Kind, Range};

/// Plays everything out of the ordinary.
///
/// # Errors
/// Where the script names somebody who is not there.
pub fn play(script: &Script, cast: &Cast, range: Range, scene: &mut Scene) -> Result<(), BackendError> {
    let start = script.start;
    let dice = |what: &str, place: usize| Dice::new(script.seed, &format!("{what} {place}"));
    for (place, spray) in script.spray.iter().enumerate() {
        play_spray(spray, start, cast, &mut dice("spray", place), scene)?;
    }
    for (place, creep) in script.creep.iter().enumerate() {
        play_creep(creep, start, cast, &mut dice("creep", place), scene)?;
    }
    for scan in &script.scan {
        play_scan(scan, start, cast, scene);
    }
    for (place, patch) in script.patch.iter().enumerate() {
        play_patch(patch, start, cast, range, &mut dice("patch", place), scene)?;
    }
    super::session::play(&script.session, start, cast, scene)?;
    for single in &script.event {
        scene.push(event(single, start)?);
    }
    Ok(())
}

fn after(start: Timestamp, seconds: f64) -> Timestamp {
    start.checked_add(SignedDuration::from_millis((seconds * 1000.0) as i64)).unwrap_or(start)
}

/// The sources come up one after the other and try again every few minutes; some get in, some give up before the end.
fn play_spray(spray: &Spray, start: Timestamp, cast: &Cast, dice: &mut Dice, scene: &mut Scene) -> Result<(), BackendError> {
    let place = cast.place(&spray.destination)?;
    let (begin, lasts) = (spray.at.as_secs_f64(), spray.lasts.as_secs_f64());
    for number in 0..spray.sources {
        let source = host(&spray.network, usize::from(number)).ok_or_else(|| wrong(format!("{} has fewer than {} addresses", spray.network, spray.sources)))?;
        let mut seconds = 0.45 * lasts * f64::from(number) / f64::from(spray.sources.max(1));
        let gives_up = lasts * dice.between(0.65, 1.3).min(1.0);
        while seconds < gives_up {
            let user = dice.pick(&spray.tries).map_or(spray.breaks.as_str(), String::as_str);
            let reason = if user == spray.breaks || dice.chance(0.5) { WRONG_PASSWORD } else { NO_SUCH_USER };
            let outcome = Outcome::Refused(user.into(), reason);
            scene.visit(place, &Visit { time: after(start, begin + seconds), source, outcome });
            seconds += dice.between(240.0, 480.0);
        }
    }
    let user = Foreign::from(spray.breaks.as_str());
    for number in 0..spray.logons.min(spray.sources) {
        let Some(source) = host(&spray.network, usize::from(number) * 3) else { continue };
        let time = after(start, begin + 0.4 * lasts + 70.0 * f64::from(number));
        let mut sitting = Sitting::ordinary(time, source, &user, SignedDuration::from_mins(35));
        if let Some(client) = &spray.client {
            sitting.client = client.as_str().into();
        }
        sitting.zone = spray.zone.unwrap_or(sitting.zone);
        if number == 0 {
            sitting.back = vec![(SignedDuration::from_mins(16), SignedDuration::from_mins(17))];
        }
        let mut desk = scene.sit(place, &sitting);
        if number > 0 {
            continue;
        }
        for (step, run) in spray.runs.iter().enumerate() {
            scene.run(place, after(time, 90.0 + 45.0 * step as f64), &mut desk, run);
        }
        if let Some(hop) = &spray.hop {
            let next = cast.place(&hop.to)?;
            let leaves = after(time, 420.0);
            let tool = Run { image: hop.tool.clone(), line: Some(format!("{} {}", hop.tool, next.address)), below: Some("cmd.exe".to_owned()) };
            scene.run(place, after(leaves, -8.0), &mut desk, &tool);
            let line = scene.reach_out(place, leaves, next, &desk, &hop.tool);
            let mut onward = Sitting::ordinary(after(leaves, 0.3), place.address, &user, SignedDuration::from_mins(12));
            onward.client = place.host.clone().unwrap_or(onward.client);
            onward.line = Some(line);
            let desk = scene.sit(next, &onward);
            scene.work(next, &desk);
        }
    }
    Ok(())
}

fn play_creep(creep: &Creep, start: Timestamp, cast: &Cast, dice: &mut Dice, scene: &mut Scene) -> Result<(), BackendError> {
    let place = cast.place(&creep.destination)?;
    let mut last = None;
    let (begin, lasts, every) = (creep.at.as_secs_f64(), creep.lasts.as_secs_f64(), creep.every.as_secs_f64().max(1.0));
    for number in 0..(lasts / every) as usize {
        let source = host(&creep.network, number).ok_or_else(|| wrong(format!("{} has too few addresses", creep.network)))?;
        let time = after(start, begin + every * (number as f64 + dice.between(0.0, 0.3)));
        scene.visit(place, &Visit { time, source, outcome: Outcome::Refused(creep.tries.as_str().into(), WRONG_PASSWORD) });
        last = Some((time, source));
    }
    if let Some((time, source)) = last.filter(|_| creep.breaks) {
        let user = Foreign::from(creep.tries.as_str());
        let mut desk = scene.sit(place, &Sitting::ordinary(after(time, 25.0), source, &user, SignedDuration::from_mins(7)));
        for (step, run) in creep.runs.iter().enumerate() {
            scene.run(place, after(time, 60.0 + 20.0 * step as f64), &mut desk, run);
        }
    }
    Ok(())
}

fn play_scan(scan: &Scan, start: Timestamp, cast: &Cast, scene: &mut Scene) {
    let mut seconds = scan.at.as_secs_f64();
    for part in &cast.parts {
        scene.visit(&part.place, &Visit { time: after(start, seconds), source: scan.source, outcome: Outcome::Touched });
        seconds += scan.every.as_secs_f64();
    }
}

fn play_patch(patch: &Patch, start: Timestamp, cast: &Cast, range: Range, dice: &mut Dice, scene: &mut Scene) -> Result<(), BackendError> {
    const WEEK: f64 = 7.0 * 86_400.0;
    let people = cast.group(&patch.people)?;
    let weeks_before = ((start.as_second() - range.from.as_second()) as f64 / WEEK).ceil() as i32 + 1;
    let weeks_after = ((range.to.as_second() - start.as_second()) as f64 / WEEK).ceil() as i32 + 1;
    let lasts = patch.lasts.as_secs_f64();
    for week in -weeks_before..=weeks_after {
        let begin = patch.at.as_secs_f64() + f64::from(week) * WEEK;
        for (number, part) in cast.parts.iter().enumerate() {
            let visit = |scene: &mut Scene, seconds: f64, person: &Person, minutes, runs: &[Run]| {
                let time = after(start, begin + seconds);
                if !range.contains(time) {
                    return;
                }
                let mut desk = scene.sit(&part.place, &Sitting::ordinary(time, person.address, &person.user, SignedDuration::from_mins(minutes)));
                for (step, run) in runs.iter().enumerate() {
                    scene.run(&part.place, after(time, 8.0 + 6.0 * step as f64), &mut desk, run);
                }
                if runs.is_empty() {
                    scene.work(&part.place, &desk);
                }
            };
            let seconds = 0.75 * lasts * number as f64 / cast.parts.len().max(1) as f64;
            visit(scene, seconds, &Person { user: patch.user.as_str().into(), address: patch.source }, 15, &patch.runs);
            let admin = dice.pick(people).filter(|_| dice.chance(0.6));
            if let Some(admin) = admin {
                visit(scene, seconds + dice.between(300.0, 0.25 * lasts), admin, 10, &[]);
            }
        }
    }
    Ok(())
}

fn event(single: &Single, start: Timestamp) -> Result<Event, BackendError> {
    let kind = Kind::named(&single.kind).ok_or_else(|| wrong(format!("there is no kind of event called {:?}", single.kind)))?;
    let mut event = Event::new(after(start, single.at.as_secs_f64()), kind);
    event.host = single.host.as_deref().map(Foreign::from);
    event.source = single.source;
    event.destination = single.destination;
    event.destination_port = single.destination.map(|_| 3389);
    event.user = single.user.as_deref().map(Foreign::from);
    event.process = single.process.as_deref().map(Foreign::from);
    event.source_port = single.source_port;
    event.reason = single.reason.as_deref().map(Foreign::from);
    let text = |text: &Option<String>| text.as_deref().map(Foreign::from);
    let details = Details {
        logon_id: single.logon_id,
        session_id: single.session_id,
        process_id: single.pid,
        parent_process_id: single.parent_pid,
        connection: text(&single.connection),
        client: text(&single.client),
        command_line: text(&single.line),
        target: text(&single.target),
        service: text(&single.service),
        target_user: text(&single.target_user),
        ..Details::default()
    };
    event.details = Some(Box::new(details)).filter(|details| !details.is_empty());
    Ok(event)
}

/// As many sources in each bucket as the script spells out: the same ones first, so that a steady count is steady people.
pub fn play_counts(place: &Place, counts: &[u32], begin: Timestamp, step: i64, scene: &mut Scene) {
    for (number, count) in counts.iter().enumerate() {
        for source in 0..*count {
            let seconds = number as f64 * step as f64 + step as f64 * (f64::from(source) + 0.5) / f64::from(*count);
            let [high, low] = (source as u16 + 10).to_be_bytes();
            let source = std::net::IpAddr::from([10, 240, high, low]).into();
            scene.visit(place, &Visit { time: after(begin, seconds), source, outcome: Outcome::Touched });
        }
    }
}
