//! The traps of the field, one by one: what looks different and is the same, and what looks the same and is not.

use std::path::PathBuf;
use std::sync::Arc;

use super::{DocumentError, Interpreter, Options, Reading, Schemas};
use crate::domain::{Event, Foreign, time::rfc3339_micros};
use crate::sigma::RuleSet;

fn interpreter(options: Options) -> Interpreter {
    Interpreter::new(Schemas::built_in(), Arc::new(RuleSet::default()), options).expect("ours")
}

fn read(document: &str) -> Option<Event> {
    match interpreter(Options::default()).json(document.as_bytes()).expect("a document") {
        Reading::Event { event, .. } => Some(*event),
        Reading::Other { .. } | Reading::Detected { .. } => None,
        Reading::Again | Reading::Unknown => panic!("unknown: {document}"),
    }
}

fn kind(document: &str) -> Option<&'static str> {
    read(document).map(|event| event.kind.name())
}

fn row(header: &str, row: &str, options: Options) -> Reading {
    let interpreter = interpreter(options);
    let columns = interpreter.header(&header.split(',').collect::<Vec<_>>()).expect("a header");
    let values: Vec<_> = row.split(',').collect();
    interpreter.row(&columns, &|place| values.get(place).map(|text| (*text).into())).expect("a row")
}

fn row_event(header: &str, text: &str) -> Option<Event> {
    match row(header, text, Options::default()) {
        Reading::Event { event, .. } => Some(*event),
        _ => None,
    }
}

const CORE: &str = "Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/Operational";
const MANAGER: &str = "Microsoft-Windows-TerminalServices-RemoteConnectionManager/Operational";
const SYSMON: &str = "Microsoft-Windows-Sysmon/Operational";

fn sysmon(fields: &str) -> String {
    format!(r#"{{"@timestamp":"2026-03-08T15:04:05Z","EventID":3,"Channel":"{SYSMON}","Hostname":"pc-1",{fields}}}"#)
}

#[test]
fn the_address_zoo_in_an_event() {
    for (written, cleaned) in [
        ("LOCAL", None),
        ("-", None),
        ("0.0.0.0", None),
        ("16777216", None),
        ("127.0.0.1", Some("127.0.0.1")),
        ("::1", Some("::1")),
        ("::ffff:10.0.0.1", Some("10.0.0.1")),
        ("fe80::1%10", Some("fe80::1")),
        ("[fe80::1]:50123", Some("fe80::1")),
        ("10.0.0.1:36160", Some("10.0.0.1")),
    ] {
        let document =
            format!(r#"{{"@timestamp":"2026-03-08T15:04:05Z","winlog":{{"channel":"{CORE}","event_id":"131","event_data":{{"ClientIP":"{written}"}}}}}}"#);
        let event = read(&document).expect("an event whatever the address");
        assert_eq!(event.source.map(|address| address.to_string()).as_deref(), cleaned, "{written}");
    }
    let document =
        format!(r#"{{"@timestamp":"2026-03-08T15:04:05Z","winlog":{{"channel":"{CORE}","event_id":"131","event_data":{{"ClientIP":"10.0.0.1:36160"}}}}}}"#);
    assert_eq!(read(&document).and_then(|event| event.source_port), Some(36160));
}

#[test]
fn sysmon_swaps_only_what_came_in_from_the_rdp_port() {
    let ends = r#""SourceIp":"10.0.0.5","SourcePort":"3389","DestinationIp":"192.0.2.7","DestinationPort":"50123""#;
    let event = read(&sysmon(&format!(r#""Initiated":"false",{ends}"#))).expect("an event");
    assert_eq!(event.kind.name(), "sysmon3_in_reversed");
    assert_eq!(event.source.map(|address| address.to_string()).as_deref(), Some("192.0.2.7"));
    assert_eq!(event.destination.map(|address| address.to_string()).as_deref(), Some("10.0.0.5"));
    assert_eq!((event.source_port, event.destination_port), (Some(50123), Some(3389)));
    assert_eq!(kind(&sysmon(&format!(r#""Initiated":"true",{ends}"#))), None);
}

#[test]
fn one_user_without_domain_is_a_bare_name() {
    for domain in ["null", "\"\"", "\"-\""] {
        let document = format!(
            r#"{{"@timestamp":"2026-03-08T15:04:05Z","winlog":{{"channel":"{MANAGER}","event_id":"1149","computer_name":"srv-1","user_data":{{"Param1":"admmig","Param2":{domain},"Param3":"192.0.2.7"}}}}}}"#
        );
        assert_eq!(read(&document).and_then(|event| event.user), Some(Foreign::from("admmig")), "{domain}");
    }
    let joined = format!(
        r#"{{"@timestamp":"2026-03-08T15:04:05Z","winlog":{{"channel":"{MANAGER}","event_id":"1149","user_data":{{"Param1":"A\\kim","Param2":"B"}}}}}}"#
    );
    assert_eq!(read(&joined).and_then(|event| event.user), Some(Foreign::from("A\\kim")));
}

#[test]
fn one_code_in_every_spelling() {
    for code in ["1149", "\"1149\"", r##"{"#text":1149}"##, r##"{"#text":"1149","#attributes":{"Qualifiers":0}}"##, "1149.0", "[1149]"] {
        let document = format!(
            r#"{{"Event":{{"System":{{"EventID":{code},"TimeCreated":{{"SystemTime":"2026-03-08T15:04:05Z"}},"Channel":"{MANAGER}"}},"UserData":{{"EventXML":{{"Param3":"192.0.2.7"}}}}}}}}"#
        );
        let event = read(&document).unwrap_or_else(|| panic!("{code}"));
        assert_eq!((event.kind.name(), event.code), ("rcm1149", Some(1149)), "{code}");
    }
}

#[test]
fn initiated_and_logon_type_in_every_spelling() {
    let ends = r#""SourceIp":"10.0.0.5","SourcePort":50123,"DestinationIp":"10.0.0.6","DestinationPort":3389"#;
    for (initiated, expected) in [("true", "sysmon3_out"), ("\"True\"", "sysmon3_out"), ("false", "sysmon3_in"), ("\"false\"", "sysmon3_in")] {
        assert_eq!(kind(&sysmon(&format!(r#""Initiated":{initiated},{ends}"#))), Some(expected), "{initiated}");
    }
    assert_eq!(kind(&sysmon(ends)), None);
    for logon_type in ["10", "\"10\"", "\"RemoteInteractive\"", "\"remoteinteractive\""] {
        let document = format!(
            r#"{{"@timestamp":"2026-03-08T15:04:05Z","event":{{"code":"4624"}},"winlog":{{"channel":"Security","logon":{{"type":{logon_type}}}}},"source":{{"ip":"192.0.2.7"}}}}"#
        );
        assert_eq!(kind(&document), Some("sec4624_lt10"), "{logon_type}");
    }
}

#[test]
fn an_unlock_counts_only_with_an_address() {
    for (address, expected) in [("192.0.2.7", Some("sec4624_lt7")), ("127.0.0.1", Some("sec4624_lt7")), ("-", None), ("LOCAL", None)] {
        let document = format!(
            r#"{{"@timestamp":"2026-03-08T15:04:05Z","EventID":4624,"Channel":"security","Hostname":"srv-1","LogonType":"7","IpAddress":"{address}","TargetUserName":"kim"}}"#
        );
        assert_eq!(kind(&document), expected, "{address}");
    }
}

#[test]
fn time_is_the_events_own_and_in_utc() {
    let document = r#"{"@timestamp":"2026-03-08T15:04:05.1234567+02:00","event":{"created":"2026-03-09T00:00:00Z","ingested":"2026-03-09T00:00:00Z"},"source":{"ip":"192.0.2.7"},"destination":{"ip":"10.0.0.5","port":3389}}"#;
    assert_eq!(read(document).map(|event| rfc3339_micros(event.time)).as_deref(), Some("2026-03-08T13:04:05.123456Z"));
    let zone = jiff::tz::TimeZone::get("Europe/Berlin").expect("bundled");
    let options = || Options { naive_zone: zone.clone(), ..Options::default() };
    let time = |header: &str, text: &str| match row(header, text, options()) {
        Reading::Event { event, .. } => rfc3339_micros(event.time),
        other => panic!("{other:?}"),
    };
    assert_eq!(time("time,src,dst", "2026-03-29 03:30:00,192.0.2.7,10.0.0.5"), "2026-03-29T01:30:00.000000Z");
    assert_eq!(time("time,src,dst", "2026-03-29 01:30:00,192.0.2.7,10.0.0.5"), "2026-03-29T00:30:00.000000Z");
    assert_eq!(time("TimeGenerated [UTC],src,dst", "2026-03-29 03:30:00,192.0.2.7,10.0.0.5"), "2026-03-29T03:30:00.000000Z");
    for (time, error) in [("\"soon\"", DocumentError::UnreadableTime), ("null", DocumentError::NoTime)] {
        let document = format!(r#"{{"@timestamp":{time},"source":{{"ip":"192.0.2.7"}},"destination":{{"ip":"10.0.0.5","port":3389}}}}"#);
        assert_eq!(interpreter(Options::default()).json(document.as_bytes()), Err(error), "{time}");
    }
}

#[test]
fn another_port_is_rdp_only_when_asked_for() {
    let document = br#"{"@timestamp":"2026-03-08T15:04:05Z","source":{"ip":"192.0.2.7"},"destination":{"ip":"10.0.0.5","port":"13389"}}"#;
    assert!(matches!(interpreter(Options::default()).json(document), Ok(Reading::Other { .. })));
    let options = Options { ports: vec![3389, 13389], ..Options::default() };
    assert!(matches!(interpreter(options).json(document), Ok(Reading::Event { .. })));
}

#[test]
fn small_codes_mean_nothing_outside_their_log() {
    for channel in ["Application", "Microsoft-Windows-Windows Defender/Operational"] {
        let document =
            format!(r#"{{"@timestamp":"2026-03-08T15:04:05Z","winlog":{{"channel":"{channel}","event_id":"21","user_data":{{"Address":"192.0.2.7"}}}}}}"#);
        assert_eq!(kind(&document), None, "{channel}");
    }
    assert_eq!(kind(r#"{"@timestamp":"2026-03-08T15:04:05Z","winlog":{"channel":"Application","event_id":"4625","event_data":{"LogonType":"10"}}}"#), None);
}

#[test]
fn forwarded_events_are_of_the_host_that_wrote_them() {
    let document = r#"{"@timestamp":"2026-03-08T15:04:05Z","event":{"code":"4778"},"host":{"name":"collector"},"winlog":{"channel":"Security","computer_name":"srv-1","event_data":{"AccountName":"kim","AccountDomain":"CORP","ClientAddress":"192.0.2.7"}}}"#;
    assert_eq!(read(document).and_then(|event| event.host), Some(Foreign::from("srv-1")));
}

#[test]
fn documents_of_no_schema_and_broken_ones() {
    let interpreter = interpreter(Options::default());
    assert_eq!(interpreter.json(b"{}"), Ok(Reading::Unknown));
    assert_eq!(interpreter.json(br#"{"a":1}"#), Ok(Reading::Unknown));
    assert_eq!(interpreter.json(b"[]"), Err(DocumentError::NotJson));
    assert_eq!(interpreter.json(b"nonsense"), Err(DocumentError::NotJson));
    assert_eq!(interpreter.json(br#"{"a":{"b":1"#), Err(DocumentError::CutOff));
    let deep = format!(r#"{{"source":{{"ip":{}{}}}}}"#, "[".repeat(5000), "]".repeat(5000));
    assert_eq!(interpreter.json(deep.as_bytes()), Err(DocumentError::TooDeep));
}

#[test]
fn tables_say_which_columns_are_missing() {
    let interpreter = interpreter(Options::default());
    let error = interpreter.header(&["src", "bytes"]).expect_err("no time, no destination");
    assert_eq!(
        error.to_string(),
        "no schema fits the columns; no column for the time (looked for timestamp, time, t, ts, @timestamp, TimeGenerated and the like), \
         no column for the destination address (looked for destination.ip, dst, dst_ip, DestIP, destinationhost, Computer and the like)"
    );
    assert!(interpreter.header(&[]).is_err());
}

#[test]
fn tables_with_the_usual_spellings_of_a_flow() {
    for header in [
        "Time,Source IP,Source Port,Destination IP,Destination Port",
        "timestamp,src_ip,src_port,dst_ip,dst_port",
        "ts,SrcIP_s,SrcPort_d,DestIP_s,DestPort_d",
        "TimeGenerated,client_ip,client_port,server_ip,server_port",
        "start_time,srcaddr,sport,dstaddr,dport",
        "EventTime,id.orig_h,id.orig_p,id.resp_h,id.resp_p",
        "@timestamp,source.ip,source.port,destination.ip,destination.port",
        "_time,src,sport,dest,dest_port",
    ] {
        let event = row_event(header, "2026-03-08T15:04:05Z,192.0.2.7,50123,10.0.0.5,3389").unwrap_or_else(|| panic!("{header}"));
        assert_eq!(event.kind.name(), "flow", "{header}");
        assert_eq!(event.source.map(|address| address.to_string()).as_deref(), Some("192.0.2.7"), "{header}");
        assert_eq!(event.destination.map(|address| address.to_string()).as_deref(), Some("10.0.0.5"), "{header}");
        assert_eq!((event.source_port, event.destination_port), (Some(50123), Some(3389)), "{header}");
        assert!(row_event(header, "2026-03-08T15:04:05Z,192.0.2.7,50123,10.0.0.5,443").is_none(), "{header}");
    }
}

#[test]
fn a_users_schema_reads_like_ours() {
    let text = r#"
name = "appliance"
class = "flow"
time = [{ spelling = "clock", format = "epoch_millis" }]
recognise = [{ has = ["clock", "peer.addr"] }]
[field]
source = "peer.addr"
destination = "self.addr"
destination_port = "self.port"
"#;
    let (schemas, errors) = Schemas::built_in().with_user_files([(PathBuf::from("appliance.toml"), text.to_owned())]);
    assert!(errors.is_empty());
    let interpreter = Interpreter::new(schemas, Arc::new(RuleSet::default()), Options::default()).expect("usable");
    let document = br#"{"clock":1772982245123,"peer":{"addr":"192.0.2.7"},"self":{"addr":"10.0.0.5","port":3389}}"#;
    let Ok(Reading::Event { event, schema, .. }) = interpreter.json(document) else { panic!("no event") };
    assert_eq!(&*schema, "appliance");
    assert_eq!(rfc3339_micros(event.time), "2026-03-08T15:04:05.123000Z");
}

static READER: std::sync::LazyLock<Interpreter> = std::sync::LazyLock::new(|| interpreter(Options::default()));

proptest::proptest! {
    #[test]
    fn no_document_panics(text in "\\PC{0,200}", bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        let _ = READER.json(text.as_bytes());
        let _ = READER.json(&bytes);
        let quoted = serde_json::Value::String(text).to_string();
        for template in [
            r#"{"@timestamp":X,"source":{"ip":X,"port":X},"destination":{"ip":X,"port":3389},"event":{"code":X}}"#,
            r#"{"EventID":1149,"Channel":X,"Hostname":X,"@timestamp":X,"Message":X}"#,
            r#"{"ts":X,"id.orig_h":X,"id.resp_h":X,"id.resp_p":X,"cookie":X}"#,
        ] {
            let _ = READER.json(template.replace('X', &quoted).as_bytes());
        }
    }
}
