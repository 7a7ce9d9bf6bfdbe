//! Our ids and serenity's.

use std::num::NonZeroU64;

use serenity::all as sn;

use crate::words::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// Serenity cannot hold a zero id and panics on one. Nothing has the id 1 either, so Discord answers
/// "unknown", which is what a zero deserves.
fn non_zero(raw: u64) -> NonZeroU64 {
    NonZeroU64::new(raw).unwrap_or(NonZeroU64::MIN)
}

macro_rules! to_serenity {
    ($($to:ident, $id:ident;)*) => {$(
        pub(super) fn $to(id: $id) -> sn::$id {
            non_zero(id.get()).into()
        }
    )*};
}

macro_rules! from_serenity {
    ($($from:ident, $id:ident;)*) => {$(
        pub(super) const fn $from(id: sn::$id) -> $id {
            $id::new(id.get())
        }
    )*};
}

to_serenity! {
    to_guild, GuildId;
    to_channel, ChannelId;
    to_message, MessageId;
    to_role, RoleId;
    to_user, UserId;
}

from_serenity! {
    guild, GuildId;
    channel, ChannelId;
    message, MessageId;
    user, UserId;
    role, RoleId;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zero_id_does_not_panic() {
        assert_eq!(to_channel(ChannelId::new(0)).get(), 1);
        assert_eq!(channel(to_channel(ChannelId::new(7))), ChannelId::new(7));
    }
}
