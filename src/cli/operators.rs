//! The channels in which operators are told of what is stored for them.

use crate::{config::Settings, discord::OperatorChannel, store::Operators};

/// Where the store has to tell them.
pub(super) const fn told(settings: &Settings) -> Operators {
    Operators {
        alerts: settings.discord.alerts_channel,
        audit: settings.discord.audit_channel,
        owner: settings.discord.owner_user,
    }
}

/// The same channels, with the settings that name them.
pub(super) fn channels(settings: &Settings) -> Vec<OperatorChannel> {
    let Operators { alerts, audit, .. } = told(settings);
    [
        (alerts, "discord.alerts_channel"),
        (audit, "discord.audit_channel"),
        // Baton only tells and asks there too.
        (settings.approvals.channel, "approvals.channel"),
    ]
    .into_iter()
    .filter_map(|(channel, setting)| {
        let channel = channel?;
        Some(OperatorChannel { channel, setting })
    })
    .collect()
}
