//! What an event tells beyond who reached what: read only where its kind can have it.

use std::cell::Cell;

use super::Field;
use super::message;
use super::reader::{Output, Record};
use super::scalar::Scalar;
use crate::domain::{Details, Family, Foreign, Kind};

/// The fields that events of a kind can have; looking for others in every record would cost without telling anything.
const fn wanted(kind: Kind) -> &'static [Field] {
    use Field as F;
    match kind {
        Kind::SysmonOut | Kind::SysmonIn | Kind::SysmonInReversed => &[F::ProcessId, F::Entity, F::Signer, F::Trusted, F::Community],
        Kind::DefendAccepted | Kind::DefendAttempted => &[F::ProcessId, F::Entity, F::Signer, F::Trusted, F::Community, F::LogonId, F::SessionId, F::Transport],
        Kind::FilterOut | Kind::FilterIn | Kind::FilterInReversed => &[F::ProcessId],
        Kind::ZeekRdp | Kind::ZeekConn | Kind::ZeekConnUdp | Kind::Flow => &[F::Community],
        Kind::CoreAccepted => &[F::Activity, F::Transport],
        Kind::CoreFailed | Kind::CoreEnded | Kind::CoreDisconnected => &[F::Activity],
        Kind::CoreNamed => &[F::Activity, F::Connection],
        Kind::CoreBound => &[F::Activity, F::Connection, F::SessionId],
        Kind::CoreZone => &[F::Activity, F::ClientZone],
        Kind::ManagerAuthenticated => &[F::Activity],
        Kind::SessionLogon
        | Kind::SessionShell
        | Kind::SessionLogoff
        | Kind::SessionDisconnected
        | Kind::SessionReconnected
        | Kind::SessionReplaced
        | Kind::SessionReason => &[F::Activity, F::SessionId],
        Kind::LogonRemote | Kind::LogonCached | Kind::LogonUnlock => {
            &[F::LogonId, F::LinkedLogonId, F::LogonType, F::Authentication, F::Elevated, F::RestrictedAdmin]
        }
        Kind::LogonFailed | Kind::LogonFailedNetwork => &[F::LogonType, F::Authentication],
        Kind::LogonEnded | Kind::LoggedOff => &[F::LogonId, F::LogonType],
        Kind::ExplicitCredentials => &[F::SubjectLogonId, F::TargetServer, F::TargetService, F::TargetUser, F::ProcessId],
        Kind::Privileges | Kind::AuditCleared => &[F::SubjectLogonId],
        Kind::LogCleared => &[F::ClearedLog],
        Kind::WindowReconnected | Kind::WindowDisconnected | Kind::Denied => &[F::LogonId, F::Connection, F::ClientName],
        Kind::Process | Kind::ProcessAudited => &[
            F::LogonId,
            F::SubjectLogonId,
            F::SessionId,
            F::ProcessId,
            F::ParentProcessId,
            F::Entity,
            F::ParentEntity,
            F::ParentProcess,
            F::CommandLine,
            F::Signer,
            F::Trusted,
            F::Elevated,
        ],
        Kind::DefendProcess | Kind::DefendLogon | Kind::DefendLogonFailed | Kind::DefendEnd => &[
            F::LogonId,
            F::SessionId,
            F::LogonType,
            F::Authentication,
            F::ProcessId,
            F::ParentProcessId,
            F::Entity,
            F::ParentEntity,
            F::ParentProcess,
            F::CommandLine,
            F::Signer,
            F::Trusted,
            F::Community,
        ],
        Kind::ClientNamed | Kind::ClientReached => &[F::TargetServer, F::Activity],
        Kind::ShadowViewed | Kind::ShadowViewEnded | Kind::ShadowControlled | Kind::ShadowControlEnded => &[F::SessionId, F::NlaDomain, F::ShadowedUser],
        Kind::LogonFailedExport | Kind::LogonExport | Kind::AzureFlow => &[],
    }
}

/// The words of the pipelines for logon types.
pub const LOGON_TYPES: &[(&str, u8)] = &[
    ("Interactive", 2),
    ("Network", 3),
    ("Batch", 4),
    ("Service", 5),
    ("Unlock", 7),
    ("NetworkCleartext", 8),
    ("NewCredentials", 9),
    ("RemoteInteractive", 10),
    ("CachedInteractive", 11),
    ("CachedRemoteInteractive", 12),
    ("CachedUnlock", 13),
];

/// Whether a detail is a text; the others are numbers and truths.
const fn is_text(field: Field) -> bool {
    use Field as F;
    !matches!(
        field,
        F::LogonId
            | F::SubjectLogonId
            | F::LinkedLogonId
            | F::LogonType
            | F::SessionId
            | F::ProcessId
            | F::ParentProcessId
            | F::ClientZone
            | F::Trusted
            | F::Elevated
            | F::RestrictedAdmin
    )
}

/// What a reverse tunnel leaves of an address.
const TUNNEL: &[u8; 8] = b"16777216";

/// Most fields that any kind can have.
pub const MOST: usize = 16;

impl<'r> Record<'r, '_> {
    /// The details of an event of this kind; `None` where the record has none.
    pub fn details(&self, kind: Kind) -> Option<Box<Details>> {
        let mut details = Details::default();
        for field in wanted(kind) {
            self.fill(&mut details, *field);
        }
        if matches!(kind, Kind::SessionReplaced | Kind::SessionReason) && details.session_id.is_none() {
            details.session_id = self.text(Field::Message).and_then(|text| message::session(&text));
        }
        details.tunnel_address = self.tunnel(kind, self.message_tells_of_tunnel());
        (!details.is_empty()).then(|| Box::new(details))
    }

    /// Works out again the details for which any of the `changed` values were asked, and notes what is asked for them now.
    /// The outputs that may have changed come back.
    pub fn refresh_details(&self, kind: Kind, details: &mut Details, changed: u64, asked: &mut [u64; MOST]) -> u32 {
        let mut fresh = 0;
        // Two fields name the logon, and the second counts only where the first says nothing.
        let is_logon = |field: Field| matches!(field, Field::LogonId | Field::SubjectLogonId);
        let is_logon_stale = wanted(kind).iter().zip(&*asked).any(|(field, asked)| is_logon(*field) && asked & changed != 0);
        if is_logon_stale {
            details.logon_id = None;
        }
        for (field, asked) in wanted(kind).iter().zip(asked) {
            if *asked & changed != 0 || (is_logon_stale && is_logon(*field)) {
                let note = Cell::new(0);
                let record: Record<'_, '_> = self.noting(&note);
                record.fill(details, *field);
                *asked = note.get();
                fresh |= if is_text(*field) { Output::Texts } else { Output::Numbers }.bit();
            }
        }
        fresh
    }

    /// Whether the rendered message may tell of a reverse tunnel.
    pub fn message_tells_of_tunnel(&self) -> bool {
        self.message_may_hold(Field::Source, TUNNEL)
    }

    /// Sessions name the client by its address; a reverse tunnel leaves a scope without one.
    /// `message_tells` is [`Record::message_tells_of_tunnel`].
    pub fn tunnel(&self, kind: Kind, message_tells: bool) -> Option<Foreign> {
        // In nearly every record there is none, and the message need not be taken apart for it.
        if kind.family() == Family::Context || !(self.may_hold(Field::Source, TUNNEL) || message_tells) {
            return None;
        }
        self.find(Field::Source, |value| match value {
            Scalar::Text(text) => memchr::memmem::find(text.as_bytes(), TUNNEL).is_some().then(|| Foreign::from(text.as_ref())),
            _ => None,
        })
    }

    fn fill(&self, details: &mut Details, field: Field) {
        match field {
            Field::LogonId => details.logon_id = self.whole(field).filter(|id| *id != 0),
            Field::SubjectLogonId => details.logon_id = details.logon_id.or_else(|| self.whole(field)).filter(|id| *id != 0),
            Field::LinkedLogonId => details.linked_logon_id = self.whole(field).filter(|id| *id != 0),
            Field::LogonType => details.logon_type = self.find(field, logon_type),
            Field::SessionId => details.session_id = self.whole(field),
            Field::ProcessId => details.process_id = self.whole(field).filter(|id| *id != 0),
            Field::ParentProcessId => details.parent_process_id = self.whole(field).filter(|id| *id != 0),
            Field::ClientZone => details.client_zone = self.find(field, zone),
            Field::Trusted => details.is_trusted = self.yes(field),
            Field::Elevated => details.is_elevated = self.yes(field),
            Field::RestrictedAdmin => details.is_restricted_admin = self.yes(field),
            Field::Authentication => details.authentication = self.foreign(field),
            Field::Connection => details.connection = self.foreign(field),
            Field::Activity => details.activity = self.foreign(field),
            // Shadowing names the other computer where a 1149 has the domain.
            Field::ClientName | Field::NlaDomain => details.client = self.foreign(field),
            Field::Transport => details.transport = self.foreign(field),
            Field::Community => details.community = self.foreign(field),
            Field::Entity => details.entity = self.foreign(field),
            Field::ParentEntity => details.parent_entity = self.foreign(field),
            Field::ParentProcess => details.parent = self.foreign(field),
            Field::CommandLine => details.command_line = self.foreign(field),
            Field::Signer => details.signer = self.foreign(field),
            Field::TargetServer | Field::ClearedLog => details.target = self.foreign(field),
            Field::TargetService => details.service = self.foreign(field),
            Field::TargetUser => details.target_user = self.user(&[(Field::TargetUser, Field::TargetDomain)]),
            Field::ShadowedUser => details.target_user = self.foreign(field),
            _ => {}
        }
    }

    fn whole<T: TryFrom<i64>>(&self, field: Field) -> Option<T> {
        // A target logon of 0x0 says that there is none; the next spelling may have one.
        self.find(field, |value| T::try_from(value.int()?).ok())
    }

    fn yes(&self, field: Field) -> Option<bool> {
        self.find(field, |value| match value {
            Scalar::Bool(value) => Some(*value),
            value => match value.text()?.trim().to_ascii_lowercase().as_str() {
                // Of the audit messages: %%1842 yes, %%1843 no; %%1936 a full token, %%1937 an elevated one, %%1938 a limited one.
                "true" | "yes" | "valid" | "1" | "%%1842" | "%%1937" | "high" | "system" => Some(true),
                "false" | "no" | "0" | "%%1843" | "%%1938" | "medium" | "low" | "appcontainer" => Some(false),
                _ => None,
            },
        })
    }
}

fn logon_type(value: &Scalar<'_>) -> Option<u8> {
    if let Some(number) = value.int() {
        return u8::try_from(number).ok();
    }
    let text = value.text()?;
    LOGON_TYPES.iter().find(|(word, _)| word.eq_ignore_ascii_case(text.trim())).map(|(_, number)| *number)
}

/// `[2]` hours from UTC, as minutes.
fn zone(value: &Scalar<'_>) -> Option<i16> {
    let text = value.text()?;
    let hours: f32 = text.trim().trim_start_matches('[').trim_end_matches(']').trim().parse().ok()?;
    // No clock of the world is further from UTC than 14 hours.
    #[expect(clippy::cast_possible_truncation, reason = "within 15 hours of minutes")]
    (hours.abs() <= 15.0).then_some((hours * 60.0) as i16)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn zones_and_logon_types_are_numbers_however_they_are_written() {
        for (text, minutes) in [("[1]", Some(60)), ("-5", Some(-300)), ("[5.5]", Some(330)), ("[99]", None), ("x", None)] {
            assert_eq!(zone(&Scalar::Text(text.into())), minutes, "{text}");
        }
        for value in [Scalar::Text("10".into()), Scalar::Int(10), Scalar::Text("remoteinteractive".into())] {
            assert_eq!(logon_type(&value), Some(10));
        }
    }
}
