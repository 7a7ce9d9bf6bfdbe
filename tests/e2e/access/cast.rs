//! Everybody who may be something: each tier, at each scope, by himself and by a role.

use baton::{
    store::Subject,
    words::{ChannelId as Channel, Guests, RoleId, Scope, Tier, UserId},
};
use discord_sim::{Actor, ChannelId};

use super::matrix::Owns;
use crate::stage::{Settings, Stage};

/// A stage with everybody on it, who is nobody yet.
pub(super) struct Scene {
    pub(super) stage: Stage,
    pub(super) guests: Guests,
    /// A conversation of a member.
    pub(super) thread: ChannelId,
}

/// Somebody, and what makes him what he is.
#[derive(Clone, Debug)]
pub(super) struct Player {
    pub(super) name: String,
    by: By,
}

#[derive(Clone, Copy, Debug)]
enum By {
    /// The settings, as a person or as the holder of a role.
    Settings,
    /// A membership, of his own or of his role.
    Membership(Tier, Reach, Holder),
    Nothing,
}

#[derive(Clone, Copy, Debug)]
enum Reach {
    Thread,
    Channel,
    Global,
}

#[derive(Clone, Copy, Debug)]
enum Holder {
    Himself,
    HisRole,
}

/// Where somebody does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// In the project's channel, or in another thread of it.
    Channel,
    /// In the members' conversation.
    Thread,
}

/// The role that the settings name.
const KEY: &str = "key";

/// Everybody.
pub(super) fn players() -> Vec<Player> {
    let player = |name: &str, by| Player {
        name: name.to_owned(),
        by,
    };
    let mut players = vec![
        player("owner", By::Settings),
        player("keeper", By::Settings),
        player("nobody", By::Nothing),
    ];
    for tier in [Tier::Owner, Tier::Member, Tier::Guest, Tier::Blocked] {
        for reach in [Reach::Thread, Reach::Channel, Reach::Global] {
            for holder in [Holder::Himself, Holder::HisRole] {
                let name = format!("{tier}-{reach:?}-{holder:?}").to_lowercase();
                players.push(player(&name, By::Membership(tier, reach, holder)));
            }
        }
    }
    players
}

impl Scene {
    /// Baton has one slot, and room for everybody to wait.
    pub(super) async fn set(guests: Guests) -> Self {
        Self::set_with(guests, Settings::default()).await
    }

    /// The same, with settings of which the environment is this scene's.
    pub(super) async fn set_with(guests: Guests, settings: Settings) -> Self {
        let mut env: Vec<(String, String)> = [
            ("BATON_ADMISSION__MAX_ACTIVE", "1"),
            ("BATON_ADMISSION__MAX_QUEUED", "900"),
            ("BATON_ADMISSION__MAILBOX", "900"),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into();
        env.push(("BATON_PROJECTS__0__GUESTS".to_owned(), guests.to_string()));
        let mut stage = Stage::dark(Settings { env, ..settings }).await;
        let key = stage.sim.role(KEY);
        stage.set_env("BATON_DISCORD__OWNER_ROLE", &key.to_string());
        let _ = stage.sim.user("keeper").with_role(KEY);
        for player in players() {
            if let By::Membership(_, _, Holder::HisRole) = player.by {
                let _ = stage.sim.user(&player.name).with_role(&player.name);
            }
        }
        stage.start().await;
        let thread = stage
            .ask("ann", r#"hello STUB:[{"text":"answer one"}]"#)
            .await;
        stage.answer(thread, "answer one").await;
        Self {
            stage,
            guests,
            thread,
        }
    }

    pub(super) fn actor(&self, player: &Player) -> Actor {
        self.stage.sim.user(&player.name)
    }

    pub(super) fn user(&self, player: &Player) -> UserId {
        UserId::new(self.actor(player).id().get())
    }

    /// Makes everybody what he is.
    pub(super) async fn appoint_all(&self) {
        for player in players() {
            let By::Membership(tier, reach, holder) = player.by else {
                continue;
            };
            let subject = match holder {
                Holder::Himself => Subject::User(self.user(&player)),
                Holder::HisRole => {
                    Subject::Role(RoleId::new(self.stage.sim.role(&player.name).get()))
                }
            };
            let scope = match reach {
                Reach::Thread => Scope::Thread(Channel::new(self.thread.get())),
                Reach::Channel => Scope::Channel(Channel::new(self.stage.channel().get())),
                Reach::Global => Scope::Global,
            };
            self.stage.appoint(subject, scope, tier).await;
        }
    }

    /// Makes everybody this, everywhere and by himself.
    pub(super) async fn everybody_is(&self, tier: Tier) {
        for player in players() {
            self.stage.grant(&player.name, Scope::Global, tier).await;
        }
    }

    /// Takes that back, so that they can be appointed.
    pub(super) async fn everybody_is_nobody(&self) {
        let store = self.stage.store().await;
        let mut tx = store.write().await.unwrap();
        for player in players() {
            let user = Subject::User(self.user(&player));
            tx.remove_membership(user, Scope::Global).await.unwrap();
        }
        tx.commit().await.unwrap();
        store.close().await;
    }

    /// Lets another server say what guests may.
    pub(super) async fn let_guests(&mut self, guests: Guests) {
        self.stage.kill().await;
        let guests_may = guests.to_string();
        self.stage.set_env("BATON_PROJECTS__0__GUESTS", &guests_may);
        self.guests = guests;
        self.stage.start().await;
    }

    /// Takes the only slot until `working` is released.
    pub(super) async fn occupy(&self) -> ChannelId {
        let held = r#"hold on STUB:[{"text":"done at last","hold":"working"}]"#;
        let thread = self.stage.ask("ann", held).await;
        self.stage.model.wait_for_hold("working").await;
        thread
    }
}

impl Player {
    /// How far it goes what he owns.
    pub(super) const fn owns(&self) -> Owns {
        match self.by {
            By::Settings | By::Membership(Tier::Owner, Reach::Global, _) => Owns::Everything,
            By::Membership(..) | By::Nothing => Owns::NoMoreThanAPlace,
        }
    }

    /// What he is at a spot.
    pub(super) fn tier(&self, spot: Spot) -> Tier {
        match (self.by, spot) {
            (By::Settings, _) => Tier::Owner,
            (By::Membership(tier, Reach::Channel | Reach::Global, _), _)
            | (By::Membership(tier, Reach::Thread, _), Spot::Thread) => tier,
            (By::Membership(_, Reach::Thread, _), Spot::Channel) | (By::Nothing, _) => Tier::Guest,
        }
    }
}
