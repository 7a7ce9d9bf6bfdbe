//! To whom a message speaks.

/// Whether a message speaks to Baton.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Addressed {
    /// It mentions Baton: by name, by role, or by a reply that pings.
    ToBaton,
    /// It is a reply to something that Baton said, without a ping.
    InReply,
    /// Neither.
    ToNobody,
}
