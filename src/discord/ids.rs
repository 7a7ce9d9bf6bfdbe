//! Our ids and serenity's.

use std::num::NonZeroU64;

use serenity::all as sn;

use crate::words::{ChannelId, GuildId, MessageId, RoleId, UserId};

/// Serenity cannot hold a zero id and panics on one. Nothing has the id 1 either, so Discord answers
/// "unknown", which is what a zero deserves.
fn non_zero(raw: u64) -> NonZeroU64 {
    NonZeroU64::new(raw).unwrap_or(NonZeroU64::MIN)
}

macro_rules! translations {
    ($($to:ident, $from:ident, $id:ident;)*) => {$(
        pub(super) fn $to(id: $id) -> sn::$id {
            non_zero(id.get()).into()
        }

        pub(super) const fn $from(id: sn::$id) -> $id {
            $id::new(id.get())
        }
    )*};
}

translations! {
    to_guild, guild, GuildId;
    to_channel, channel, ChannelId;
    to_message, message, MessageId;
    to_user, user, UserId;
    to_role, role, RoleId;
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
