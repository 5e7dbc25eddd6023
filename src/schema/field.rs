//! The logical fields: what a schema file gives spellings for and what rules ask about.

use serde::Deserialize;

macro_rules! fields {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// A logical field. Its name in schema files is the snake-case one.
        #[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, PartialOrd, Ord, Deserialize)]
        #[repr(u8)]
        pub enum Field { $($(#[$doc])* #[serde(rename = $text)] $name,)* }

        impl Field {
            /// Every field, in order of declaration: `Field::ALL[field as usize] == field`.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The name in schema files.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }
        }
    };
}

fields! {
    /// Event id of a Windows log (`event.code`).
    Code = "code";
    /// Kind of event, in our own exports.
    Kind = "kind";
    /// Windows log channel.
    Channel = "channel";
    /// Windows log provider.
    Provider = "provider";
    /// Which data set or log the record says it belongs to.
    Dataset = "dataset";
    /// What happened, in the reporter's word.
    Action = "action";
    /// Success or failure.
    Outcome = "outcome";
    /// Address that connected.
    Source = "source";
    /// Port it came from.
    SourcePort = "source_port";
    /// Address that was reached.
    Destination = "destination";
    /// Port that was reached.
    DestinationPort = "destination_port";
    /// Whether the reporter opened the connection: `Initiated`, `Direction`, `network.direction`.
    Initiated = "initiated";
    /// TCP or UDP, by name or number.
    Transport = "transport";
    /// The host that reported.
    Host = "host";
    /// The ordinary user of the record.
    User = "user";
    /// Domain of [`Field::User`].
    UserDomain = "user_domain";
    /// Whom a logon was for.
    TargetUser = "target_user";
    /// Domain of [`Field::TargetUser`].
    TargetDomain = "target_domain";
    /// Whose session was reconnected, disconnected or denied.
    Account = "account";
    /// Domain of [`Field::Account`].
    AccountDomain = "account_domain";
    /// Who asked for something (`Subject...`).
    SubjectUser = "subject_user";
    /// Domain of [`Field::SubjectUser`].
    SubjectDomain = "subject_domain";
    /// User of a 1149.
    NlaUser = "nla_user";
    /// Domain of [`Field::NlaUser`].
    NlaDomain = "nla_domain";
    /// `mstshash` cookie: the user name a client offers before encryption.
    Cookie = "cookie";
    /// The program.
    Process = "process";
    /// Its command line.
    CommandLine = "command_line";
    /// The program that started it.
    ParentProcess = "parent_process";
    /// Logon type, by number or by name.
    LogonType = "logon_type";
    /// Status of a refused logon.
    Status = "status";
    /// Sub-status of a refused logon.
    SubStatus = "sub_status";
    /// Reason in words or as a code.
    Reason = "reason";
    /// Record number, or the id by which repeated records of one flow are known.
    Record = "record";
    /// The rendered message of a Windows event.
    Message = "message";
    /// The logon an event belongs to (LUID).
    LogonId = "logon_id";
    /// The logon of who asked (`Subject...`).
    SubjectLogonId = "subject_logon_id";
    /// The other half of a split token.
    LinkedLogonId = "linked_logon_id";
    /// Windows session.
    SessionId = "session_id";
    /// Name of the connection, `RDP-Tcp#7`.
    Connection = "connection";
    /// Correlation id.
    Activity = "activity";
    /// Name of the client computer.
    ClientName = "client_name";
    /// Hours the client's clock is ahead of UTC, as RdpCoreTS writes them.
    ClientZone = "client_zone";
    /// Authentication package.
    Authentication = "authentication";
    /// Community id.
    Community = "community";
    /// Process id.
    ProcessId = "process_id";
    /// Process id of the parent.
    ParentProcessId = "parent_process_id";
    /// Id of the process that is not given out again.
    Entity = "entity";
    /// The same of its parent.
    ParentEntity = "parent_entity";
    /// Who signed the program.
    Signer = "signer";
    /// Whether the signature is trusted.
    Trusted = "trusted";
    /// Whether the logon or the process has administrator rights.
    Elevated = "elevated";
    /// Restricted admin mode.
    RestrictedAdmin = "restricted_admin";
    /// The server named: by a client, by explicit credentials.
    TargetServer = "target_server";
    /// The service the credentials were for.
    TargetService = "target_service";
    /// The log that was cleared.
    ClearedLog = "cleared_log";
    /// Whose session was shadowed.
    ShadowedUser = "shadowed_user";
    /// Geography that an export added to a refused logon.
    Place = "place";
}

impl Field {
    /// The field of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_listed_in_order_and_named_once() {
        for (place, field) in Field::ALL.iter().enumerate() {
            assert_eq!(*field as usize, place);
            assert_eq!(Field::named(field.name()), Some(*field));
        }
    }
}
