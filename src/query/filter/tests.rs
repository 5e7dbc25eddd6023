//! What filters accept, how they print, and what they say when they break off.

use proptest::prelude::*;

use super::*;
use crate::domain::{Foreign, Kind};

fn filter(text: &str) -> Filter {
    text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn event() -> Event {
    let mut event = Event::new("2025-03-01T12:30:00Z".parse().expect("a time"), Kind::SysmonOut);
    event.source = Address::clean("10.1.2.3");
    event.destination = Address::clean("10.9.0.5");
    event.destination_port = Some(3389);
    event.source_port = Some(50123);
    event.host = Some(Foreign::from("FS01.corp.example"));
    event.user = Some(Foreign::from("CORP\\Kim"));
    event.process = Some(Foreign::from(r"C:\Users\kim\plink (2).exe"));
    event.code = Some(3);
    event
}

#[test]
fn conditions_accept_and_refuse() {
    let accepted = [
        "",
        "*",
        "source:10.1.2.3",
        "source.ip:10.0.0.0/8",
        "source:10.1.*",
        "source:10.*",
        "source:\"10.1.2.3\"",
        "dst : 10.9.0.0/24",
        "10.1.2.3",
        "10.9.0.0/16",
        "port:3389",
        "port >= 3389 and port<3390",
        "source.port>50000",
        "not port:3390",
        "user:kim",
        "user:KIM",
        r"user:corp\kim",
        r"user:corp\\kim",
        r"user:CORP\*",
        "user:k*",
        "host:fs01*",
        "host:*.corp.example",
        "host:*corp*",
        r"process:C:\Users\*\plink*",
        r#"process:"c:\users\kim\plink (2).exe""#,
        r"process:*\\plink\ \(2\).exe",
        "kind:sysmon3_out",
        "kind:sysmon3*",
        "code:3",
        "code:(1 or 3)",
        "user:(not bob)",
        "plink",
        "\"PLINK (2)\"",
        "@timestamp>=2025-03-01",
        "time < 2025-03-01T12:30:00.000001Z",
        "time:\"2025-03-01T12:30:00Z\"",
        "user:*",
        "port:1 or port:3389 and user:kim",
        "(port:1 or port:3389) AND NOT user:bob",
        "not (port:1 and user:kim)",
        "not not port:3389",
    ];
    for text in accepted {
        assert!(filter(text).accepts(&event()), "{text}");
    }
    let refused = [
        "source:10.1.2.4",
        "source:10.2.*",
        "10.1.2.4",
        "::1",
        "fe80::/10",
        "port:3390",
        "port>3389",
        "not port:3389",
        "user:ki",
        r"user:other\kim",
        "host:fs01",
        "kind:sysmon",
        "code:(1 or 4)",
        "plunk",
        "time>=2025-03-02",
        "time>2025-03-01T12:30:00Z",
        "user:\"k*\"",
        "port:1 and port:3389 or user:bob",
        "not *",
    ];
    for text in refused {
        assert!(!filter(text).accepts(&event()), "{text}");
    }
}

#[test]
fn an_event_without_the_field_meets_only_the_negation() {
    let bare = Event::new(Timestamp::UNIX_EPOCH, Kind::ZeekRdp);
    for text in ["source:10.0.0.0/8", "source:*", "port<70000", "user:*", "code:3", "host:*x*"] {
        assert!(!filter(text).accepts(&bare), "{text}");
        assert!(filter(text).negated().accepts(&bare), "not {text}");
    }
}

#[test]
fn stars_stand_for_anything_or_nothing() {
    let table = [
        ("a*b", "ab", true),
        ("a*b", "axxb", true),
        ("a*b", "abc", false),
        ("*ab*ab", "ab", false),
        ("*ab*ab", "xabab", true),
        ("a*a", "a", false),
        ("**", "", true),
        ("*ü*", "GRÜN", true),
        ("ß*", "ßx", true),
    ];
    for (pattern, text, fits) in table {
        let Filter::Test { test: Test::Text(pattern), .. } = filter(&format!("host:x{pattern}")) else { panic!("{pattern}") };
        assert_eq!(pattern.accepts(&format!("x{text}")), fits, "{pattern} {text}");
    }
}

#[test]
fn printing_is_canonical() {
    let table = [
        ("", "*"),
        ("source:10.1.*", "source.ip:10.1.0.0/16"),
        ("SOURCE : ::ffff:10.0.0.1", "source.ip:10.0.0.1"),
        ("source:fe80::1", "source.ip:\"fe80::1\""),
        ("10.0.0.1", "source.ip:10.0.0.1 or destination.ip:10.0.0.1"),
        ("not(port<5 OR code:(1 or 3))", "not (destination.port < 5 or event.code:1 or event.code:3)"),
        (r"process:C:\x\*.exe", r"process.executable:C\:\\x\\*.exe"),
        (r"user:CORP\kim", r#"user.name:"CORP\\kim""#),
        ("host:\"and\"", "host.name:\"and\""),
        ("time>=2025-01-01", "@timestamp >= \"2025-01-01T00:00:00Z\""),
        ("evil", "host.name:*evil* or user.name:*evil* or process.executable:*evil*"),
        ("\"a*b\"", r"host.name:*a\u002ab* or user.name:*a\u002ab* or process.executable:*a\u002ab*"),
        ("port:1 and (code:2 and code:3)", "destination.port:1 and event.code:2 and event.code:3"),
    ];
    for (text, printed) in table {
        assert_eq!(filter(text).to_string(), printed, "{text}");
        assert_eq!(filter(printed), filter(text), "{text}");
    }
}

#[test]
fn errors_say_where_and_what_was_expected() {
    let table = [
        ("port:", 6, "expected a value for destination.port"),
        ("port:abc", 6, "abc does not fit destination.port; expected a whole number"),
        ("source:10.0.0.0/33", 8, "expected an address, a network"),
        ("destination:FS01", 13, "a name is found with host:"),
        ("colour:red", 1, "unknown field colour; the fields are @timestamp (time), event.kind_of (kind), source.ip (source)"),
        ("port:1 code:3", 8, "expected `and` or `or`"),
        ("(port:1", 8, "expected `and`, `or` or a closing parenthesis"),
        ("port:1)", 7, "a closing parenthesis without its opening one"),
        ("port:1 and", 11, "expected a condition"),
        ("user:kim or or", 13, "quote the word"),
        ("user:\"kim", 6, "never closed"),
        ("user > kim", 8, "user.name cannot be compared"),
        ("time:yesterday", 6, "expected a time"),
        ("größe:1", 1, "unknown field größe"),
        ("ö and port:x", 12, "x does not fit"),
        ("\u{1b}[31m:x", 1, "unknown field \\u{1b}[31m"),
    ];
    for (text, column, what) in table {
        let error = text.parse::<Filter>().expect_err(text);
        assert_eq!(error.column, column, "{text}: {error}");
        assert!(error.what.contains(what), "{text}: {error}");
    }
    assert!("(".repeat(100_000).parse::<Filter>().is_err());
}

fn pattern() -> impl Strategy<Value = Pattern> {
    prop::collection::vec(prop_oneof![Just(Part::Any), ".{1,6}".prop_map(Part::Text)], 1..4)
        .prop_map(Pattern::new)
        .prop_filter("a lone star is Exists", |pattern| !pattern.is_anything())
}

fn condition() -> impl Strategy<Value = Filter> {
    let texts = (prop::sample::select(vec![Field::Kind, Field::Host, Field::User, Field::Process]), pattern())
        .prop_map(|(field, pattern)| (field, Test::Text(pattern)));
    let v4 = (any::<u32>(), 0u8..=32).prop_map(|(bits, length)| IpNet::new(std::net::Ipv4Addr::from(bits).into(), length).expect("a length").trunc());
    let v6 =
        (any::<u128>(), 0u8..=128).prop_map(|(bits, length)| IpNet::new(std::net::Ipv6Addr::from(bits | 1 << 127).into(), length).expect("a length").trunc());
    let addresses =
        (prop::sample::select(vec![Field::SourceIp, Field::DestinationIp]), prop_oneof![v4, v6]).prop_map(|(field, network)| (field, Test::Network(network)));
    let compare = || prop::sample::select(vec![Compare::Is, Compare::Above, Compare::AtLeast, Compare::Below, Compare::AtMost]);
    let numbers = (prop::sample::select(vec![Field::SourcePort, Field::DestinationPort, Field::Code]), compare(), any::<u32>())
        .prop_map(|(field, compare, number)| (field, Test::Number(compare, number)));
    let times =
        (compare(), 0i64..4_000_000_000_000_000).prop_map(|(compare, micros)| (Field::Time, Test::Time(compare, crate::domain::time::from_micros(micros))));
    let exists = prop::sample::select(Field::ALL.to_vec()).prop_map(|field| (field, Test::Exists));
    prop_oneof![texts, addresses, numbers, times, exists].prop_map(|(field, test)| Filter::test(field, test))
}

fn any_filter() -> impl Strategy<Value = Filter> {
    condition().prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::all),
            prop::collection::vec(inner.clone(), 2..4).prop_map(Filter::any),
            inner.prop_map(Filter::negated),
        ]
    })
}

proptest! {
    #[test]
    fn what_is_printed_reads_back_the_same(filter in any_filter()) {
        let printed = filter.to_string();
        prop_assert_eq!(printed.parse::<Filter>().map_err(|error| TestCaseError::fail(format!("{printed}: {error}")))?, filter);
    }

    #[test]
    fn no_text_breaks_the_parser(text in ".{0,40}") {
        if let Ok(filter) = text.parse::<Filter>() {
            prop_assert_eq!(filter.to_string().parse::<Filter>().expect("printed"), filter);
        }
    }

    #[test]
    fn nothing_built_of_the_grammars_pieces_breaks_the_parser(
        pieces in prop::collection::vec(prop::sample::select(vec!["(", ")", " ", "and", "or", "not", ":", "\"", "\\", "*", "port", "user", "10.0.0.1", ">=", "<", "x"]), 0..12)
    ) {
        if let Ok(filter) = pieces.concat().parse::<Filter>() {
            prop_assert_eq!(filter.to_string().parse::<Filter>().expect("printed"), filter);
        }
    }
}
