//! What is looked at before the bot goes online.

use std::collections::BTreeSet;

use discord_sim::{ChannelKind, Permission, PortalIntent, Sim, SimConfig};

use crate::{
    discord::{
        BoundChannel, DiscordError, DiscordSettings, Lack, OperatorChannel, Purpose, connect,
        testing::{CleanSim, settings},
    },
    words::{ChannelId, GuildId},
};

fn bound(sim: &Sim, channels: &[ChannelId]) -> DiscordSettings {
    let channels = channels.iter().map(|channel| BoundChannel {
        channel: *channel,
        project: "play".to_owned(),
    });
    DiscordSettings {
        channels: channels.collect(),
        ..settings(sim)
    }
}

fn general(sim: &Sim) -> ChannelId {
    ChannelId::new(sim.channel("general").get())
}

async fn lacks(settings: DiscordSettings) -> Vec<Lack> {
    match connect(settings).await {
        Ok(_) => Vec::new(),
        Err(DiscordError::Lacking(lacks)) => lacks,
        Err(other) => panic!("{other:?}"),
    }
}

fn permissions(channel: ChannelId, name: Option<&str>, missing: &[&'static str]) -> Lack {
    Lack::Permissions {
        channel,
        name: name.map(str::to_owned),
        purpose: Purpose::Project("play".to_owned()),
        missing: missing.to_vec(),
    }
}

#[tokio::test]
async fn a_bot_that_has_all_it_needs_lacks_nothing() {
    let sim = CleanSim::start(SimConfig::default()).await;
    assert_eq!(lacks(bound(&sim, &[general(&sim)])).await, []);
}

#[tokio::test]
async fn a_missing_intent_is_named_before_the_gateway_is_asked() {
    let sim = CleanSim::start(SimConfig {
        portal_intents: BTreeSet::from([PortalIntent::GuildMembers]),
        ..SimConfig::default()
    })
    .await;
    let found = lacks(bound(&sim, &[])).await;
    assert_eq!(found, [Lack::MessageContent]);
    let said = found[0].to_string();
    assert!(said.contains("\"Message Content Intent\""), "{said}");
    assert_eq!(sim.look(|world| world.connected_sessions()), 0);
}

#[tokio::test]
async fn each_permission_that_is_missing_in_a_channel_is_named() {
    for (permission, name) in [
        (Permission::SendMessages, "Send Messages"),
        (
            Permission::SendMessagesInThreads,
            "Send Messages in Threads",
        ),
        (Permission::CreatePublicThreads, "Create Public Threads"),
        (Permission::ReadMessageHistory, "Read Message History"),
        (Permission::AddReactions, "Add Reactions"),
        (Permission::AttachFiles, "Attach Files"),
    ] {
        let sim = CleanSim::start(SimConfig::default()).await;
        sim.deny(sim.channel("general"), [permission]);
        let channel = general(&sim);
        let wanted = permissions(channel, Some("general"), &[name]);
        assert_eq!(lacks(bound(&sim, &[channel])).await, [wanted], "{name}");
    }
}

#[tokio::test]
async fn a_channel_that_the_bot_may_not_see_is_named_by_its_id() {
    let sim = CleanSim::start(SimConfig::default()).await;
    sim.deny(sim.channel("general"), [Permission::ViewChannel]);
    let channel = general(&sim);
    let found = lacks(bound(&sim, &[channel])).await;
    assert_eq!(found.len(), 1, "{found:?}");
    let said = found[0].to_string();
    assert!(said.contains("lacks: View Channel"), "{said}");
    assert!(said.contains(&channel.to_string()), "{said}");
}

#[tokio::test]
async fn everything_that_is_missing_is_said_at_once() {
    let sim = CleanSim::start(SimConfig {
        portal_intents: BTreeSet::new(),
        ..SimConfig::default()
    })
    .await;
    sim.deny(
        sim.channel("general"),
        [Permission::AddReactions, Permission::AttachFiles],
    );
    let elsewhere = sim.create_guild("elsewhere");
    let far = sim.create_channel_of(elsewhere, "far", ChannelKind::Text);
    let (far, gone) = (ChannelId::new(far.get()), ChannelId::new(77));
    let channel = |channel| Lack::Channel {
        channel,
        purpose: Purpose::Project("play".to_owned()),
    };
    let found = lacks(bound(&sim, &[general(&sim), gone, far])).await;
    assert_eq!(
        found,
        [
            Lack::MessageContent,
            permissions(
                general(&sim),
                Some("general"),
                &["Add Reactions", "Attach Files"]
            ),
            channel(gone),
            channel(far),
        ]
    );
    let said = DiscordError::Lacking(found).to_string();
    assert_eq!(said.lines().count(), 5, "{said}");
}

#[tokio::test]
async fn a_server_that_the_bot_was_not_invited_to_comes_with_an_invitation() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let mut settings = bound(&sim, &[]);
    settings.guild = GuildId::new(78);
    let found = lacks(settings).await;
    assert!(matches!(found[..], [Lack::Membership { .. }]), "{found:?}");
    let said = found[0].to_string();
    assert!(
        said.contains("discord.com/oauth2/authorize?client_id="),
        "{said}"
    );
    assert!(said.contains("guild_id=78"), "{said}");
}

#[tokio::test]
async fn a_channel_of_the_operators_is_looked_at_by_the_setting_that_names_it() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let setting = "discord.alerts_channel";
    let told = |channel| DiscordSettings {
        operators: vec![OperatorChannel { channel, setting }],
        ..settings(&sim)
    };
    // Nobody opens threads there.
    sim.deny(
        sim.channel("general"),
        [Permission::CreatePublicThreads, Permission::AddReactions],
    );
    assert_eq!(lacks(told(general(&sim))).await, []);
    sim.deny(sim.channel("general"), [Permission::SendMessages]);
    let found = lacks(told(general(&sim))).await;
    let purpose = Purpose::Setting(setting);
    let wanted = Lack::Permissions {
        channel: general(&sim),
        name: Some("general".to_owned()),
        purpose: purpose.clone(),
        missing: vec!["Send Messages"],
    };
    assert_eq!(found, [wanted]);
    let said = found[0].to_string();
    assert!(
        said.contains("`discord.alerts_channel`) the bot lacks: Send Messages"),
        "{said}"
    );
    let gone = ChannelId::new(77);
    let found = lacks(told(gone)).await;
    assert_eq!(
        found,
        [Lack::Channel {
            channel: gone,
            purpose
        }]
    );
    let said = found[0].to_string();
    assert!(
        said.contains("no channel 77 (`discord.alerts_channel`)"),
        "{said}"
    );
}

#[tokio::test]
async fn a_project_for_every_other_channel_must_be_reached_in_one_of_them() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let everywhere = || DiscordSettings {
        default_project: Some("play".to_owned()),
        ..settings(&sim)
    };
    sim.deny(sim.channel("general"), [Permission::AddReactions]);
    assert_eq!(lacks(everywhere()).await, []);
    sim.deny(sim.channel("project"), [Permission::ViewChannel]);
    let found = lacks(everywhere()).await;
    let project = "play".to_owned();
    assert_eq!(found, [Lack::Anywhere { project }]);
    let said = found[0].to_string();
    assert!(
        said.contains("It needs: View Channel, Send Messages,"),
        "{said}"
    );
}
