//! An explanation in words: sections with a title and lines, the most telling first. Text of events is made inert here.

use jiff::tz::TimeZone;

use super::Explanation;
use crate::detect::Incident;
use crate::detect::incident::Member;
use crate::domain::{Address, Timestamp, Why};

/// Most sources of one class that are named; the JSON names them all.
const NAMED: usize = 12;

/// A title and what stands under it, one sentence or figure a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Section {
    /// What it is about.
    pub title: &'static str,
    /// The lines.
    pub lines: Vec<String>,
}

impl Explanation {
    /// One line: where, when, and the score or the word in its place.
    pub fn headline(&self, zone: &TimeZone) -> String {
        let name = self.name.as_ref().map(|name| format!(" {}", name.safe())).unwrap_or_default();
        let range = self.range();
        let until = range.to.to_zoned(zone.clone()).strftime("%H:%M");
        format!("{}{name}, {} to {until}: {}", self.destination.safe(), day_minute(range.from, zone), self.word())
    }

    /// The score with its band, or the word that stands in its place.
    pub fn word(&self) -> String {
        let Some((score, severity)) = self.score.zip(self.severity) else { return format!("no verdict, {}", self.standing.words()) };
        let band = severity.name();
        match self.standing {
            super::Standing::Judged => format!("score {score:.0} {band}"),
            standing => format!("score {score:.0} {band}, {}", standing.words()),
        }
    }

    /// Everything, section by section; sections with nothing to say are left out.
    pub fn sections(&self, zone: &TimeZone) -> Vec<Section> {
        let section = |title, lines: Vec<String>| Section { title, lines };
        let why = self.why.as_deref();
        let sections = vec![
            section("Verdict", self.verdict()),
            section("Count", self.counted()),
            section("Window", why.map(|why| self.window(why, zone)).unwrap_or_default()),
            section("Who arrived", why.map(classes).unwrap_or_default()),
            section(
                "Networks",
                why.map(|why| why.networks.iter().map(|(network, sources)| format!("{sources:>4} from {network}")).collect()).unwrap_or_default(),
            ),
            section("Through", why.map(|why| pivots(why, zone)).unwrap_or_default()),
            section(
                "Without them",
                why.and_then(|why| why.without.as_ref())
                    .map(|without| vec![format!("without the {} from {}: {:.0}", without.sources, without.network, without.score)])
                    .unwrap_or_default(),
            ),
            section("Counts alone", self.plain.map(|plain| vec![plain_word(plain, self.is_anomalous)]).unwrap_or_default()),
            section("Incident", self.incident.as_ref().map(|incident| self.incident_words(incident, zone)).unwrap_or_default()),
            section("A round that recurs", self.round.as_ref().map(round).unwrap_or_default()),
            section("Beside it", self.relatives.iter().map(crate::detect::Relative::words).collect()),
            section("Came late", self.late.iter().cloned().collect()),
            section("What this cannot say", self.cannot_say.clone()),
        ];
        sections.into_iter().filter(|section| !section.lines.is_empty()).collect()
    }

    /// The headline and the sections as plain lines, for copying and for printing.
    pub fn text(&self, zone: &TimeZone) -> String {
        let mut text = self.headline(zone);
        text.push('\n');
        for section in self.sections(zone) {
            text.push_str(&format!("\n{}\n", section.title));
            for line in section.lines {
                text.push_str(&format!("  {line}\n"));
            }
        }
        text
    }

    fn verdict(&self) -> Vec<String> {
        let mut lines = Vec::new();
        match self.score {
            Some(_) if self.is_anomalous => lines.push("anomalous: the score reaches 70".to_owned()),
            Some(_) => lines.push("not anomalous: the score stays below 70".to_owned()),
            None => {}
        }
        if self.standing != super::Standing::Judged {
            lines.push(self.standing.meaning().to_owned());
        }
        lines.extend(self.reason.iter().map(|reason| crate::domain::foreign::sanitize(reason, crate::domain::Limits::DETAIL).into_string()));
        lines
    }

    fn counted(&self) -> Vec<String> {
        let mut line = format!("{} distinct {}, {} new here", self.sources, plural(self.sources, "source"), self.new);
        if let Some(typical) = self.typical {
            line.push_str(&format!("; typical {}", few(typical)));
        }
        if let Some(upper) = self.upper {
            line.push_str(&format!(", upper bound {upper:.0}"));
        }
        line.push_str(&format!("; {} {}", self.events, if self.events == 1 { "event" } else { "events" }));
        vec![line]
    }

    /// The incident, and beyond this destination the members it has.
    fn incident_words(&self, incident: &Incident, zone: &TimeZone) -> Vec<String> {
        let spread = match incident.destinations {
            1 => "this destination alone".to_owned(),
            many => format!("{many} destinations"),
        };
        let from = day_minute(incident.from, zone);
        let mut lines = vec![format!("incident {}: {spread} since {from}, {} sources, score {:.0}", incident.number, incident.sources.len(), incident.score)];
        let own = incident.member(&self.destination, self.start);
        let others = incident.members.iter().filter(|member| !own.is_some_and(|own| own == *member));
        let line = |member: &Member| {
            let clock = member.from.to_zoned(zone.clone()).strftime("%m-%d %H:%M");
            format!("{clock}  {} score {:.0}, {}", member.destination.safe(), member.score, member.joined.words())
        };
        if incident.members.len() > 1 {
            lines.extend(own.map(|own| format!("this: {}", own.joined.words())));
        }
        lines.extend(others.clone().take(NAMED).map(line));
        let more = others.count().saturating_sub(NAMED);
        lines.extend((more > 0).then(|| format!("and {more} more")));
        lines
    }

    fn window(&self, why: &Why, zone: &TimeZone) -> Vec<String> {
        let end = Timestamp::from_second(why.from.as_second().saturating_add(why.minutes.saturating_mul(60))).unwrap_or(why.from);
        let mut lines = vec![format!(
            "{} from {} to {} say it loudest: {}",
            span(why.minutes),
            day_minute(why.from, zone),
            end.to_zoned(zone.clone()).strftime("%H:%M"),
            why.explanation
        )];
        lines.push(format!("{} arrived after four hours away, {} expected; {:.1} nats for extra sources", why.arrived, few(why.expected), why.nats));
        if self.is_multi_bucket {
            lines.push(format!("a multi-bucket anomaly: this bucket alone would score {:.0}", why.alone));
        }
        lines
    }
}

fn classes(why: &Why) -> Vec<String> {
    let mut lines = Vec::new();
    for class in &why.classes {
        // What neither came nor was to be expected says nothing.
        if class.arrived == 0 && class.expected < 0.05 {
            continue;
        }
        let expected = if class.class == "roaming" { "not scored".to_owned() } else { format!("{} expected", few(class.expected)) };
        lines.push(format!("{:>4}, {expected}: {}", class.arrived, class.meaning));
        if class.arrived > 0 && !class.sources.is_empty() {
            lines.push(format!("      {}", named(&class.sources)));
        }
    }
    lines
}

/// The first addresses of a list, and how many more there are.
fn named(sources: &[Address]) -> String {
    let some = sources.iter().take(NAMED).map(Address::to_string).collect::<Vec<_>>().join(", ");
    match sources.len().saturating_sub(NAMED) {
        0 => some,
        more => format!("{some} and {more} more"),
    }
}

fn pivots(why: &Why, zone: &TimeZone) -> Vec<String> {
    let line = |pivot: &crate::domain::why::Pivot| {
        let reached = pivot.reached.map(|at| format!(", itself reached by somebody unexpected at {}", day_minute(at, zone))).unwrap_or_default();
        let brought = if pivot.brought > 0.0 { format!("; adds {:.1} nats", pivot.brought) } else { String::new() };
        format!("{}{reached}{brought}", pivot.host)
    };
    why.pivots.iter().map(line).collect()
}

fn round(round: &super::Round) -> Vec<String> {
    let wave = &round.wave;
    let seen = if wave.seen == 1 { "once".to_owned() } else { format!("{} times", wave.seen) };
    let goes = format!("{} {} over {} destinations", wave.sources.len(), if wave.sources.len() == 1 { "source" } else { "sources" }, wave.destinations.len());
    vec![
        format!("{} ({}), seen {seen}: {goes}", wave.name, wave.zone),
        format!("{} of the sources here are its usual ones, {} are not and are judged as on any other day", round.own, round.others),
    ]
}

fn plain_word(plain: super::Plain, is_anomalous: bool) -> String {
    match (plain.disagrees, is_anomalous) {
        (false, _) => format!("the plain detector says {:.0}: it agrees", plain.score),
        (true, true) => format!("the plain detector says {:.0}, not anomalous: so many sources are nothing unusual, who they are is", plain.score),
        (true, false) => format!("the plain detector says {:.0}, anomalous: so many sources are unusual, who they are is not", plain.score),
    }
}

fn plural(number: u32, one: &str) -> String {
    if number == 1 { one.to_owned() } else { format!("{one}s") }
}

/// An expected number: small ones are told apart from nothing.
fn few(value: f64) -> String {
    match value {
        value if value < 0.01 => "<0.01".to_owned(),
        value if value < 0.1 => format!("{value:.2}"),
        value if value < 9.95 => format!("{value:.1}"),
        value => format!("{value:.0}"),
    }
}

fn span(minutes: i64) -> String {
    if minutes < 60 { format!("{minutes} min") } else { format!("{} h", minutes / 60) }
}

fn day_minute(time: Timestamp, zone: &TimeZone) -> String {
    time.to_zoned(zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}
