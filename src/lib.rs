//! `rdptriage`: terminal triage of RDP events. This page is the map of the crate.
#![forbid(unsafe_code)]

pub mod analysis;
pub mod app;
pub mod backend;
pub mod cli;
pub mod config;
pub mod detect;
pub mod domain;
pub mod investigation;
pub mod keymap;
pub mod query;
pub mod runtime;
pub mod schema;
pub mod sigma;
pub mod theme;
pub mod view;
pub mod widget;
