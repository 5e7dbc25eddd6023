//! The details of events, as columns: most files have few of them, and a column without values takes no room.

use super::Table;
use super::columns::{Row, View};
use super::dictionary::NONE;
use super::portion::Waiting;
use crate::domain::{Details, Foreign};

/// What makes every time zone a positive number of minutes.
pub(super) const ZONE: i16 = 0x4000;

impl Row {
    /// Sets the details that are numbers and truths.
    pub(super) fn set_numbers(&mut self, details: &Details) {
        let truths = [details.is_trusted, details.is_elevated, details.is_restricted_admin];
        self.logon_id = details.logon_id.unwrap_or(0).cast_signed();
        self.linked_logon_id = details.linked_logon_id.unwrap_or(0).cast_signed();
        self.session_id = details.session_id.unwrap_or(NONE);
        self.process_id = details.process_id.unwrap_or(0);
        self.parent_process_id = details.parent_process_id.unwrap_or(0);
        self.client_zone = details.client_zone.map_or(0, |zone| zone.wrapping_add(ZONE).cast_unsigned());
        self.logon_type = details.logon_type.unwrap_or(u8::MAX);
        self.truths = truths.iter().rev().fold(0, |bits, truth| bits << 2 | truth.map_or(0, |truth| 2 | u8::from(truth)));
    }

    /// Sets the details that are texts, but for what stands in place of an address.
    pub(super) fn set_texts(&mut self, details: &Details, waiting: &mut Waiting) {
        let mut text = |text: &Option<Foreign>| waiting.text(text.as_ref());
        self.authentication = text(&details.authentication);
        self.connection = text(&details.connection);
        self.activity = text(&details.activity);
        self.client = text(&details.client);
        self.transport = text(&details.transport);
        self.community = text(&details.community);
        self.entity = text(&details.entity);
        self.parent_entity = text(&details.parent_entity);
        self.parent = text(&details.parent);
        self.command_line = text(&details.command_line);
        self.signer = text(&details.signer);
        self.target = text(&details.target);
        self.service = text(&details.service);
        self.target_user = text(&details.target_user);
    }
}

impl Table {
    /// The details of a row; `None` where it has none.
    pub(super) fn details(&self, view: &View<'_>, row: usize) -> Option<Box<Details>> {
        let some = |number: u32| (number != 0).then_some(number);
        let id = |number: i64| (number != 0).then_some(number.cast_unsigned());
        let truths = view.truths.at(row);
        let truth = |place: u8| {
            let bits = truths >> (2 * place) & 3;
            (bits & 2 != 0).then_some(bits & 1 != 0)
        };
        let (zone, session, logon) = (view.client_zone.at(row), view.session_id.at(row), view.logon_type.at(row));
        let details = Details {
            logon_id: id(view.logon_id.at(row)),
            linked_logon_id: id(view.linked_logon_id.at(row)),
            logon_type: (logon != u8::MAX).then_some(logon),
            session_id: (session != NONE).then_some(session),
            process_id: some(view.process_id.at(row)),
            parent_process_id: some(view.parent_process_id.at(row)),
            client_zone: (zone != 0).then(|| zone.cast_signed().wrapping_sub(ZONE)),
            is_trusted: truth(0),
            is_elevated: truth(1),
            is_restricted_admin: truth(2),
            authentication: self.text(view.authentication.at(row)),
            connection: self.text(view.connection.at(row)),
            activity: self.text(view.activity.at(row)),
            client: self.text(view.client.at(row)),
            transport: self.text(view.transport.at(row)),
            community: self.text(view.community.at(row)),
            entity: self.text(view.entity.at(row)),
            parent_entity: self.text(view.parent_entity.at(row)),
            parent: self.text(view.parent.at(row)),
            command_line: self.text(view.command_line.at(row)),
            signer: self.text(view.signer.at(row)),
            target: self.text(view.target.at(row)),
            service: self.text(view.service.at(row)),
            target_user: self.text(view.target_user.at(row)),
            tunnel_address: self.text(view.tunnel_address.at(row)),
        };
        (!details.is_empty()).then(|| Box::new(details))
    }
}
