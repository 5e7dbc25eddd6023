//! What every theme must keep, and what a wrong one is told.

use ratatui::style::Modifier;

use super::colour::{contrast, look, parse_hex};
use super::*;

const DEPTHS: [Depth; 4] = [Depth::Mono, Depth::Ansi, Depth::Indexed, Depth::True];

/// Signs of absence: they may be faint.
const FAINT: [Role; 5] = [Role::LaneEmpty, Role::LaneGap, Role::TimelineEmpty, Role::TimelineGap, Role::GaugeLeft];

fn load(name: &str, depth: Depth) -> Theme {
    Theme::load(name, depth, &[]).unwrap_or_else(|error| panic!("{error}"))
}

fn user(text: &str) -> Result<Theme, ThemeError> {
    Theme::load("mine", Depth::True, &[("conf/themes/mine.toml".to_owned(), text.to_owned())])
}

fn refused(text: &str) -> String {
    user(text).expect_err("a wrong theme").what
}

/// The ground a theme is made for.
fn background(name: &str) -> Option<[u8; 3]> {
    let (_, text) = THEMES.iter().find(|(theme, _)| *theme == name)?;
    text.lines().find_map(|line| parse_hex(line.strip_prefix("background = \"")?.strip_suffix('"')?))
}

#[test]
fn every_file_is_listed_and_every_theme_styles_every_role() {
    let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/themes"))
        .expect("the themes")
        .map(|entry| stem(&entry.expect("a theme").file_name().to_string_lossy()).to_owned())
        .collect();
    files.sort();
    let mut listed = Theme::names(&[]);
    listed.sort();
    assert_eq!(files, listed);
    for name in listed {
        for depth in DEPTHS {
            load(&name, depth);
        }
    }
}

#[test]
fn without_colours_there_are_none() {
    for (name, _) in THEMES {
        assert!(load(name, Depth::Mono).is_mono());
    }
    assert!(load(MONO, Depth::True).is_mono());
    assert_eq!(load("dark", Depth::Mono).name(), MONO);
    assert!(!load("dark", Depth::Ansi).is_mono());
}

#[test]
fn text_can_be_read_on_the_ground_it_is_made_for() {
    for (name, _) in THEMES {
        let Some(background) = background(name) else { continue };
        for depth in [Depth::Indexed, Depth::True] {
            let theme = load(name, depth);
            for role in Role::ALL {
                let Some(ink) = theme.style(*role).fg.and_then(look) else { continue };
                let blocks = matches!(role, Role::LaneBar | Role::TimelineKnown | Role::GaugeDone);
                let floor = if FAINT.contains(role) {
                    2.0
                } else if blocks {
                    3.0
                } else {
                    4.5
                };
                let seen = contrast(ink, background);
                assert!(seen >= floor, "{name} {depth:?} {}: {seen:.2}", role.name());
            }
        }
    }
}

#[test]
fn anomalies_stand_out_from_ordinary_bars() {
    for (name, _) in THEMES {
        for depth in [Depth::Ansi, Depth::Indexed, Depth::True] {
            let theme = load(name, depth);
            let colour = |role: Role| theme.style(role).fg.and_then(look);
            if let (Some(bar), Some(critical), Some(major)) = (colour(Role::LaneBar), colour(Role::LaneCritical), colour(Role::LaneMajor)) {
                assert!(contrast(bar, critical) >= 1.5, "{name} {depth:?}: critical {:.2}", contrast(bar, critical));
                assert!(contrast(bar, major) >= 1.5, "{name} {depth:?}: major {:.2}", contrast(bar, major));
            }
            if let (Some(known), Some(new)) = (colour(Role::TimelineKnown), colour(Role::TimelineNew)) {
                assert!(contrast(known, new) >= 1.4, "{name} {depth:?}: new {:.2}", contrast(known, new));
            }
        }
    }
}

#[test]
fn severity_is_never_said_by_colour_alone() {
    for (name, _) in THEMES {
        for depth in [Depth::Ansi, Depth::Indexed, Depth::True] {
            let theme = load(name, depth);
            if theme.is_mono() {
                continue; // Lanes draw the marks themselves.
            }
            let modifiers = [Role::LaneBar, Role::LaneMinor, Role::LaneMajor, Role::LaneCritical].map(|role| theme.style(role).add_modifier);
            for (place, one) in modifiers.iter().enumerate() {
                assert!(!modifiers.iter().skip(place + 1).any(|other| other == one), "{name} {depth:?}");
            }
        }
    }
}

#[test]
fn the_row_under_the_cursor_shows_in_every_theme() {
    for (name, _) in THEMES {
        for depth in DEPTHS {
            let style = load(name, depth).style(Role::RowSelected);
            let shows = style.bg.is_some_and(|ground| ground != ratatui::style::Color::Reset) || style.add_modifier != Modifier::empty();
            assert!(shows, "{name} {depth:?}");
            assert_eq!(style.fg, None, "ground leaves the ink alone");
        }
    }
}

#[test]
fn few_colours_take_the_hand_picked_ones() {
    use ratatui::style::Color;
    let bar = |depth| load("dark", depth).style(Role::LaneBar).fg;
    assert_eq!(bar(Depth::True), Some(Color::Rgb(0x3a, 0x78, 0xb8)));
    assert_eq!(bar(Depth::Indexed), Some(Color::Indexed(67)));
    assert_eq!(bar(Depth::Ansi), Some(Color::Cyan));
    assert_eq!(load("dark", Depth::Ansi).style(Role::RowSelected).add_modifier, Modifier::BOLD);
    assert_eq!(load("dark", Depth::Indexed).style(Role::RowSelected).add_modifier, Modifier::empty());
}

#[test]
fn a_theme_of_the_user_inherits_and_goes_before_ours() {
    use ratatui::style::Color;
    let theme =
        user("inherit = \"dark\"\n[palette]\nfire = \"#ff0000\"\n[role]\n\"lane.critical\" = { fg = \"fire\", mods = [\"bold\"] }\nerror = { fg = 196 }\n")
            .expect("a theme");
    assert_eq!(theme.name(), "mine");
    assert_eq!(theme.style(Role::LaneCritical).fg, Some(Color::Rgb(255, 0, 0)));
    assert_eq!(theme.style(Role::Error).fg, Some(Color::Indexed(196)));
    assert_eq!(theme.style(Role::LaneBar), load("dark", Depth::True).style(Role::LaneBar));
    let over = [("dark.toml".to_owned(), "inherit = \"light\"\n".to_owned())];
    assert_eq!(Theme::load("dark", Depth::True, &over).map(|theme| theme.style(Role::Key)), Ok(load("light", Depth::True).style(Role::Key)));
    assert_eq!(Theme::names(&[("conf/themes/mine.toml".to_owned(), String::new())]), ["dark", "light", "mono", "mine"]);
}

#[test]
fn errors_name_file_and_line() {
    let file = "theme conf/themes/mine.toml";
    assert_eq!(refused("[role]\n\n\"lane.bra\" = {}\n"), format!("{file} line 3: unknown role \"lane.bra\""));
    assert_eq!(refused("[role]\nerror = { fg = \"red\", blink = true }\n"), format!("{file} line 2: unknown key \"blink\", known are fg, bg, mods"));
    assert_eq!(
        refused("[roles]\n"),
        format!("{file} line 1: unknown key \"roles\", known are description, background, inherit, palette, role, role-256, role-16")
    );
    assert_eq!(
        refused("[role]\nerror = { fg = \"fire\" }\n"),
        format!("{file} line 2: \"fire\" is no colour: give a palette name, \"#rrggbb\", an ANSI name or 0 to 255")
    );
    assert_eq!(refused("[role]\nheader = { fg = \"red\" }\n"), format!("{file} line 2: role header is ground and may set bg and mods only"));
    assert_eq!(refused("[role-16]\nerror = { mods = [\"blink\"] }\n"), format!("{file} line 2: a modifier is one of bold, dim, italic, underline, reverse"));
    assert_eq!(refused("[palette]\nfire = { c16 = \"red\" }\n"), format!("{file} line 2: a palette colour needs rgb"));
    assert_eq!(refused("[palette]\nfire = 300\n"), format!("{file} line 2: 300 is no colour: give a palette name, \"#rrggbb\", an ANSI name or 0 to 255"));
    assert_eq!(refused("inherit = \"drak\"\n"), format!("{file} inherits \"drak\", which is none of dark, light, mono"));
    assert!(refused("[role\n").starts_with(&format!("{file} line 1: ")));
    assert!(refused("[role]\ntext = {}\n").starts_with(&format!("{file} says nothing of text.strong, text.muted, ")));
    let unknown = Theme::load("drak", Depth::True, &[]).expect_err("no such theme");
    assert_eq!((unknown.what.as_str(), unknown.advice.as_deref()), ("there is no theme called \"drak\"", Some("choose one of dark, light, mono")));
}

proptest::proptest! {
    #[test]
    fn whatever_a_file_holds_is_an_answer(text in "(\\[(role|palette|role-16|x)\\]|[a-z.\"]{1,9} ?= ?[\\[{\"#a-f0-9]{0,9}[\"}\\]]?|\\PC|\\n){0,30}") {
        let _ = user(&text);
        let _ = user(&format!("inherit = \"dark\"\n{text}"));
    }
}
