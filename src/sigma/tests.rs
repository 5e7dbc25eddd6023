//! What rules find, and what files are refused.

use std::collections::BTreeMap;
use std::io::Write as _;

use serde_json::{Value, json};

use super::*;

struct Record(BTreeMap<&'static str, Value>);

impl Fields for Record {
    fn field(&self, name: &str) -> Option<Value> {
        self.0.get(name).cloned()
    }

    fn each_text(&self, visit: &mut dyn FnMut(&str)) {
        self.0.values().filter_map(Value::as_str).for_each(visit);
    }
}

fn outbound(image: &str) -> Record {
    Record(BTreeMap::from([("EventID", json!(3)), ("DestinationPort", json!(3389)), ("Initiated", json!("true")), ("Image", json!(image))]))
}

fn with(mut record: Record, name: &'static str, value: Value) -> Record {
    record.0.insert(name, value);
    record
}

fn without(mut record: Record, name: &str) -> Record {
    record.0.remove(name);
    record
}

fn finds(record: &Record) -> bool {
    RuleSet::built_in().matches(record) == [0]
}

fn user_rules(text: &str) -> Result<RuleSet, RuleError> {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(text.as_bytes()).unwrap();
    RuleSet::default().with_files(&[file.path().to_owned()])
}

fn user_rule(detection: &str) -> RuleSet {
    user_rules(&format!("title: mine\nid: mine-1\nlogsource:\n  product: windows\ndetection:\n{detection}\n")).unwrap()
}

#[test]
fn every_built_in_file_is_listed() {
    let mut files: Vec<String> = std::fs::read_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/src/sigma"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".yml"))
        .collect();
    files.sort();
    assert_eq!(files, BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect::<Vec<_>>());
}

#[test]
fn the_built_in_rule_has_its_public_id_and_says_its_code() {
    let rules = RuleSet::built_in();
    assert_eq!(rules.id(0), "ed74fe75-7594-4b4b-ae38-e38e3fd2eb23");
    assert_eq!(rules.title(0), "Suspicious Outbound RDP Connections");
    assert_eq!(rules.place(SUSPICIOUS_OUTBOUND_RDP), Some(0));
    assert_eq!(rules.event_codes(), Some(vec![3]));
    assert!(!rules.is_empty());
}

#[test]
fn known_clients_pass_in_any_case_and_place() {
    let images = [
        r"C:\WINDOWS\System32\MSTSC.EXE",
        r"C:\x\rtsAPP.exe",
        r"C:\x\rts2app.EXE",
        r"D:\tools\rdcman.exe",
        r"C:\x\WS_tunnelservice.exe",
        r"C:\x\rssensor.exe",
        r"C:\x\remotedesktopmanagerfree.exe",
        r"C:\x\REMOTEDESKTOPMANAGER.exe",
        r"C:\x\remoteDesktopManager64.exe",
        r"C:\x\MREMOTENG.exe",
        r"C:\x\mremote.EXE",
        r"C:\x\terminals.exe",
        r"C:\x\SpiceWorks-Finder.exe",
        r"C:\x\fsdiscovery.exe",
        r"C:\x\fsassessment.exe",
        r"C:\x\mobarte.exe",
        r"C:\Program Files\Google\Chrome\Application\CHROME.exe",
        r"C:\x\Thor.exe",
        r"\\server\share\THOR64.EXE",
    ];
    assert_eq!(images.len(), 19);
    for image in images {
        assert!(!finds(&outbound(image)), "{image}");
    }
}

#[test]
fn strange_programs_are_found() {
    for image in [r"C:\Users\kim\plink.exe", r"C:\x\mstsc.exe.exe", r"C:\x\notmstsc.exe", "mstsc.exe", r"C:\x\mstsc.exe ", "", r"C:\x\svchost.exe"] {
        assert!(finds(&outbound(image)), "{image}");
    }
}

#[test]
fn a_connection_without_an_image_is_found() {
    assert!(finds(&without(outbound(""), "Image")));
}

#[test]
fn values_compare_as_sigma_says() {
    for initiated in [json!("true"), json!("True"), json!("TRUE"), json!(true)] {
        assert!(finds(&with(outbound("x"), "Initiated", initiated.clone())), "{initiated}");
    }
    for initiated in [json!("false"), json!(false), json!("1"), json!(null)] {
        assert!(!finds(&with(outbound("x"), "Initiated", initiated.clone())), "{initiated}");
    }
    assert!(finds(&with(outbound("x"), "DestinationPort", json!("3389"))));
    assert!(finds(&with(outbound("x"), "EventID", json!("3"))));
    for port in [json!(3390), json!("33890"), json!(445), json!("ms-wbt-server")] {
        assert!(!finds(&with(outbound("x"), "DestinationPort", port.clone())), "{port}");
    }
    assert!(!finds(&with(outbound("x"), "EventID", json!(5156))));
    assert!(!finds(&without(outbound("x"), "Initiated")));
}

#[test]
fn another_channel_is_another_log_source() {
    assert!(finds(&with(outbound("x"), "Channel", json!("Microsoft-Windows-Sysmon/Operational"))));
    assert!(!finds(&with(outbound("x"), "Channel", json!("System"))));
}

#[test]
fn a_category_stands_for_its_event_codes() {
    let rules = user_rules(
        "title: t\nlogsource:\n  product: windows\n  category: network_connection\ndetection:\n  selection:\n    DestinationPort: 3389\n  condition: selection\n",
    )
    .unwrap();
    assert_eq!(rules.event_codes(), Some(vec![3]));
    assert_eq!(rules.get(0).unwrap().category_codes(), Some([3].as_slice()));
    assert_eq!(rules.id(0), "t");
    assert_eq!(rules.matches(&outbound("x")), [0]);
    assert!(rules.matches(&with(outbound("x"), "EventID", json!(5156))).is_empty());
}

#[test]
fn modifiers_of_user_rules_work() {
    let record = || with(outbound(r"C:\Users\Kim\AppData\evil.exe"), "SourceIp", json!("10.1.2.3"));
    let found = [
        "  s:\n    Image|endswith: '\\EVIL.exe'\n  condition: s",
        "  s:\n    Image|contains|all:\n      - 'kim'\n      - 'appdata'\n  condition: s",
        "  s:\n    SourceIp|cidr: 10.1.0.0/16\n  condition: s",
        "  s:\n    Image|re: '.*\\\\evil\\.(exe|dll)$'\n  condition: s",
        "  s:\n    Image|startswith: 'c:\\users'\n  condition: s",
        "  s:\n    DestinationPort|gte: 3000\n  condition: s",
        "  s:\n    User: null\n  condition: s",
        "  keywords:\n    - evil\n    - worse\n  condition: keywords",
        "  a1:\n    EventID: 3\n  a2:\n    Image|contains: kim\n  condition: all of a*",
    ];
    for detection in found {
        assert_eq!(user_rule(detection).matches(&record()), [0], "{detection}");
    }
    let passed = [
        "  s:\n    Image|endswith|cased: '\\EVIL.exe'\n  condition: s",
        "  s:\n    Image|contains|all:\n      - 'kim'\n      - 'system32'\n  condition: s",
        "  s:\n    SourceIp|cidr: 10.2.0.0/16\n  condition: s",
        "  s:\n    Image|re: '^evil$'\n  condition: s",
        "  keywords:\n    - worse\n  condition: keywords",
        "  a1:\n    EventID: 3\n  a2:\n    Image|contains: kim\n  condition: a1 and not a2",
    ];
    for detection in passed {
        assert!(user_rule(detection).matches(&record()).is_empty(), "{detection}");
    }
}

#[test]
fn event_codes_are_told_only_where_every_branch_pins_them() {
    let table = [
        ("  a:\n    EventID: [4624, '4625']\n  condition: a", Some(vec![4624, 4625])),
        ("  a:\n    EventID: 1\n  b:\n    EventID: 3\n  condition: a or b", Some(vec![1, 3])),
        ("  a:\n    EventID: 1\n  b:\n    Image: x\n  condition: a or b", None),
        ("  a:\n    EventID: 1\n  b:\n    Image: x\n  condition: a and b", Some(vec![1])),
        ("  a:\n    EventID: 1\n  condition: not a", None),
        ("  a:\n    EventID|gte: 1\n  condition: a", None),
        ("  a:\n    - EventID: 1\n    - EventID: 3\n  condition: 1 of them", Some(vec![1, 3])),
        ("  keywords:\n    - x\n  condition: keywords", None),
    ];
    for (detection, codes) in table {
        assert_eq!(user_rule(detection).event_codes(), codes, "{detection}");
    }
}

#[test]
fn a_file_may_hold_several_rules_or_a_list() {
    let one = |id: &str| format!("title: t{id}\nid: {id}\nlogsource:\n  product: windows\ndetection:\n  s:\n    EventID: 3\n  condition: s\n");
    let several = user_rules(&format!("{}---\n{}", one("a"), one("b"))).unwrap();
    assert_eq!((several.id(0), several.id(1), several.rules().len()), ("a", "b", 2));
    let list = user_rules("- title: ta\n  id: a\n  tags:\n  - x\n  detection:\n    s:\n      EventID: 3\n    condition: s\n\n- title: tb\n  id: b\n  detection:\n    s:\n      EventID: 4\n    condition: s\n").unwrap();
    assert_eq!((list.id(0), list.id(1), list.event_codes()), ("a", "b", Some(vec![3, 4])));
}

#[test]
fn the_users_version_of_a_rule_takes_the_place_of_ours() {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    write!(file, "title: narrower\nid: {SUSPICIOUS_OUTBOUND_RDP}\nlogsource:\n  product: windows\ndetection:\n  s:\n    EventID: 99\n  condition: s\n")
        .unwrap();
    let rules = RuleSet::built_in().with_files(&[file.path().to_owned()]).unwrap();
    assert_eq!((rules.rules().len(), rules.title(0)), (1, "narrower"));
    assert_eq!(RuleSet::ids_in(file.path()).unwrap(), [SUSPICIOUS_OUTBOUND_RDP]);
}

#[test]
fn broken_files_are_refused_with_their_name_and_the_reason() {
    let bomb = {
        let mut text = String::from("a0: &a0 [x,x,x,x,x,x,x,x,x]\n");
        for level in 1..9 {
            let below = format!("*a{},", level - 1).repeat(9);
            text.push_str(&format!("a{level}: &a{level} [{}]\n", below.trim_end_matches(',')));
        }
        format!("title: t\ndetection:\n  s:\n    EventID: 3\n  condition: s\n{text}")
    };
    let table = [
        ("", "it holds no rule"),
        ("just text", "Document is not a YAML mapping"),
        ("title: [", "YAML parse error"),
        ("title: t\ndetection:\n  s:\n    EventID: 3\n", "Missing required field 'condition'"),
        ("title: t\ndetection:\n  s:\n    EventID: 3\n  condition: s and\n", "Condition parse error"),
        ("title: t\ndetection:\n  s:\n    EventID: 3\n  condition: other\n", "unknown detection identifier: other"),
        ("title: t\ndetection:\n  s:\n    Image|re: '('\n  condition: s\n", "rule 't'"),
        ("title: t\ndetection:\n  s:\n    Image|sounds_like: x\n  condition: s\n", "sounds_like"),
        ("title: t\ncorrelation:\n  type: event_count\n  rules: [x]\n  group-by: [User]\n  timespan: 5m\n  condition:\n    gte: 5\n", "correlation"),
        (bomb.as_str(), "repetition limit exceeded"),
    ];
    for (text, reason) in table {
        let what = user_rules(text).expect_err(text).what;
        assert!(what.starts_with("Sigma rule file ") && what.contains(reason), "{text:?}: {what}");
    }
    let large = user_rules(&"# x\n".repeat(300_000)).expect_err("large").what;
    assert!(large.ends_with("it is larger than 1 MiB"), "{large}");
    let missing = RuleSet::default().with_files(&["/nowhere/at/all.yml".into()]).expect_err("missing");
    assert!(missing.what.contains("/nowhere/at/all.yml") && missing.advice.is_some(), "{missing:?}");
}

#[test]
fn reasons_out_of_files_are_inert() {
    let what = user_rules("title: \"a\\e[31mb\"\ndetection:\n  s:\n    Image|re: '('\n  condition: s\n").expect_err("broken").what;
    assert!(!what.contains('\u{1b}') && what.contains("\\u{1b}[31m"), "{what}");
}
