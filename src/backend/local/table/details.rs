//! The details of events, packed: few events have any, so they lie apart and a row only says where.

use super::Table;
use super::dictionary::{Dictionary, NONE};
use crate::domain::{Details, Foreign};

/// Details with texts as codes.
#[derive(Clone, Debug)]
pub(super) struct Packed {
    logon_id: u64,
    linked_logon_id: u64,
    session_id: u32,
    process_id: u32,
    parent_process_id: u32,
    client_zone: i16,
    logon_type: u8,
    /// Two bits for each truth: known, and true.
    truths: u8,
    texts: [u32; 15],
}

/// The texts of details, in the order of their codes.
fn texts(details: &Details) -> [&Option<Foreign>; 15] {
    [
        &details.authentication,
        &details.connection,
        &details.activity,
        &details.client,
        &details.transport,
        &details.community,
        &details.entity,
        &details.parent_entity,
        &details.parent,
        &details.command_line,
        &details.signer,
        &details.target,
        &details.service,
        &details.target_user,
        &details.tunnel_address,
    ]
}

const NO_ZONE: i16 = i16::MIN;

impl Packed {
    /// Packs details; their texts go into the dictionary.
    pub(super) fn new(details: &Details, dictionary: &mut Dictionary<Foreign>) -> Self {
        let truths = [details.is_trusted, details.is_elevated, details.is_restricted_admin];
        let truths = truths.iter().rev().fold(0, |bits, truth| bits << 2 | truth.map_or(0, |truth| 2 | u8::from(truth)));
        Self {
            logon_id: details.logon_id.unwrap_or(0),
            linked_logon_id: details.linked_logon_id.unwrap_or(0),
            session_id: details.session_id.unwrap_or(NONE),
            process_id: details.process_id.unwrap_or(0),
            parent_process_id: details.parent_process_id.unwrap_or(0),
            client_zone: details.client_zone.unwrap_or(NO_ZONE),
            logon_type: details.logon_type.unwrap_or(u8::MAX),
            truths,
            texts: texts(details).map(|text| dictionary.code_of(text.as_ref().map(Foreign::raw))),
        }
    }

    fn unpack(&self, table: &Table) -> Details {
        let some = |number: u32| (number != 0).then_some(number);
        let truth = |place: u8| {
            let bits = self.truths >> (2 * place) & 3;
            (bits & 2 != 0).then_some(bits & 1 != 0)
        };
        let [
            authentication,
            connection,
            activity,
            client,
            transport,
            community,
            entity,
            parent_entity,
            parent,
            command_line,
            signer,
            target,
            service,
            target_user,
            tunnel_address,
        ] = self.texts.map(|code| table.text(code));
        Details {
            logon_id: (self.logon_id != 0).then_some(self.logon_id),
            linked_logon_id: (self.linked_logon_id != 0).then_some(self.linked_logon_id),
            logon_type: (self.logon_type != u8::MAX).then_some(self.logon_type),
            session_id: (self.session_id != NONE).then_some(self.session_id),
            process_id: some(self.process_id),
            parent_process_id: some(self.parent_process_id),
            client_zone: (self.client_zone != NO_ZONE).then_some(self.client_zone),
            is_trusted: truth(0),
            is_elevated: truth(1),
            is_restricted_admin: truth(2),
            authentication,
            connection,
            activity,
            client,
            transport,
            community,
            entity,
            parent_entity,
            parent,
            command_line,
            signer,
            target,
            service,
            target_user,
            tunnel_address,
        }
    }
}

impl Table {
    /// The details at a place; `None` where the row has none.
    pub(super) fn details(&self, place: u32) -> Option<Box<Details>> {
        self.details.get(place as usize).map(|packed| Box::new(packed.unpack(self)))
    }
}
