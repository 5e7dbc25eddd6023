//! The app: keys become actions, actions go from the top layer to the view to the investigation, and the whole is drawn
//! as a pure function of what is known.

pub mod plain;
pub mod screen;

use std::sync::Arc;
use std::time::Duration;

use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::{Position, Rect};

use crate::domain::{BucketSize, Lore, Timestamp, Trouble};
use crate::investigation::{Action, Effect, Investigation, Msg, Page, Period, reduce, start};
use crate::keymap::{Key, Keymap, Mode, Resolved};
use crate::query::{Ask, Filter};
use crate::theme::Theme;
use crate::view::{self, Ctx, Outcome, View, Want};
use crate::widget::{Glyphs, Pen};

/// How the backend words a question.
pub type Wording = Arc<dyn Fn(&Ask) -> String + Send + Sync>;

/// What an app looks like and begins with.
pub struct Setup {
    /// The themes between which `theme` changes; the first is shown. Never empty in practice: an empty list draws plain.
    pub themes: Vec<Theme>,
    /// The keys.
    pub keymap: Keymap,
    /// The characters that the terminal can show.
    pub glyphs: Glyphs,
    /// The zone in which times are shown.
    pub zone: TimeZone,
    /// The zones in which the people of the site work.
    pub zones: Vec<TimeZone>,
    /// The time range; `None` lets it follow from what there is.
    pub period: Option<Period>,
    /// Width of the buckets.
    pub size: BucketSize,
    /// The filter to begin with.
    pub filter: Filter,
    /// Days of history by which the detector learns what is usual.
    pub history_days: i64,
    /// What is known of addresses beside the events.
    pub lore: Arc<dyn Lore>,
    /// What is to be said first, until a key is pressed.
    pub notice: Option<String>,
}

/// Something that happened, as the runtime tells it.
pub enum Input {
    /// A key was pressed.
    Key(Key),
    /// The terminal has this size.
    Resized {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The events are being opened.
    Opening {
        /// Done.
        done: u64,
        /// Of how much.
        of: Option<u64>,
        /// What is being done, inert.
        doing: String,
    },
    /// The events are open.
    Opened {
        /// What counts as now.
        now: Timestamp,
        /// How questions are worded.
        backend: Wording,
    },
    /// The events cannot be opened.
    OpeningFailed(Trouble),
    /// For the investigation.
    Msg(Msg),
    /// Something to be said in the footer until the next key.
    Noticed(String),
}

/// How far the start has got.
#[derive(Clone, Debug)]
pub enum Stage {
    /// The events are being opened.
    Opening {
        /// Done.
        done: u64,
        /// Of how much.
        of: Option<u64>,
        /// What is being done.
        doing: String,
    },
    /// They cannot be.
    Failed(Trouble),
    /// They are open.
    Open,
}

/// The program as it is seen.
pub struct App {
    themes: Vec<Theme>,
    theme: usize,
    keymap: Keymap,
    glyphs: Glyphs,
    area: Rect,
    stage: Stage,
    investigation: Investigation,
    wording: Option<Wording>,
    lore: Arc<dyn Lore>,
    /// One per step of the trail, the list of destinations first.
    pages: Vec<Box<dyn View>>,
    /// Popups and prompts, the top one last.
    layers: Vec<Box<dyn View>>,
    pending: Vec<Key>,
    notice: Option<String>,
    revision: u64,
}

impl App {
    /// An app that waits for its events to be opened.
    pub fn new(setup: Setup) -> Self {
        let mut investigation = Investigation::new(Timestamp::UNIX_EPOCH, setup.period, setup.size, setup.zone, setup.zones);
        investigation.filter_text = if setup.filter.is_everything() { String::new() } else { setup.filter.to_string() };
        investigation.filter = setup.filter;
        investigation.history_days = setup.history_days;
        Self {
            themes: setup.themes,
            theme: 0,
            keymap: setup.keymap,
            glyphs: setup.glyphs,
            area: Rect::new(0, 0, 80, 24),
            stage: Stage::Opening { done: 0, of: None, doing: String::new() },
            investigation,
            wording: None,
            lore: setup.lore,
            pages: vec![Box::<view::destinations::Destinations>::default()],
            layers: Vec::new(),
            pending: Vec::new(),
            notice: setup.notice,
            revision: 0,
        }
    }

    /// Adds guides of the user's own (file name, text) to ours; what is wrong with one is said.
    pub fn follow_guides(&mut self, own: &[(String, String)]) {
        let (guides, errors) = crate::guide::Guide::all(own);
        self.investigation.guides = guides.into_iter().map(Arc::new).collect();
        if let Some(error) = errors.first() {
            self.notice = Some(crate::domain::Foreign::from(error.to_string()).safe().into_string());
        }
    }

    /// What is known.
    pub fn investigation(&self) -> &Investigation {
        &self.investigation
    }

    /// Changes whenever the next picture may differ from the last.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Takes in what happened; what is to be done about it.
    pub fn update(&mut self, input: Input) -> Vec<Effect> {
        let face = self.face();
        let is_tick = matches!(input, Input::Msg(Msg::Tick { .. }));
        let effects = self.take(input);
        // A tick that changes nothing on the screen must not send anything down a slow line.
        if !is_tick || !effects.is_empty() || face != self.face() {
            self.revision = self.revision.wrapping_add(1);
        }
        effects
    }

    /// How long nothing is due.
    pub fn next_tick(&self) -> Duration {
        const IDLE: Duration = Duration::from_secs(60);
        let state = &self.investigation;
        if !matches!(self.stage, Stage::Open) {
            return Duration::from_millis(100);
        }
        let rest = state.visit().and_then(|visit| visit.due).map(|due| due.saturating_sub(state.uptime).max(Duration::from_millis(20)));
        let live = state.due().map(|due| due.saturating_sub(state.uptime).clamp(Duration::from_millis(100), Duration::from_secs(1)));
        // An overdue live question waits for the running one, not for the clock.
        let live = live.map(|live| if state.live.load.is_loading() { Duration::from_secs(1) } else { live });
        [rest, live].into_iter().flatten().min().unwrap_or(IDLE)
    }

    /// Draws everything.
    pub fn render(&self, area: Rect, buf: &mut Buffer) {
        let area = area.intersection(buf.area);
        if area.is_empty() {
            return;
        }
        let Some(theme) = self.themes.get(self.theme) else { return };
        let pen = Pen { theme, glyphs: self.glyphs };
        let regions = screen::regions(area);
        let cx = self.context(pen, regions.main);
        buf.set_style(area, pen.style(crate::theme::Role::Text));
        view::header::draw(&cx, &self.stage, regions.header, buf);
        match &self.stage {
            Stage::Open => {
                if let Some(page) = self.pages.last() {
                    page.render(&cx, regions.main, buf);
                }
            }
            stage => view::opening::draw(stage, pen, regions.main, buf),
        }
        for layer in &self.layers {
            layer.render(&cx, regions.main, buf);
        }
        let focused = self.layers.last().or(self.pages.last());
        if let Some(focused) = focused {
            match self.stage {
                Stage::Open => view::footer::draw(&cx, focused.as_ref(), &self.pending, self.notice.as_deref(), regions.footer, buf),
                _ => view::footer::draw_only(&cx, &[crate::investigation::Action::Quit], regions.footer, buf),
            }
        }
    }

    /// Where the terminal's cursor stands, while something is typed.
    pub fn cursor(&self, area: Rect) -> Option<Position> {
        let pen = Pen { theme: self.themes.get(self.theme)?, glyphs: self.glyphs };
        let main = screen::regions(area).main;
        self.layers.last()?.cursor(&self.context(pen, main), main)
    }

    fn context<'a>(&'a self, pen: Pen<'a>, area: Rect) -> Ctx<'a> {
        Ctx {
            investigation: &self.investigation,
            pen,
            keymap: &self.keymap,
            area,
            wording: self.wording.as_ref(),
            lore: self.lore.as_ref(),
            below: self.pages.last().map(AsRef::as_ref),
        }
    }

    /// What of the clock is seen.
    fn face(&self) -> String {
        view::header::clock_face(&self.investigation)
    }

    fn take(&mut self, input: Input) -> Vec<Effect> {
        match input {
            Input::Key(key) => self.key(key),
            Input::Resized { width, height } => {
                self.area = Rect::new(0, 0, width, height);
                Vec::new()
            }
            Input::Opening { done, of, doing } => {
                if let Stage::Opening { .. } = self.stage {
                    self.stage = Stage::Opening { done, of, doing };
                }
                Vec::new()
            }
            Input::Opened { now, backend } => {
                self.stage = Stage::Open;
                self.investigation.wording = Some(crate::investigation::state::Worded(Arc::clone(&backend)));
                self.wording = Some(backend);
                self.investigation.now = now;
                start(&mut self.investigation)
            }
            Input::OpeningFailed(trouble) => {
                self.stage = Stage::Failed(trouble);
                Vec::new()
            }
            Input::Msg(msg) => {
                if let Msg::Case(news) = &msg {
                    self.notice = news.words().or(self.notice.take());
                }
                let effects = reduce(&mut self.investigation, msg);
                if let Some(news) = self.investigation.late.take_news() {
                    self.notice = Some(news);
                }
                effects
            }
            Input::Noticed(notice) => {
                self.notice = Some(notice);
                Vec::new()
            }
        }
    }

    fn mode(&self) -> Mode {
        self.layers.last().or(self.pages.last()).map_or(Mode::Table, |view| view.mode())
    }

    fn key(&mut self, key: Key) -> Vec<Effect> {
        self.notice = None;
        match self.keymap.resolve(self.mode(), &self.pending, key) {
            Resolved::Action(action) => {
                self.pending.clear();
                self.act(action)
            }
            Resolved::Pending => {
                self.pending.push(key);
                Vec::new()
            }
            Resolved::None => {
                self.pending.clear();
                match key.typed() {
                    Some(character) => self.ask_layer(|layer, cx| layer.typed(character, cx)),
                    None => Vec::new(),
                }
            }
        }
    }

    /// Hands something to the top layer.
    fn ask_layer(&mut self, ask: impl FnOnce(&mut dyn View, &Ctx<'_>) -> Outcome) -> Vec<Effect> {
        let Some(mut layer) = self.layers.pop() else { return Vec::new() };
        let outcome = self.with_context(|cx| ask(layer.as_mut(), cx));
        self.layers.push(layer);
        match outcome {
            Outcome::Consumed(wants) => self.fulfil(wants),
            Outcome::Ignored => Vec::new(),
        }
    }

    fn with_context<T>(&self, ask: impl FnOnce(&Ctx<'_>) -> T) -> T {
        let plain = crate::theme::probe::probe();
        let pen = Pen { theme: self.themes.get(self.theme).unwrap_or(&plain), glyphs: self.glyphs };
        ask(&self.context(pen, screen::regions(self.area).main))
    }

    fn act(&mut self, action: Action) -> Vec<Effect> {
        match action {
            Action::End => return vec![Effect::Quit { keep_screen: false }],
            Action::Suspend => return vec![Effect::Suspend],
            Action::QuitKeepScreen => return vec![Effect::Quit { keep_screen: true }],
            Action::PlainDump => return vec![Effect::Dump(self.plain())],
            _ => {}
        }
        if let Some(mut layer) = self.layers.pop() {
            let outcome = self.with_context(|cx| layer.act(action, cx));
            self.layers.push(layer);
            return match outcome {
                Outcome::Consumed(wants) => self.fulfil(wants),
                Outcome::Ignored => match action {
                    // The key that opened a popup closes it too.
                    Action::Back | Action::Quit | Action::Help | Action::Query | Action::TimeRange | Action::Marks | Action::Why => {
                        self.fulfil(vec![Want::Close])
                    }
                    _ => Vec::new(),
                },
            };
        }
        if !matches!(self.stage, Stage::Open) {
            return if matches!(action, Action::Quit | Action::Back) { vec![Effect::Quit { keep_screen: false }] } else { Vec::new() };
        }
        if let Some(mut page) = self.pages.pop() {
            let outcome = self.with_context(|cx| page.act(action, cx));
            self.pages.push(page);
            if let Outcome::Consumed(wants) = outcome {
                return self.fulfil(wants);
            }
        }
        let wants = match action {
            Action::Quit if self.pages.len() <= 1 => return vec![Effect::Quit { keep_screen: false }],
            Action::Quit | Action::Back => vec![Want::Msg(Msg::Left)],
            Action::Help => vec![Want::Layer(Box::new(view::help::Help::new(self.mode())))],
            Action::Palette => vec![Want::Layer(Box::new(view::palette::Palette::new(self.mode())))],
            Action::Tasks => vec![Want::Layer(Box::<view::tasks::TaskList>::default())],
            Action::Marks => vec![Want::Layer(Box::<view::marks::Marks>::default())],
            Action::Query => vec![Want::Layer(Box::<view::query::QueryText>::default())],
            Action::TimeRange => vec![Want::Layer(Box::new(view::period::Periods::new(self.investigation.period)))],
            Action::BucketSize => vec![Want::Msg(Msg::BucketSizeChanged)],
            Action::Alerts => vec![Want::Msg(Msg::PageOpened(Page::Alerts))],
            Action::Doctor => vec![Want::Msg(Msg::PageOpened(Page::Doctor))],
            Action::Walkthrough if self.investigation.visit().is_some_and(|visit| visit.destination.is_some()) => vec![Want::Msg(Msg::WalkthroughWanted)],
            Action::Walkthrough => vec![Want::Say("w walks through a destination: put the cursor on one".to_owned())],
            Action::Case => vec![Want::Msg(Msg::PageOpened(Page::Case))],
            Action::Undo => vec![Want::Msg(Msg::DecisionUndone)],
            Action::Answer | Action::Verdict | Action::Note | Action::Report => {
                vec![Want::Say("w opens the walkthrough, where steps are answered and the case is kept".to_owned())]
            }
            Action::Pause => vec![Want::Msg(Msg::FreezeToggled)],
            Action::Refresh => vec![Want::Msg(Msg::RefreshWanted)],
            Action::Theme => {
                self.theme = if self.theme.saturating_add(1) < self.themes.len() { self.theme + 1 } else { 0 };
                Vec::new()
            }
            _ => Vec::new(),
        };
        self.fulfil(wants)
    }

    /// Does what views want, in order.
    fn fulfil(&mut self, wants: Vec<Want>) -> Vec<Effect> {
        let mut effects = Vec::new();
        for want in wants {
            match want {
                Want::Msg(msg) => {
                    effects.extend(reduce(&mut self.investigation, msg));
                    self.follow_the_trail();
                }
                Want::Effect(effect) => effects.push(effect),
                Want::Layer(layer) => self.layers.push(layer),
                Want::Close => _ = self.layers.pop(),
                Want::Act(action) => effects.extend(self.act(action)),
                Want::Words(words) => {
                    if let Some(page) = self.pages.last_mut() {
                        page.set_words(&words);
                    }
                }
                Want::Sort(sort) => {
                    if let Some(mut page) = self.pages.pop() {
                        self.with_context(|cx| page.set_sort(sort, cx));
                        self.pages.push(page);
                    }
                }
                Want::Say(notice) => self.notice = Some(notice),
            }
        }
        effects
    }

    /// One page per step of the trail: a new step opens a page, a step back finds the page that was left.
    fn follow_the_trail(&mut self) {
        let wanted = self.investigation.trail.len().saturating_add(1);
        self.pages.truncate(wanted);
        while self.pages.len() < wanted {
            let page = self.investigation.trail.get(self.pages.len().saturating_sub(1)).map(|visit| visit.page);
            self.pages.push(match page {
                Some(Page::Alerts) => Box::<view::alerts::AlertsView>::default(),
                Some(Page::Walkthrough) => Box::<view::walkthrough::WalkthroughView>::default(),
                Some(Page::Case) => Box::<view::case::CaseView>::default(),
                Some(Page::Doctor) => Box::<view::doctor::DoctorView>::default(),
                _ => Box::<view::destination::DestinationView>::default(),
            });
        }
    }

    /// The screen as plain inert text.
    fn plain(&self) -> String {
        let mut buffer = Buffer::empty(self.area);
        self.render(self.area, &mut buffer);
        plain::lines(&buffer).join("\n")
    }
}
