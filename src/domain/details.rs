//! What some events tell beyond who reached what: the ids that join them, the client, the process. Most events have none of
//! it, so it lies beside the event.

use super::Foreign;

/// What an event tells besides. Every field may be missing; text is as written.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Details {
    /// The logon the event belongs to (LUID); unique on one host until its next start.
    pub logon_id: Option<u64>,
    /// The other half of a split token.
    pub linked_logon_id: Option<u64>,
    /// Logon type by its number: 10 remote interactive, 7 unlock, 3 network.
    pub logon_type: Option<u8>,
    /// The Windows session; Windows gives the numbers out again.
    pub session_id: Option<u32>,
    /// Process id.
    pub process_id: Option<u32>,
    /// Process id of the parent.
    pub parent_process_id: Option<u32>,
    /// Minutes that the client's clock is ahead of UTC.
    pub client_zone: Option<i16>,
    /// Whether the code signature is valid and trusted.
    pub is_trusted: Option<bool>,
    /// Whether the logon has administrator rights, or a process runs with them.
    pub is_elevated: Option<bool>,
    /// Whether the logon used restricted admin mode.
    pub is_restricted_admin: Option<bool>,
    /// Authentication package: NTLM, Kerberos, Negotiate.
    pub authentication: Option<Foreign>,
    /// Name of the connection: `RDP-Tcp#7`.
    pub connection: Option<Foreign>,
    /// Correlation id that the events of one connection share.
    pub activity: Option<Foreign>,
    /// Name of the client computer, as the client says it.
    pub client: Option<Foreign>,
    /// TCP or UDP, as written.
    pub transport: Option<Foreign>,
    /// Hash of the connection's ends that any sensor computes alike (`network.community_id`).
    pub community: Option<Foreign>,
    /// Id of the process that is not given out again (Sysmon's GUID, Defend's entity id).
    pub entity: Option<Foreign>,
    /// The same of its parent.
    pub parent_entity: Option<Foreign>,
    /// Program of the parent.
    pub parent: Option<Foreign>,
    /// Command line.
    pub command_line: Option<Foreign>,
    /// Who signed the program.
    pub signer: Option<Foreign>,
    /// The server that was named: by a client that connects, by explicit credentials; the log that was cleared.
    pub target: Option<Foreign>,
    /// The service the credentials were for: `TERMSRV/host`.
    pub service: Option<Foreign>,
    /// Whose credentials were used, where the event's user is who used them; whose session was shadowed.
    pub target_user: Option<Foreign>,
    /// What stands in place of the client's address where a reverse tunnel left it: `::%16777216`.
    pub tunnel_address: Option<Foreign>,
}

impl Details {
    /// Whether there is nothing in it.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
