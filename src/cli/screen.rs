//! The screens: what flags, environment and settings say about their looks, and what they open on.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use futures::FutureExt as _;
use jiff::tz::TimeZone;

use super::Failure;
use super::arguments::Look;
use super::origin::Request;
use crate::app::Setup;
use crate::backend::Backend;
use crate::backend::local::read::progress::Progress;
use crate::backend::story::{RealClock, Story};
use crate::config::{self, Config, Environment};
use crate::detect::DETECTORS;
use crate::domain::{BucketSize, Foreign, Timestamp};
use crate::query::Filter;
use crate::runtime::cases::CaseFolder;
use crate::runtime::{self, Opening, Options};
use crate::sigma::RuleSet;
use crate::theme::{Depth, Env, Theme};
use crate::widget::Glyphs;

/// Opens the screens on what was asked for.
pub(super) fn run(request: Request, look: &Look, environment: &Environment) -> Result<u8, Failure> {
    let mut setup = setup(look, environment)?;
    setup.zones = request.zones.clone();
    setup.size = request.bucket;
    setup.filter = request.filter.clone();
    setup.history_days = request.history_days;
    setup.period = request.period(Timestamp::now())?;
    start(setup, look, environment, move |opening| {
        async move { request.open(Arc::new(Told { opening, read: AtomicU64::new(0), all: AtomicU64::new(0) })).await }.boxed()
    })
}

/// Opens the screens on the embedded story.
pub(super) fn demo(speed: f64, look: &Look, environment: &Environment) -> Result<u8, Failure> {
    let setup = setup(look, environment)?;
    start(setup, look, environment, move |_| {
        async move {
            let play = move || Story::demo(&RuleSet::built_in(), Box::new(RealClock::start()))?.at_speed(speed);
            let story = tokio::task::spawn_blocking(play)
                .await
                .map_err(|error| crate::backend::BackendError::new(format!("the demo could not be made: {error}")))??;
            Ok(Arc::new(story) as Arc<dyn Backend>)
        }
        .boxed()
    })
}

fn start<F>(setup: Setup, look: &Look, environment: &Environment, open: F) -> Result<u8, Failure>
where
    F: FnOnce(Opening) -> futures::future::BoxFuture<'static, Result<Arc<dyn Backend>, crate::backend::BackendError>> + Send + 'static,
{
    use std::io::IsTerminal as _;
    if !std::io::stdin().is_terminal() || !std::io::stdout().is_terminal() {
        return Err(Failure::usage("the screens need a terminal").advise("use counts, hunt, detect or events for output to files and pipes"));
    }
    let cases =
        CaseFolder { data: config::data_folder(environment), author: super::case::author(environment), templates: super::case::templates(environment)? };
    let Some((_, detector)) = DETECTORS.first() else { return Err(Failure::error("there is no detector")) };
    let ended = runtime::run(open, Options { setup, detector: *detector, cases, guides: guides(environment)?, panic_after_start: look.panic_after_start })?;
    Ok(u8::try_from(ended.code()).unwrap_or(super::failure::ERROR))
}

fn setup(look: &Look, environment: &Environment) -> Result<Setup, Failure> {
    let config = Config::load(environment)?;
    let users = user_themes(environment)?;
    let depth = Depth::detect(Env {
        flag: look.color.as_deref(),
        no_color: environment.get("NO_COLOR"),
        clicolor: environment.get("CLICOLOR"),
        colorterm: environment.get("COLORTERM"),
        term: environment.get("TERM"),
    });
    let wanted = look.theme.clone().or(config.theme.clone()).unwrap_or_default();
    let load = |name: &str| Theme::load(name, depth, &users).map_err(|error| refused(&error));
    let mut themes = vec![load(&wanted)?];
    for name in Theme::names(&users) {
        if name != wanted && depth != Depth::Mono {
            themes.push(load(&name)?);
        }
    }
    let (lore, faults) = super::lore::read(&config, environment);
    let notice = match faults.as_slice() {
        [] => None,
        [only] => Some(only.clone()),
        [first, ..] => Some(format!("{first}; and {} more of that sort: `rdptriage config check` names them", faults.len() - 1)),
    };
    Ok(Setup {
        lore: Arc::new(lore),
        notice,
        themes,
        keymap: super::keys(environment)?,
        glyphs: if look.ascii || !speaks_unicode(environment) { Glyphs::Ascii } else { Glyphs::Unicode },
        zone: TimeZone::UTC,
        zones: Vec::new(),
        period: None,
        size: config.bucket.unwrap_or(BucketSize::Quarter),
        filter: Filter::Everything,
        history_days: i64::from(config.history_days.unwrap_or_default()),
    })
}

fn refused(error: &crate::theme::ThemeError) -> Failure {
    let failure = Failure::error(error.what.clone());
    match &error.advice {
        Some(advice) => failure.advise(advice.clone()),
        None => failure,
    }
}

/// Whether the locale is one of UTF-8; a locale that is not set at all says nothing against it.
fn speaks_unicode(environment: &Environment) -> bool {
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| environment.get(name)).unwrap_or("UTF-8").to_ascii_lowercase();
    locale.contains("utf-8") || locale.contains("utf8")
}

/// The guides of the user: file name and text.
fn guides(environment: &Environment) -> Result<Vec<(String, String)>, Failure> {
    let Some(folder) = config::folder(environment) else { return Ok(Vec::new()) };
    Ok(config::toml_files(&folder.join("guides"))?.into_iter().map(|(path, text)| (path.display().to_string(), text)).collect())
}

/// The themes of the user: file name and text.
pub(super) fn user_themes(environment: &Environment) -> Result<Vec<(String, String)>, Failure> {
    let Some(folder) = config::folder(environment) else { return Ok(Vec::new()) };
    let files = config::toml_files(&folder.join("themes"))?;
    Ok(files.into_iter().map(|(path, text)| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), text)).collect())
}

/// Tells the screen how far reading has come.
struct Told {
    opening: Opening,
    read: AtomicU64,
    all: AtomicU64,
}

impl Progress for Told {
    fn total(&self, bytes: u64) {
        self.all.store(bytes, Ordering::Relaxed);
        self.opening.set(0, Some(bytes));
    }

    fn advanced(&self, file: &Path, bytes: u64) {
        let read = self.read.fetch_add(bytes, Ordering::Relaxed) + bytes;
        self.opening.set(read, Some(self.all.load(Ordering::Relaxed)));
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        self.opening.say(format!("reading {}", Foreign::from(name.as_ref()).safe()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_locale_of_another_charset_asks_for_ascii() {
        for (variables, unicode) in [
            (vec![], true),
            (vec![("LANG", "en_US.UTF-8")], true),
            (vec![("LANG", "C.utf8")], true),
            (vec![("LANG", "C")], false),
            (vec![("LANG", "de_DE.UTF-8"), ("LC_ALL", "de_DE.ISO-8859-1")], false),
        ] {
            assert_eq!(speaks_unicode(&Environment::of(variables.clone())), unicode, "{variables:?}");
        }
    }

    #[test]
    fn the_theme_comes_from_flag_then_settings() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), "theme = \"light\"\n").unwrap();
        let environment = Environment::of([("RDPTRIAGE_CONFIG_DIR", folder.path().to_str().unwrap()), ("TERM", "xterm-256color")]);
        let name = |look: &Look| setup(look, &environment).map(|setup| setup.themes[0].name().to_owned());
        assert_eq!(name(&Look::default()).unwrap(), "light");
        assert_eq!(name(&Look { theme: Some("dark".to_owned()), ..Look::default() }).unwrap(), "dark");
        assert_eq!(name(&Look { color: Some("never".to_owned()), ..Look::default() }).unwrap(), "mono");
        assert!(name(&Look { theme: Some("nope".to_owned()), ..Look::default() }).unwrap_err().to_string().contains("nope"));
    }
}
