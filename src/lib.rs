//! `rdptriage`: terminal triage of RDP events. This page is the map of the crate.
//!
//! # What it is for
//!
//! A responder, over SSH and by keyboard alone, asks Elasticsearch, OpenSearch or files on disk for RDP events, sees live
//! how many *distinct source IPs* reach each destination per 15 minutes with anomalies marked, and drills in to sources,
//! users and single events. The same questions have the same answers from a cluster and from files, on the screen and
//! headless. It reads; it never writes to a cluster and never acts on a host.
//!
//! # How it flows
//!
//! ```text
//!   files ──► backend::local::read ──► schema ──► backend::local::table ──┐
//!             containers, lines,       records    columns (polars)        │
//!             EVTX in a child          to events                          │
//!   cluster ► backend::elastic ─────── aggregations, pages ───────────────┤
//!   story ──► backend::story ───────── a script, replayed ────────────────┤
//!                                                                         ▼
//!                                              dyn backend::Backend: query::Ask ──► query::Answer
//!                                                   │                                  │
//!        headless: cli ─────────────────────────────┤                                  ├─► detect::run ─► verdicts
//!          flags + settings ─► one question ─► cli::output (table, json, ndjson, csv, parquet)
//!        screens:  runtime ─────────────────────────┘
//!          key ─► keymap ─► Action ─► app::update ─► view, investigation::reduce ─► Effect ─► runtime ─► Msg ─► …
//!          (only if something changed)  app::render(&self, area, &mut Buffer)
//! ```
//!
//! # The rooms
//!
//! | room | what is in it | what is not |
//! |---|---|---|
//! | [`domain`] | the analyst's words as plain data: [`domain::Event`], [`domain::Address`], [`domain::Foreign`], [`domain::Completeness`] | clocks, files, terminals, clusters |
//! | [`query`] | the neutral questions ([`query::Ask`]), their answers, the filter grammar ([`query::Filter`]) | index names, JSON |
//! | [`sigma`] | Sigma rules, ours and the user's, evaluated by rsigma | field spellings |
//! | [`schema`] | how logical fields are spelled (TOML), which records are RDP events (one table) | files, containers |
//! | [`backend`] | the only code that reads events: [`backend::local`], [`backend::elastic`], [`backend::story`] | drawing |
//! | [`analysis`] | pure functions from answers to connections, sessions, stages, users, processes, hops, tell-tales, the queue of alerts, what a cluster or files can show | clocks, IO |
//! | [`enrich`] | the user's lists, assets and address databases: what is known of an address beside the events | events, clocks |
//! | [`detect`] | pure statistics over buckets, behind [`detect::Detector`] | clocks, IO |
//! | [`investigation`] | what is being looked at, and its only mutator; the vocabulary of actions | keys, drawing |
//! | [`guide`] | the investigation guides (TOML): what to ask, step by step | evidence, commands |
//! | [`exception`] | what is known and wanted, held against findings after they are scored: windows, preview, export, its files | scores |
//! | [`response`] | text prepared for people to use: isolation, block lists, accounts, escalation, each with its undo | doing any of it |
//! | [`evidence`] | what is found for each step of a guide, one file a step: questions, finding, for and against, what it suggests | answers of people, texts to be sent |
//! | [`case`] | what a responder decides, as a chain of acts: folded, verified, merged, bundled | files |
//! | [`report`] | a case in the form that the next reader wants, by templates that a user can replace | questions |
//! | [`ledger`] | the files of cases (`SQLite`), one writer each | what an act means |
//! | [`keymap`] | keys to actions; footer, help, palette and docs come from it | |
//! | [`theme`] | roles, and what they look like | widths, data |
//! | [`widget`] | small, pure, reusable drawing | state |
//! | [`view`] | one file per screen or pane | backends |
//! | [`app`] | routing, layers, screen regions | IO |
//! | [`runtime`] | the only code that spawns, sleeps, opens a terminal or catches signals | decisions |
//! | [`config`] | settings: defaults < file < environment < flags | |
//! | [`cli`] | flags, one file per headless command, all output in [`cli::output`] | |
//!
//! # Who may import whom
//!
//! Downwards only, and `tests/architecture.rs` keeps it: `domain` imports nothing of ours; `query`, `detect` and `sigma`
//! know `domain`; `analysis` adds `query` and `sigma`; `evidence` knows these, `guide` and `case`; `schema` adds `query` and `sigma`; `backend` is seen by `runtime` and `cli` alone, never by
//! `investigation`, `view` or `app`. `ratatui` lives in `theme`, `widget`, `view`, `app` and `runtime`; `polars`, `evtx` and
//! `elasticsearch` in `backend` (and `polars` where a table is exported).
//!
//! Three invariants are kept by types. Text out of an event is [`domain::Foreign`]: without `Display`, so that it reaches
//! people only made inert. Every answer carries a [`domain::Completeness`], which has no default. And a question is data
//! ([`query::Ask`]), so that it can be shown, stored and asked elsewhere.
//!
//! # How to add a ...
//!
//! | to add | copy | and the line in | the test that greets you |
//! |---|---|---|---|
//! | field schema | `src/schema/ecs.toml` | [`schema::BUILT_IN`] | its own `[[sample]]` documents read back |
//! | Sigma rule of ours | `src/sigma/suspicious_outbound_rdp.yml` | [`sigma::BUILT_IN`] | `every_built_in_file_is_listed` |
//! | detector | `src/detect/plain/` | [`detect::DETECTORS`] | every story in `fixtures/stories` |
//! | guide | `src/guide/rdp_outbound_client.toml` | [`guide::BUILT_IN`] | every tab it opens exists, ids are kept |
//! | story | `fixtures/stories/*.toml` | none | its own `[expect]` |
//! | theme | `themes/dark.toml` | [`theme::THEMES`] | all roles present, contrast, no meaning by colour alone |
//! | view | the smallest in `src/view/` | `view` | snapshots at several sizes |
//! | action | a line of the `actions!` table | its `match` arms | the compiler, then help and docs follow |
//! | headless command | `src/cli/events.rs` | [`cli::arguments::Command`] | `tests/cli.rs` |
//! | output format | `src/cli/output/ndjson.rs` | [`cli::output::rows`] | what reaches files and pipes |
//! | input format | `src/backend/local/read/ndjson.rs` | `sniff` | real files with known answers |
//!
//! # What we will not do
//!
//! Write to a cluster. Act on a host. Give a verdict without a baseline. Swallow what is missing. Let an event steer the
//! terminal. Compose query strings out of values. Guess a destination from the collector's address.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod app;
pub mod backend;
pub mod case;
pub mod cli;
pub mod config;
pub mod detect;
pub mod domain;
pub mod enrich;
pub mod evidence;
pub mod exception;
pub mod guide;
pub mod investigation;
pub mod keymap;
pub mod ledger;
pub mod query;
pub mod report;
pub mod response;
pub mod runtime;
pub mod schema;
pub mod sigma;
pub mod theme;
pub mod view;
pub mod widget;
