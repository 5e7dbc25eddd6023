//! How many colours the terminal shows: a pure function of what the environment says.

/// Colours a terminal can show.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Hash)]
pub enum Depth {
    /// None: bold, reverse and underline only.
    Mono,
    /// The 16 ANSI colours.
    Ansi,
    /// The 256 indexed colours: the usual truth over SSH, where COLORTERM is dropped.
    Indexed,
    /// 24 bits.
    True,
}

/// What the environment says about colour.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Env<'a> {
    /// `--color`: `never`, `16`, `256`, `true` or `auto`.
    pub flag: Option<&'a str>,
    /// `NO_COLOR`; colour is off where it is not empty.
    pub no_color: Option<&'a str>,
    /// `CLICOLOR`; colour is off where it is `0`.
    pub clicolor: Option<&'a str>,
    /// `COLORTERM`.
    pub colorterm: Option<&'a str>,
    /// `TERM`.
    pub term: Option<&'a str>,
}

impl Depth {
    /// The depth by the flag, then `NO_COLOR`, `TERM=dumb`, `CLICOLOR=0`, then `COLORTERM`, then `TERM`.
    pub fn detect(env: Env<'_>) -> Self {
        match env.flag {
            Some("never") => return Self::Mono,
            Some("16") => return Self::Ansi,
            Some("256") => return Self::Indexed,
            Some("true") => return Self::True,
            _ => {}
        }
        let term = env.term.unwrap_or_default();
        if env.no_color.is_some_and(|value| !value.is_empty())
            || term == "dumb"
            || env.clicolor == Some("0")
            || term.starts_with("vt1")
            || term.starts_with("vt2")
        {
            return Self::Mono;
        }
        if matches!(env.colorterm, Some("truecolor" | "24bit")) || term.ends_with("-direct") {
            return Self::True;
        }
        if term.contains("256color") { Self::Indexed } else { Self::Ansi }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flag_then_no_color_then_colorterm_then_term() {
        let none = Env::default();
        let table = [
            (none, Depth::Ansi),
            (Env { term: Some("xterm-256color"), ..none }, Depth::Indexed),
            (Env { term: Some("xterm-256color"), colorterm: Some("truecolor"), ..none }, Depth::True),
            (Env { term: Some("xterm-direct"), ..none }, Depth::True),
            (Env { term: Some("screen"), colorterm: Some("yes"), ..none }, Depth::Ansi),
            (Env { term: Some("linux"), ..none }, Depth::Ansi),
            (Env { term: Some("vt220"), ..none }, Depth::Mono),
            (Env { term: Some("dumb"), colorterm: Some("truecolor"), ..none }, Depth::Mono),
            (Env { colorterm: Some("truecolor"), no_color: Some("1"), ..none }, Depth::Mono),
            (Env { colorterm: Some("24bit"), no_color: Some(""), ..none }, Depth::True),
            (Env { colorterm: Some("24bit"), clicolor: Some("0"), ..none }, Depth::Mono),
            (Env { flag: Some("256"), no_color: Some("1"), ..none }, Depth::Indexed),
            (Env { flag: Some("never"), colorterm: Some("truecolor"), ..none }, Depth::Mono),
            (Env { flag: Some("auto"), term: Some("tmux-256color"), ..none }, Depth::Indexed),
        ];
        for (env, depth) in table {
            assert_eq!(Depth::detect(env), depth, "{env:?}");
        }
    }
}
