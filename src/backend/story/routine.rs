//! Ordinary life: who comes to which server on an ordinary day. Hours are UTC.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::cast::{Part, Person};
use super::dice::Dice;
use super::scene::{Outcome, Scene, Visit};
use super::script::Profile;
use crate::domain::Range;

/// Plays every day of `range` at one server.
pub fn play(part: &Part, range: Range, seed: u64, scene: &mut Scene) {
    let label = part.place.host.as_ref().map_or_else(|| part.place.address.to_string(), |host| host.raw().to_owned());
    let mut dice = Dice::new(seed, &label);
    let mut day = range.from.as_second().div_euclid(86_400) * 86_400;
    while day < range.to.as_second() {
        let Ok(midnight) = Timestamp::from_second(day) else { return };
        let works = !matches!(TimeZone::UTC.to_datetime(midnight).weekday(), Weekday::Saturday | Weekday::Sunday);
        let mut visits = match part.profile {
            Profile::Idle => Vec::new(),
            Profile::Jump => jump(part, works, &mut dice),
            Profile::Terminal => terminal(part, works, &mut dice),
            Profile::Quiet => quiet(&part.people, works, &mut dice),
            Profile::File => file(part, works, &mut dice),
            Profile::Monitored => monitored(part, works, &mut dice),
        };
        visits.sort_by(|one, two| one.hour.total_cmp(&two.hour));
        for planned in visits {
            let millis = (planned.hour * 3_600_000.0) as i64;
            let Ok(time) = midnight.checked_add(SignedDuration::from_millis(millis)) else { continue };
            if range.contains(time) {
                scene.visit(&part.place, &Visit { time, source: planned.person.address, outcome: planned.outcome });
            }
        }
        day += 86_400;
    }
}

struct Planned {
    /// Hours after midnight.
    hour: f64,
    person: Person,
    outcome: Outcome,
}

fn session(person: &Person, hour: f64, minutes: f64) -> Planned {
    let length = SignedDuration::from_secs((minutes * 60.0) as i64);
    Planned { hour, person: person.clone(), outcome: Outcome::LoggedOn(person.user.clone(), length) }
}

fn jump(part: &Part, works: bool, dice: &mut Dice) -> Vec<Planned> {
    let mut visits = Vec::new();
    for person in &part.people {
        if works && dice.chance(0.92) {
            visits.push(session(person, dice.bell(8.25, 0.35), dice.between(20.0, 240.0)));
        }
        if dice.chance(if works { 0.25 } else { 0.03 }) {
            visits.push(session(person, dice.between(10.0, 17.0), dice.between(10.0, 90.0)));
        }
    }
    visits
}

fn terminal(part: &Part, works: bool, dice: &mut Dice) -> Vec<Planned> {
    let mut visits = Vec::new();
    for person in part.people.iter().filter(|_| works) {
        if dice.chance(0.85) {
            visits.push(session(person, dice.bell(8.6, 0.6), 210.0));
            if dice.chance(0.7) {
                visits.push(session(person, dice.bell(13.1, 0.5), 200.0));
            }
        }
    }
    visits
}

fn quiet(people: &[Person], works: bool, dice: &mut Dice) -> Vec<Planned> {
    let comes = dice.chance(if works { 0.5 } else { 0.06 });
    let person = dice.pick(people).filter(|_| comes);
    person.map(|person| session(person, dice.between(8.0, 17.0), dice.between(5.0, 60.0))).into_iter().collect()
}

fn file(part: &Part, works: bool, dice: &mut Dice) -> Vec<Planned> {
    let mut visits = Vec::new();
    for person in &part.people {
        let times = if works { 1 + dice.below(4) } else { usize::from(dice.chance(0.05)) };
        for _ in 0..times {
            visits.push(session(person, dice.between(7.5, 17.5), dice.between(5.0, 40.0)));
        }
    }
    visits
}

fn monitored(part: &Part, works: bool, dice: &mut Dice) -> Vec<Planned> {
    let Some((probe, people)) = part.people.split_first() else { return Vec::new() };
    let mut visits = quiet(people, works, dice);
    let phase = dice.between(0.0, 1.0 / 12.0);
    visits.extend((0..288).map(|beat| Planned { hour: f64::from(beat) / 12.0 + phase, person: probe.clone(), outcome: Outcome::Touched }));
    visits
}
