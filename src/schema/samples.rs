//! Every schema reads its own samples as they say.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use super::{BUILT_IN, Interpreter, Options, Reading, Schemas};
use crate::domain::{Event, Foreign, time::rfc3339_micros};
use crate::sigma::RuleSet;

fn said(event: &Event) -> BTreeMap<&'static str, String> {
    let mut said = BTreeMap::from([("kind", event.kind.name().to_owned()), ("time", rfc3339_micros(event.time))]);
    let texts: [(&str, Option<&Foreign>); 8] = [
        ("host", event.host.as_ref()),
        ("user", event.user.as_ref()),
        ("process", event.process.as_ref()),
        ("reason", event.reason.as_ref()),
        ("channel", event.channel.as_ref()),
        ("record", event.record.as_ref()),
        ("index", event.origin.index.as_ref()),
        ("id", event.origin.id.as_ref()),
    ];
    said.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text?.raw().to_owned()))));
    let numbers = [("source_port", event.source_port.map(u32::from)), ("destination_port", event.destination_port.map(u32::from)), ("code", event.code)];
    said.extend(numbers.into_iter().filter_map(|(name, number)| Some((name, number?.to_string()))));
    let addresses = [("source", event.source), ("destination", event.destination)];
    said.extend(addresses.into_iter().filter_map(|(name, address)| Some((name, address?.to_string()))));
    if let Some(details) = event.details.as_deref() {
        let texts: [(&str, Option<&Foreign>); 15] = [
            ("authentication", details.authentication.as_ref()),
            ("connection", details.connection.as_ref()),
            ("activity", details.activity.as_ref()),
            ("client", details.client.as_ref()),
            ("transport", details.transport.as_ref()),
            ("community", details.community.as_ref()),
            ("entity", details.entity.as_ref()),
            ("parent_entity", details.parent_entity.as_ref()),
            ("parent", details.parent.as_ref()),
            ("command_line", details.command_line.as_ref()),
            ("signer", details.signer.as_ref()),
            ("target", details.target.as_ref()),
            ("service", details.service.as_ref()),
            ("target_user", details.target_user.as_ref()),
            ("tunnel_address", details.tunnel_address.as_ref()),
        ];
        said.extend(texts.into_iter().filter_map(|(name, text)| Some((name, text?.raw().to_owned()))));
        let numbers = [
            ("logon_id", details.logon_id.map(|id| format!("{id:#x}"))),
            ("linked_logon_id", details.linked_logon_id.map(|id| format!("{id:#x}"))),
            ("logon_type", details.logon_type.map(|number| number.to_string())),
            ("session_id", details.session_id.map(|number| number.to_string())),
            ("process_id", details.process_id.map(|number| number.to_string())),
            ("parent_process_id", details.parent_process_id.map(|number| number.to_string())),
            ("client_zone", details.client_zone.map(|minutes| minutes.to_string())),
            ("trusted", details.is_trusted.map(|yes| yes.to_string())),
            ("elevated", details.is_elevated.map(|yes| yes.to_string())),
            ("restricted_admin", details.is_restricted_admin.map(|yes| yes.to_string())),
        ];
        said.extend(numbers.into_iter().filter_map(|(name, text)| Some((name, text?))));
    }
    said
}

#[test]
fn samples_read_back() {
    let schemas = Schemas::built_in();
    let interpreter = Interpreter::new(schemas.clone(), Arc::new(RuleSet::default()), Options::default()).expect("ours");
    let mut wrong = Vec::new();
    for (_, file) in schemas.iter() {
        assert!(!file.sample.is_empty(), "{} has no sample", file.name);
        for (number, sample) in file.sample.iter().enumerate() {
            let reading = match (&sample.document, &sample.header, &sample.row) {
                (Some(document), None, None) => interpreter.json(document.as_bytes()),
                (None, Some(header), Some(row)) => {
                    let names: Vec<_> = header.split(',').collect();
                    let values: Vec<_> = row.split(',').collect();
                    let columns = interpreter.header(&names).unwrap_or_else(|error| panic!("{} sample {number}: {error}", file.name));
                    interpreter.row(&columns, &|place| values.get(place).map(|text| Cow::Borrowed(*text)))
                }
                _ => panic!("{} sample {number} is neither a document nor a row", file.name),
            };
            let (read, schema) = match reading {
                Ok(Reading::Event { event, schema, .. }) => (said(&event), schema),
                Ok(Reading::Other { schema, .. } | Reading::Detected { schema, .. }) => (BTreeMap::from([("kind", "none".to_owned())]), schema),
                other => {
                    wrong.push(format!("{} sample {number}: {other:?}", file.name));
                    continue;
                }
            };
            if *schema != *file.name && file.name != "ecs" {
                wrong.push(format!("{} sample {number}: read by {schema}", file.name));
            }
            for (name, expected) in &sample.reads {
                let found = read.get(name.as_str()).map_or("none", String::as_str);
                if found != expected {
                    wrong.push(format!("{} sample {number}: {name} is {found:?} and not {expected:?}", file.name));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_data_file_is_listed_under_its_own_name() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/schema");
    let mut files: Vec<String> =
        std::fs::read_dir(folder).expect("our folder").filter_map(|entry| entry.ok()?.file_name().to_str()?.strip_suffix(".toml").map(str::to_owned)).collect();
    files.sort();
    let mut listed: Vec<_> = BUILT_IN.iter().map(|(name, _)| (*name).to_owned()).collect();
    listed.sort();
    assert_eq!(files, listed);
    for ((name, _), (_, file)) in BUILT_IN.iter().zip(Schemas::built_in().iter()) {
        assert_eq!(*name, file.name);
    }
}
