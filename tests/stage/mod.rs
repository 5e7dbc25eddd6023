//! A stage for the screens: the real app over a small estate built by hand, driven by keys, without tokio or terminal.

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use rdptriage::app::{App, Input, Setup};
use rdptriage::backend::local::table::{Table, TableBuilder};
use rdptriage::domain::{Address, BucketSize, Completeness, Details, Event, Foreign, Kind, Timestamp, Trouble};
use rdptriage::investigation::{Effect, Epoch, Msg, Period, Slot, board};
use rdptriage::keymap::{Keymap, key};
use rdptriage::query::{Answer, Ask, Filter};
use rdptriage::runtime::cases::{CaseFolder, Keeper};
use rdptriage::schema::{Detected, detected};
use rdptriage::theme::probe::probe;
use rdptriage::widget::Glyphs;
use serde_json::json;

/// What counts as now in the story.
pub const NOW: &str = "2026-03-02T13:10:00Z";

fn at(text: &str) -> Timestamp {
    text.parse().expect("a time")
}

fn event(time: Timestamp, kind: Kind, source: &str, destination: &str, host: &str, user: Option<&str>) -> Event {
    let mut event = Event::new(time, kind);
    event.source = Address::clean(source);
    event.destination = Address::clean(destination);
    event.destination_port = Some(3389);
    event.host = Some(host.into());
    event.user = user.map(Foreign::from);
    event
}

/// A fortnight of a small estate, and in its last hour forty minutes of somebody trying their luck at a file server.
pub fn events() -> Vec<Event> {
    let mut events = Vec::new();
    let start = at("2026-02-16T00:00:00Z");
    let quarters = (at(NOW).as_second() - start.as_second()) / 900;
    for quarter in 0..=quarters {
        let time = Timestamp::from_second(start.as_second() + quarter * 900 + 60).expect("a time");
        let hour = quarter / 4 % 24;
        // The file server: one or two administrators now and then.
        if quarter % 5 == 0 {
            let source = if quarter % 2 == 0 { "10.20.1.10" } else { "10.20.1.11" };
            events.push(event(time, Kind::LogonRemote, source, "10.20.4.17", "FILESRV-02", Some("CORP\\kim")));
        }
        // The jump host: busy by day, quiet by night.
        let people = if (7..18).contains(&hour) { 12 + (quarter * 7) % 5 } else { 2 };
        for person in 0..people {
            events.push(event(time, Kind::SessionLogon, &format!("10.20.2.{}", 10 + person), "10.20.9.30", "JUMP03", Some(&format!("CORP\\user{person:02}"))));
        }
    }
    // A machine that nobody has heard of before this morning.
    for quarter in 0..12 {
        let time = Timestamp::from_second(at("2026-03-02T10:15:00Z").as_second() + quarter * 900).expect("a time");
        for source in 0..3 {
            events.push(event(time, Kind::CoreAccepted, &format!("10.20.3.{}", 1 + source), "10.20.8.8", "NEW-VM", None));
        }
    }
    // The spike: forty sources of one network, most refused, three logged on as one account.
    for number in 0..40_i64 {
        let time = Timestamp::from_second(at("2026-03-02T12:31:04Z").as_second() + number * 37).expect("a time");
        let source = format!("10.20.66.{}", 12 + number);
        let mut refused = event(time, Kind::LogonFailed, &source, "10.20.4.17", "FILESRV-02", Some("administrator"));
        refused.reason = Some("0xC000006A".into());
        events.push(refused);
        if number % 15 == 0 {
            let later = Timestamp::from_second(time.as_second() + 20).expect("a time");
            events.push(event(later, Kind::LogonRemote, &source, "10.20.4.17", "FILESRV-02", Some("CORP\\admmig")));
        }
    }
    // Somebody who writes a name meant for terminals, not for people.
    let evil = "\u{1b}[2Jroot\u{202e}x";
    events.push(event(at("2026-03-02T12:40:00Z"), Kind::LogonFailed, "10.20.66.12", "10.20.4.17", "FILESRV-02", Some(evil)));
    // A tunnel: the host reaches itself.
    events.push(event(at("2026-03-02T12:41:00Z"), Kind::LogonRemote, "127.0.0.1", "10.20.4.17", "FILESRV-02", Some("CORP\\admmig")));
    events
}

/// What the estate's own security solution said of that hour: an alert of another rule, the job's record, a sibling's,
/// one that nobody needs to see, and the rule's alert, hours later.
pub fn detected() -> Vec<Detected> {
    let bucket = at("2026-03-02T12:00:00Z").as_millisecond();
    let record = |job: &str, score: f64, destination: &str| {
        json!({
            "job_id": job, "result_type": "record", "timestamp": bucket, "bucket_span": 21600, "record_score": score, "initial_record_score": 92.0,
            "actual": [3.0], "typical": [1.2], "is_interim": true, "partition_field_name": "destination.ip", "partition_field_value": destination,
            "influencers": [{"influencer_field_name": "source.ip", "influencer_field_values": ["10.20.66.12", "10.20.66.27"]}],
        })
    };
    let service = json!({
        "@timestamp": "2026-03-02T12:50:00Z", "kibana.alert.uuid": "a1", "kibana.alert.rule.rule_id": "r1", "kibana.alert.rule.name": "New service by a remote user",
        "kibana.alert.original_time": "2026-03-02T12:44:10Z", "kibana.alert.severity": "high", "kibana.alert.risk_score": 73,
        "kibana.alert.workflow_status": "open", "kibana.alert.rule.threat": [{"tactic": {"name": "Persistence"}}], "host": {"name": "FILESRV-02"},
        "user": {"name": "admmig", "domain": "CORP"}, "kibana.alert.reason": "service \u{1b}[2J by CORP\\admmig",
    });
    let jump = json!({
        "@timestamp": "2026-03-02T09:02:00Z", "kibana.alert.uuid": "a2", "kibana.alert.rule.rule_id": "r2", "kibana.alert.rule.name": "Unusual parent",
        "kibana.alert.severity": "low", "kibana.alert.risk_score": 21, "kibana.alert.workflow_status": "closed", "host": {"name": "JUMP03"},
    });
    let spike = record("lmd_high_rdp_distinct_count_source_ip_for_destination_ea", 84.2, "10.20.4.17");
    let sibling = record("lmd_high_sum_rdp_number_of_processes_ea", 48.0, "10.20.4.17");
    let weak = record("lmd_high_mean_rdp_session_duration", 3.0, "10.20.9.30");
    [service, jump, spike, sibling, weak].iter().filter_map(detected::read).collect()
}

/// The same, and what ran in the first session of the spike and beside it.
pub fn with_programs() -> Vec<Event> {
    let mut events = events();
    let told = |event: &mut Event, logon: u64, process: u32, parent: u32| {
        event.details = Some(Box::new(Details { logon_id: Some(logon), process_id: Some(process), parent_process_id: Some(parent), ..Details::default() }));
    };
    let spike = Address::clean("10.20.66.12");
    for event in events.iter_mut().filter(|event| event.source == spike && event.kind == Kind::LogonRemote) {
        told(event, 0x51, 0, 0);
        if let Some(details) = &mut event.details {
            (details.process_id, details.parent_process_id) = (None, None);
        }
    }
    let programs = [("explorer.exe", 0x51, 10, 4, 0), ("cmd.exe", 0x51, 20, 10, 5), ("whoami.exe", 0x51, 30, 20, 6), ("other.exe", 0x77, 40, 4, 7)];
    for (image, logon, process, parent, second) in programs {
        let time = Timestamp::from_second(at("2026-03-02T12:31:30Z").as_second() + second).expect("a time");
        let mut event = Event::new(time, Kind::Process);
        event.host = Some("FILESRV-02".into());
        event.user = Some("CORP\\admmig".into());
        event.process = Some(format!("C:\\Windows\\{image}").into());
        told(&mut event, logon, process, parent);
        events.push(event);
    }
    events
}

/// The events of the embedded demo until `now`.
fn demo_events(now: Timestamp) -> Vec<Event> {
    use rdptriage::backend::{Backend as _, story};
    let story = story::Story::demo(&rdptriage::sigma::RuleSet::built_in(), Box::new(|| Duration::from_secs(u64::from(u32::MAX)))).expect("the demo");
    let range = rdptriage::domain::Range { from: Timestamp::MIN, to: now };
    let scope = rdptriage::query::Scope { families: rdptriage::domain::Families::EVERY, ..rdptriage::query::Scope::over(range) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    match runtime.block_on(story.answer(&Ask::Events { scope, skip: 0, take: usize::MAX })) {
        Ok(Answer::Events(page)) => page.events,
        other => panic!("not events: {other:?}"),
    }
}

/// The app and what answers it.
pub struct Stage {
    /// The app.
    pub app: App,
    table: Table,
    is_live: bool,
    now: Timestamp,
    uptime: Duration,
    area: Rect,
    /// While this is set, every question fails with it.
    pub trouble: Option<Trouble>,
    /// While this is set, no answer about arrivals is whole.
    pub is_late: bool,
    /// What the app wanted of the world.
    pub wanted: Vec<Effect>,
    /// Where cases are kept.
    pub data: tempfile::TempDir,
    keeper: Keeper,
}

impl Stage {
    /// A stage of this size over these events, everything asked at the start answered.
    pub fn over(events: &[Event], is_live: bool, period: Option<Period>, width: u16, height: u16) -> Self {
        let mut stage = Self::closed(events, is_live, period, width, height);
        let wording = Arc::new(|ask: &Ask| format!("{ask:#?}"));
        let effects = stage.app.update(Input::Opened { now: stage.now, backend: wording });
        stage.settle(effects);
        for news in stage.keeper.begin() {
            let effects = stage.app.update(Input::Msg(Msg::Case(news)));
            stage.settle(effects);
        }
        stage
    }

    /// A stage whose events are not open yet.
    pub fn closed(events: &[Event], is_live: bool, period: Option<Period>, width: u16, height: u16) -> Self {
        Self::knowing(events, is_live, period, (width, height), Arc::new(()))
    }

    fn knowing(events: &[Event], is_live: bool, period: Option<Period>, (width, height): (u16, u16), lore: Arc<dyn rdptriage::domain::Lore>) -> Self {
        let mut builder = TableBuilder::default();
        for event in events {
            builder.push(event);
        }
        for detected in if events.is_empty() { Vec::new() } else { detected() } {
            builder.push_detected(detected, None);
        }
        let table = builder.finish("small estate".to_owned(), Vec::new(), Completeness::whole(events.len() as u64)).expect("a table");
        let setup = Setup {
            themes: vec![probe()],
            keymap: Keymap::standard(),
            glyphs: Glyphs::Unicode,
            zone: TimeZone::UTC,
            zones: Vec::new(),
            period,
            size: BucketSize::Quarter,
            filter: Filter::Everything,
            history_days: 30,
            lore,
            notice: None,
        };
        let mut app = App::new(setup);
        _ = app.update(Input::Resized { width, height });
        let data = tempfile::tempdir().expect("a folder");
        let keeper = Keeper::new(&CaseFolder { data: Some(data.path().to_owned()), author: "kim".into(), templates: Vec::new() }, || at(NOW));
        Self {
            data,
            keeper,
            app,
            table,
            is_live,
            now: at(NOW),
            uptime: Duration::ZERO,
            area: Rect::new(0, 0, width, height),
            trouble: None,
            is_late: false,
            wanted: Vec::new(),
        }
    }

    /// The embedded demo as it stands an hour after its beginning.
    pub fn demo(width: u16, height: u16) -> Self {
        static EVENTS: std::sync::OnceLock<Vec<Event>> = std::sync::OnceLock::new();
        let now = at("2025-03-13T14:05:00Z");
        let events = EVENTS.get_or_init(|| demo_events(now));
        let mut stage = Self::closed(events, false, Some(Period::Last(12)), width, height);
        stage.now = now;
        let wording = Arc::new(|ask: &Ask| format!("{ask:#?}"));
        let effects = stage.app.update(Input::Opened { now, backend: wording });
        stage.settle(effects);
        stage
    }

    /// The story at the last twelve hours.
    pub fn story(width: u16, height: u16) -> Self {
        Self::over(&events(), false, Some(Period::Last(12)), width, height)
    }

    fn answer(&self, ask: &Ask) -> Result<Answer, Trouble> {
        if let Some(trouble) = &self.trouble {
            return Err(trouble.clone());
        }
        let mut answer = self.table.answer(ask).map_err(Trouble::from)?;
        if let Answer::Overview(overview) = &mut answer {
            overview.is_live = self.is_live;
        }
        if let Answer::Arrivals(arrivals) = &mut answer {
            arrivals.completeness.timed_out = self.is_late;
        }
        Ok(answer)
    }

    /// Carries out everything that is wanted until nothing more is.
    pub fn settle(&mut self, effects: Vec<Effect>) {
        let mut waiting = std::collections::VecDeque::from(effects);
        while let Some(effect) = waiting.pop_front() {
            let took = Duration::from_millis(5);
            let counted = |slot: Slot, epoch: Epoch, board| Msg::Counted { slot, epoch, result: Ok(Arc::new(board)), took };
            let msg = match effect {
                Effect::Ask { slot, epoch, ask } => Msg::Answered { slot, epoch, result: self.answer(&ask), took },
                Effect::Count { epoch, arrivals, size, range, known_from } => counted(Slot::Count, epoch, board::count(&arrivals, size, range, known_from)),
                Effect::Detect { epoch, arrivals, plan, known_from } => {
                    let make = rdptriage::detect::DETECTORS[0].1;
                    let board = board::judge(&arrivals, &plan, known_from, |arrivals, plan| rdptriage::detect::run(arrivals, plan, make(plan).as_mut()));
                    counted(Slot::Detection, epoch, board)
                }
                Effect::Study { need, epoch, matter } => Msg::Studied { need, epoch, result: Ok(Arc::new(matter.study())) },
                Effect::Weigh { epoch, guide, inquiry, answers } => {
                    Msg::Weighed { epoch, result: Ok(Arc::new(rdptriage::evidence::dossier(&guide, &inquiry, &answers))) }
                }
                Effect::Case(job) => {
                    for news in self.keeper.carry_out(job) {
                        waiting.extend(self.app.update(Input::Msg(Msg::Case(news))));
                    }
                    continue;
                }
                Effect::Abort(_) => continue,
                other => {
                    self.wanted.push(other);
                    continue;
                }
            };
            waiting.extend(self.app.update(Input::Msg(msg)));
        }
    }

    /// From now on no case can be saved where cases were.
    pub fn lose_the_disk(&mut self) {
        self.keeper = Keeper::new(&CaseFolder { data: None, author: "kim".into(), templates: Vec::new() }, || at(NOW));
    }

    /// Another size of the terminal.
    pub fn resize(&mut self, width: u16, height: u16) {
        self.area = Rect::new(0, 0, width, height);
        let effects = self.app.update(Input::Resized { width, height });
        self.settle(effects);
    }

    /// Lets so many seconds pass.
    pub fn pass(&mut self, seconds: u64) {
        self.uptime += Duration::from_secs(seconds);
        self.now = Timestamp::from_second(self.now.as_second() + i64::try_from(seconds).expect("seconds")).expect("a time");
        let effects = self.app.update(Input::Msg(Msg::Tick { now: self.now, uptime: self.uptime }));
        self.settle(effects);
    }

    /// Presses keys (`jj<enter>`), one a second.
    pub fn press(&mut self, keys: &str) -> &mut Self {
        for key in key::typed(keys).expect("keys") {
            let effects = self.app.update(Input::Key(key));
            self.settle(effects);
            self.pass(1);
        }
        self
    }

    /// What is on the screen.
    pub fn buffer(&self) -> Buffer {
        let mut buffer = Buffer::empty(self.area);
        self.app.render(self.area, &mut buffer);
        buffer
    }

    /// Its text.
    pub fn text(&self) -> String {
        rdptriage::widget::probe::text(&self.buffer())
    }

    /// Its text and roles.
    pub fn roles(&self) -> String {
        rdptriage::widget::probe::dump(&self.buffer())
    }

    /// The line of the screen that holds `part`.
    pub fn line(&self, part: &str) -> String {
        self.text().lines().find(|line| line.contains(part)).map(str::to_owned).unwrap_or_else(|| panic!("{part:?} is not on the screen:\n{}", self.text()))
    }

    /// Adds events and answers from then on with them too.
    pub fn arrive(&mut self, more: &[Event]) {
        let mut builder = TableBuilder::default();
        for event in events().iter().chain(more) {
            builder.push(event);
        }
        self.table = builder.finish("small estate".to_owned(), Vec::new(), Completeness::whole(1)).expect("a table");
    }

    /// An event of the story's file server.
    pub fn knock(time: &str, source: &str) -> Event {
        event(at(time), Kind::LogonFailed, source, "10.20.4.17", "FILESRV-02", Some("administrator"))
    }
}
