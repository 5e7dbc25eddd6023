//! Where events come from: flags, environment and settings become one backend, and the part of its events that is meant.

use std::path::PathBuf;
use std::sync::Arc;

use super::arguments::Origin;
use super::completeness::Report;
use super::failure::Failure;
use super::login;
use super::period;
use crate::backend::elastic::{self, Connection};
use crate::backend::local::read::progress::Progress;
use crate::backend::{Backend, BackendError};
use crate::config::{Cluster, Config, Environment};
use crate::domain::{BucketSize, Completeness, Families, Range, Timestamp};
use crate::investigation::Period;
use crate::query::{Answer, Ask, Filter, Scope};
use crate::sigma::RuleSet;
use jiff::tz::TimeZone;

/// Hours of a cluster's events that are meant where nobody says which.
const HOURS: i64 = 12;

/// Where events come from.
#[derive(Debug)]
pub enum Source {
    /// Files and folders.
    Files(Vec<PathBuf>),
    /// A cluster.
    Cluster(Box<Connection>),
}

/// Everything that flags, environment and settings say about the events.
#[derive(Debug)]
pub struct Request {
    /// Where they come from.
    pub source: Source,
    /// Ports of RDP servers, 3389 first.
    pub ports: Vec<u16>,
    /// The zone of times without one.
    pub naive_zone: TimeZone,
    /// The zones in which the people of the site work.
    pub zones: Vec<TimeZone>,
    /// Width of the buckets.
    pub bucket: BucketSize,
    /// Which events.
    pub filter: Filter,
    /// The rules that records are held against while they are read.
    pub rules: Arc<RuleSet>,
    /// Ids of the rules that `hunt` hunts for.
    pub hunted: Vec<String>,
    /// The user's own schemas.
    pub schemas: Vec<(PathBuf, String)>,
    /// Days before the judged range by which the detector learns what is usual.
    pub history_days: i64,
    /// Where what was read is kept for the next time; `None` where it is not.
    pub cache: Option<PathBuf>,
    from: Option<String>,
    to: Option<String>,
}

impl Request {
    /// Puts the layers together; `None` where they name neither files nor a cluster.
    ///
    /// # Errors
    /// Where they contradict each other, or name something that is not there.
    pub fn new(paths: &[PathBuf], origin: &Origin, config: &Config, environment: &Environment) -> Result<Option<Self>, Failure> {
        login::refuse_secrets(origin)?;
        let chosen = if paths.is_empty() { login::chosen(origin, config, environment)? } else { None };
        super::tell(chosen.as_ref().map_or(&[], |cluster| cluster.notes.as_slice()));
        let profile = chosen.as_ref().and_then(|cluster| cluster.profile.clone()).unwrap_or_default();
        let ports = ports(origin, profile.ports.as_ref().or(config.ports.as_ref()));
        let Some(source) = source(paths, origin, chosen.as_ref(), environment, &ports)? else { return Ok(None) };
        let zones = if origin.zone.is_empty() {
            profile.zones.as_ref().or(config.zones.as_ref()).into_iter().flatten().map(|name| zone(name)).collect::<Result<_, _>>()?
        } else {
            origin.zone.clone()
        };
        let naive_zone = match &origin.naive_zone {
            Some(zone) => zone.clone(),
            None => config.naive_zone.as_deref().map_or(Ok(TimeZone::UTC), zone)?,
        };
        let rules = RuleSet::built_in();
        let hunted = if origin.rule.is_empty() {
            rules.rules().iter().map(|rule| rule.id().to_owned()).collect()
        } else {
            let mut ids: Vec<String> = Vec::new();
            for path in &origin.rule {
                ids.extend(RuleSet::ids_in(path)?);
            }
            ids.dedup();
            ids
        };
        let mut schemas = Vec::new();
        for folder in crate::config::folder(environment).map(|folder| folder.join("schemas")).into_iter().chain(profile.schemas) {
            schemas.extend(crate::config::toml_files(&folder)?);
        }
        Ok(Some(Self {
            source,
            ports,
            naive_zone,
            zones,
            bucket: origin.bucket.or(config.bucket).unwrap_or_default(),
            filter: origin.filter.clone().unwrap_or_default(),
            rules: Arc::new(rules.with_files(&origin.rule)?),
            hunted,
            schemas,
            history_days: i64::from(profile.history_days.or(config.history_days).unwrap_or_default()),
            cache: if origin.no_cache { None } else { crate::config::cache_folder(environment) },
            from: origin.from.clone(),
            to: origin.to.clone(),
        }))
    }

    /// Whether a cluster is asked.
    pub fn is_cluster(&self) -> bool {
        matches!(self.source, Source::Cluster(_))
    }

    /// The range that flags name; `None` where they name none.
    ///
    /// # Errors
    /// Where a flag is no time, or the range is empty.
    pub fn named_range(&self, now: Timestamp) -> Result<Option<Range>, Failure> {
        let moment = |flag: &str, text: &Option<String>| {
            text.as_deref().map(|text| period::moment(text, now).map_err(|error| Failure::usage(format!("{flag}: {error}")))).transpose()
        };
        let (from, to) = (moment("--from", &self.from)?, moment("--to", &self.to)?);
        if from.is_none() && to.is_none() {
            return Ok(None);
        }
        let range = Range { from: from.unwrap_or(Timestamp::MIN), to: to.unwrap_or(Timestamp::MAX) };
        if range.from >= range.to {
            return Err(Failure::usage("the time range is empty: --from must lie before --to"));
        }
        Ok(Some(range))
    }

    /// The choice of time range for the screens; `None` lets them choose. Hours before now move with the clock.
    ///
    /// # Errors
    /// As [`Request::named_range`].
    pub fn period(&self, clock: Timestamp) -> Result<Option<Period>, Failure> {
        if let (Some(from), None) = (&self.from, &self.to)
            && let Some(hours) = period::hours_before_now(from)
        {
            return Ok(Some(Period::Last(hours)));
        }
        Ok(self.named_range(clock)?.map(Period::Fixed))
    }

    /// Opens the backend; may take as long as the files are large.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn open(&self, progress: Arc<dyn Progress + Send + Sync>) -> Result<Arc<dyn Backend>, BackendError> {
        match &self.source {
            Source::Cluster(connection) => {
                let elastic = elastic::open(connection.as_ref().clone(), Arc::clone(&self.rules), super::files::schemas(self)?).await?;
                Ok(Arc::new(match &self.cache {
                    Some(folder) => elastic.cached_in(folder.clone()),
                    None => elastic,
                }))
            }
            Source::Files(paths) => {
                let interpreter = super::files::interpreter(self)?;
                let paths = paths.clone();
                let read = tokio::task::spawn_blocking(move || super::files::open(paths, &interpreter, progress.as_ref()));
                read.await.map_err(|error| BackendError::new(format!("the files could not be read: {error}")))?
            }
        }
    }
}

fn ports(origin: &Origin, settings: Option<&Vec<u16>>) -> Vec<u16> {
    let mut ports = vec![3389];
    for port in settings.into_iter().flatten().chain(&origin.port) {
        if !ports.contains(port) {
            ports.push(*port);
        }
    }
    ports
}

fn zone(name: &str) -> Result<TimeZone, Failure> {
    TimeZone::get(name)
        .map_err(|_| Failure::error(format!("the settings name a time zone {name:?} that does not exist")).advise("write a name such as Europe/Berlin"))
}

fn source(paths: &[PathBuf], origin: &Origin, chosen: Option<&Cluster>, environment: &Environment, ports: &[u16]) -> Result<Option<Source>, Failure> {
    if !paths.is_empty() {
        let names_cluster =
            !origin.url.is_empty() || [&origin.profile, &origin.context, &origin.cloud_id].into_iter().any(Option::is_some) || origin.start_local.is_some();
        if names_cluster {
            return Err(Failure::usage("both files and a cluster are named").advise("ask one at a time"));
        }
        return Ok(Some(Source::Files(paths.to_vec())));
    }
    let Some(cluster) = chosen else { return Ok(None) };
    Ok(Some(Source::Cluster(Box::new(login::connection(cluster, ports, environment)?))))
}

impl From<crate::config::ConfigError> for Failure {
    fn from(error: crate::config::ConfigError) -> Self {
        let failure = Self::error(error.what);
        match error.advice {
            Some(advice) => failure.advise(advice),
            None => failure,
        }
    }
}

/// A backend that is open, with the part of its events that is meant.
pub struct Opened {
    backend: Arc<dyn Backend>,
    /// Which events, by time.
    pub range: Range,
    /// Width of the buckets.
    pub bucket: BucketSize,
    /// The zones in which the people of the site work.
    pub zones: Vec<TimeZone>,
    /// Ids of the rules that are hunted for.
    pub hunted: Vec<String>,
    /// The rules that programs are held against.
    pub rules: Arc<RuleSet>,
    /// Whether a cluster is asked.
    pub is_cluster: bool,
    /// Days before the range by which the detector learns what is usual.
    pub history_days: i64,
    /// Where is asked: index patterns, files, the demo.
    pub place: String,
    filter: Filter,
}

impl Opened {
    /// The demo as it stands when all of it has happened.
    pub fn demo(backend: Arc<dyn Backend>, rules: Arc<RuleSet>) -> Self {
        let config = Config::defaults();
        Self {
            backend,
            range: Range::ALL,
            bucket: BucketSize::Quarter,
            zones: Vec::new(),
            hunted: Vec::new(),
            rules,
            is_cluster: false,
            history_days: i64::from(config.history_days.unwrap_or_default()),
            place: "demo".to_owned(),
            filter: Filter::Everything,
        }
    }

    /// Takes an open backend; times that lean on now lean on the backend's.
    ///
    /// # Errors
    /// Where the range named is none.
    pub fn new(request: &Request, backend: Arc<dyn Backend>) -> Result<Self, Failure> {
        let now = backend.now();
        let is_cluster = request.is_cluster();
        let default = match is_cluster {
            true => Range { from: now.checked_sub(jiff::Span::new().hours(HOURS)).unwrap_or(Timestamp::MIN), to: now },
            false => Range::ALL,
        };
        let range = request.named_range(now)?.unwrap_or(default);
        // A cluster cannot be asked for all of time; an open end is the present.
        let range = if is_cluster { Range { from: range.from, to: if range.to == Timestamp::MAX { now.max(range.from) } else { range.to } } } else { range };
        Ok(Self {
            backend,
            range,
            bucket: request.bucket,
            zones: request.zones.clone(),
            hunted: request.hunted.clone(),
            rules: Arc::clone(&request.rules),
            is_cluster,
            history_days: request.history_days,
            place: match &request.source {
                Source::Files(paths) => paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" "),
                Source::Cluster(connection) => connection.index.join(","),
            },
            filter: request.filter.clone(),
        })
    }

    /// What counts as now.
    pub fn now(&self) -> Timestamp {
        self.backend.now()
    }

    /// The filter of every question.
    pub fn filter(&self) -> &Filter {
        &self.filter
    }

    /// The question as it is put, ready to paste into another tool.
    pub fn query_text(&self, ask: &Ask) -> String {
        self.backend.query_text(ask)
    }

    /// The events meant, of these families.
    pub fn scope(&self, families: Families) -> Scope {
        Scope { families, filter: self.filter.clone(), ..Scope::over(self.range) }
    }

    /// Asks.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn ask(&self, ask: &Ask) -> Result<Answer, Failure> {
        Ok(self.backend.answer_with(ask, &super::progress::Days::new()).await?)
    }

    /// A report on an answer with this completeness. Files have a mapping report each; a cluster is not asked a second time
    /// for what it said once.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn report(&self, completeness: &Completeness) -> Result<Report, Failure> {
        let reports = if self.is_cluster {
            Vec::new()
        } else {
            match self.ask(&Ask::Overview).await? {
                Answer::Overview(overview) => overview.reports,
                _ => return Err(Self::mixed_up()),
            }
        };
        Ok(Report::new(completeness, reports))
    }

    /// An answer to another question; a defect of ours.
    pub fn mixed_up() -> Failure {
        Failure::error("the backend answered another question than was asked").advise("please report this")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(origin: &Origin, config: &Config, environment: &[(&str, &str)]) -> Result<Option<Request>, Failure> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().to_str().unwrap().to_owned();
        let environment = Environment::of(environment.iter().copied().chain([("RDPTRIAGE_CONFIG_DIR", path.as_str())]));
        Request::new(&[], origin, config, &environment)
    }

    fn connection(origin: &Origin, config: &Config, environment: &[(&str, &str)]) -> Connection {
        match request(origin, config, environment).unwrap().unwrap().source {
            Source::Cluster(connection) => *connection,
            Source::Files(_) => panic!("files"),
        }
    }

    fn to(url: &str) -> Origin {
        Origin { url: vec![url.to_owned()], ..Origin::default() }
    }

    fn profiles() -> Config {
        let lab = crate::config::Profile {
            url: vec!["https://lab.example".to_owned()],
            index: vec!["lab-*".to_owned()],
            ports: Some(vec![3391]),
            zones: Some(vec!["Europe/Berlin".to_owned()]),
            history_days: Some(14),
            ..Default::default()
        };
        Config { profile: [("lab".to_owned(), lab)].into(), default_profile: Some("lab".to_owned()), ports: Some(vec![3389, 3390]), ..Config::defaults() }
    }

    #[test]
    fn flags_win_over_environment_and_that_over_the_default_profile() {
        let environment = [("ES_URL", "https://env.example"), ("ES_API_KEY", "id:key")];
        assert_eq!(connection(&to("https://flag.example"), &profiles(), &environment).urls, ["https://flag.example"]);
        assert_eq!(connection(&Origin::default(), &profiles(), &environment).urls, ["https://env.example"]);
        let lab = connection(&Origin::default(), &profiles(), &[]);
        assert_eq!(
            (lab.urls.as_slice(), lab.index.as_slice(), lab.ports.as_slice()),
            (["https://lab.example".to_owned()].as_slice(), ["lab-*".to_owned()].as_slice(), [3389, 3391].as_slice())
        );
        let named = Origin { profile: Some("lab".to_owned()), ..Origin::default() };
        assert_eq!(connection(&named, &profiles(), &environment).urls, ["https://lab.example"]);
        assert!(request(&Origin::default(), &Config::defaults(), &[]).unwrap().is_none());
    }

    #[test]
    fn a_profile_says_what_is_particular_to_its_site() {
        let zones = |origin: &Origin| {
            request(origin, &profiles(), &[]).unwrap().unwrap().zones.iter().filter_map(TimeZone::iana_name).map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(zones(&Origin::default()), ["Europe/Berlin"]);
        assert_eq!(zones(&to("https://es.example")), ["UTC"]);
        let days = |origin: &Origin| request(origin, &profiles(), &[]).unwrap().unwrap().history_days;
        assert_eq!((days(&Origin::default()), days(&to("https://es.example"))), (14, 30));
    }

    #[test]
    fn ranges_come_from_either_end() {
        let now = "2025-01-02T00:00:00Z".parse().unwrap();
        let range = |from: Option<&str>, to_: Option<&str>| {
            let origin = Origin { from: from.map(str::to_owned), to: to_.map(str::to_owned), ..to("https://es.example") };
            request(&origin, &Config::defaults(), &[]).unwrap().unwrap().named_range(now)
        };
        assert_eq!(range(None, None).unwrap(), None);
        assert_eq!(range(Some("now-1d"), None).unwrap(), Some(Range { from: "2025-01-01T00:00:00Z".parse().unwrap(), to: Timestamp::MAX }));
        assert_eq!(range(None, Some("2025-01-01")).unwrap(), Some(Range { from: Timestamp::MIN, to: "2025-01-01T00:00:00Z".parse().unwrap() }));
        assert!(range(Some("now"), Some("now-1h")).unwrap_err().to_string().contains("empty"));
        assert!(range(Some("soon"), None).unwrap_err().to_string().starts_with("--from: \"soon\" is no time"));
    }
}
