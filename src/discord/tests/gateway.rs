//! Events in their order, once, with what was missed before them.

use std::{sync::Arc, time::Duration};

use discord_sim::{Fact, Fault, RouteKind, Rule, Sim, SimConfig};
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::{
    clock::Clock,
    delivery::{Chat, ChatError, Outbox},
    discord::{
        Connection, DiscordError, DiscordParts, DiscordSettings, Link, LinkState, connect,
        gateway::serve,
        relay::Patience,
        testing::{CleanSim, FakeHouse, channel, connected},
    },
    session::Heard,
    store::Store,
    words::{Addressed, ChannelId, GuildId, MessageId, Person, Place, RoleId, UserId},
};

/// A server in front of a fake house.
pub(super) struct Served {
    pub(super) house: Arc<FakeHouse>,
    pub(super) link: Link,
    stop: CancellationToken,
    task: JoinHandle<Result<(), DiscordError>>,
    _directory: tempfile::TempDir,
}

impl Served {
    pub(super) async fn start(sim: &Sim, house: FakeHouse) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        Self::start_with(sim, house, store, directory).await
    }

    pub(super) async fn start_with(
        sim: &Sim,
        house: FakeHouse,
        store: Store,
        directory: tempfile::TempDir,
    ) -> Self {
        Self::start_as(connected(sim).await, house, store, directory)
    }

    /// The same with settings of its own.
    pub(super) async fn start_by(settings: DiscordSettings, house: FakeHouse) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let connection = connect(settings).await.unwrap();
        Self::start_as(connection, house, store, directory)
    }

    /// The same where serenity may be silent for as long only.
    pub(super) async fn start_suspicious(sim: &Sim, house: FakeHouse, silence: Duration) -> Self {
        let directory = tempfile::tempdir().unwrap();
        let store = Store::open(directory.path()).await.unwrap();
        let patience = Patience { silence, ..hasty() };
        Self::start_hasty(connected(sim).await, house, store, (directory, patience))
    }

    pub(super) fn start_as(
        connection: Connection,
        house: FakeHouse,
        store: Store,
        directory: tempfile::TempDir,
    ) -> Self {
        Self::start_hasty(connection, house, store, (directory, hasty()))
    }

    fn start_hasty(
        connection: Connection,
        house: FakeHouse,
        store: Store,
        (directory, patience): (tempfile::TempDir, Patience),
    ) -> Self {
        let house = Arc::new(house);
        let link = Link::default();
        let parts = parts(connection, store, link.clone());
        let stop = CancellationToken::new();
        let task = tokio::spawn(serve(parts, house.clone(), patience, stop.clone()));
        Self {
            house,
            link,
            stop,
            task,
            _directory: directory,
        }
    }

    /// Waits for the end that comes by itself.
    pub(super) async fn ends(self) -> DiscordError {
        self.task.await.unwrap().unwrap_err()
    }

    pub(super) async fn stop(self) -> Arc<FakeHouse> {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
        assert_eq!(self.link.state(), LinkState::Down);
        self.house
    }
}

/// All that a server needs of others.
pub(super) fn parts(connection: Connection, store: Store, link: Link) -> DiscordParts {
    let (_, live) = tokio::sync::mpsc::unbounded_channel();
    let clock = Clock::system();
    DiscordParts {
        connection,
        outbox: Outbox::new(store.clone(), clock.clone()),
        store,
        clock,
        live,
        link,
    }
}

/// How long a first answer may take here: no test is about how fast the machine is.
pub(super) const SIGN: Duration = Duration::from_secs(15);

/// Less than people would wait, and more than a busy machine takes for an answer that comes.
pub(super) fn hasty() -> Patience {
    Patience {
        connect: Duration::from_secs(3),
        hello: Duration::from_secs(3),
        answer: Duration::from_secs(5),
        again: Duration::from_millis(100),
        pause: Duration::from_millis(100),
        sign: SIGN,
        ..Patience::default()
    }
}

/// A house that watches `#general` and has decided on everything before `after`.
pub(super) fn watching(sim: &Sim, after: Option<u64>) -> FakeHouse {
    let general = channel(sim, "general");
    let house = FakeHouse {
        watched: vec![general],
        ..FakeHouse::default()
    };
    if let Some(after) = after {
        house.marks.lock().insert(general, MessageId::new(after));
    }
    house
}

/// Says something to Baton and returns its id.
pub(super) async fn say(sim: &Sim, text: &str) -> u64 {
    let (general, text) = (sim.channel("general"), format!("@bot {text}"));
    sim.user("alice").says(text).in_(general).await.id.get()
}

/// Waits for a message that proves that everything before it was handled.
pub(super) async fn until_heard_last(sim: &Sim, house: &FakeHouse, text: &str) {
    say(sim, text).await;
    loop {
        let changed = house.changed.notified();
        if house.texts().iter().any(|heard| heard == text) {
            return;
        }
        changed.await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn three_hundred_messages_are_heard_in_their_order() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    let wanted: Vec<String> = (0..300).map(|n| format!("message {n}")).collect();
    for text in &wanted {
        say(&sim, text).await;
    }
    served.house.until_heard(301).await;
    assert_eq!(served.house.texts()[1..], wanted);
    served.stop().await;
}

#[tokio::test]
async fn a_mention_is_heard_with_everything_around_it() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let alice = sim.user("alice").with_role("crew");
    let (general, role) = (sim.channel("general"), sim.role("crew"));
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    let text = format!("@bot tell <@{}> in <#{general}> and <@&{role}>", alice.id());
    let said = alice
        .says(text)
        .in_(general)
        .with_file("a\nb.txt", *b"12345")
        .await;
    served.house.until_heard(2).await;
    let place = Place {
        guild: GuildId::new(sim.guild_id().get()),
        channel: ChannelId::new(general.get()),
        thread: None,
    };
    let text = "tell @alice in #general and @crew\n\
                [attached file: a b.txt (5 bytes), not readable yet]";
    let heard = served.house.heard.lock()[1].clone();
    assert_eq!(
        heard,
        Heard {
            message: MessageId::new(said.id.get()),
            channel: place.channel,
            place,
            person: Person {
                id: UserId::new(alice.id().get()),
                name: "alice".into(),
                roles: vec![RoleId::new(role.get())],
            },
            text: text.into(),
            addressed: Addressed::ToBaton,
            replies_to: None,
            title: crate::discord::render::thread_name(text),
        }
    );
    served.stop().await;
}

#[tokio::test]
async fn a_message_in_a_thread_knows_its_parent_and_others_are_addressed_to_nobody() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    let thread = sim.create_thread_in(general, "side talk");
    sim.user("alice").says("hello").in_(thread).await;
    served.house.until_heard(2).await;
    let heard = served.house.heard.lock()[1].clone();
    let wanted = Place {
        guild: GuildId::new(sim.guild_id().get()),
        channel: ChannelId::new(general.get()),
        thread: Some(ChannelId::new(thread.get())),
    };
    assert_eq!(
        (heard.place, heard.addressed),
        (wanted, Addressed::ToNobody)
    );
    served.stop().await;
}

#[tokio::test]
async fn bots_other_guilds_and_discord_itself_are_not_heard() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let elsewhere = sim.create_guild("elsewhere");
    let far = sim.create_channel_of(elsewhere, "far", discord_sim::ChannelKind::Text);
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    let general = sim.channel("general");
    sim.bot_user("robot").says("@bot beep").in_(general).await;
    sim.user("alice").says("@bot from afar").in_(far).await;
    // Discord says "alice started a thread" in the channel.
    sim.create_thread_in(general, "a thread");
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "last"]);
    let mark = served.house.marks.lock()[&channel(&sim, "general")];
    assert!(mark >= served.house.heard.lock()[1].message);
    served.stop().await;
}

#[tokio::test]
async fn what_discord_itself_says_in_the_thread_of_a_session_is_not_heard() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let thread = sim.create_thread_in(general, "work");
    let place = Place {
        guild: GuildId::new(sim.guild_id().get()),
        channel: ChannelId::new(general.get()),
        thread: Some(ChannelId::new(thread.get())),
    };
    let house = FakeHouse {
        homes: vec![place],
        ..watching(&sim, Some(1))
    };
    let served = Served::start(&sim, house).await;
    until_heard_last(&sim, &served.house, "ready").await;
    let alice = sim.user("alice");
    let said = alice.says("to be pinned").in_(thread).await;
    alice.pins(said);
    sim.rename(thread, "other work");
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "to be pinned", "last"]);
    // Discord says that it was pinned, and that it was renamed.
    let is_here = |entry: &&discord_sim::Entry| matches!(entry.fact, Fact::MessageCreated { channel, .. } if channel == thread);
    assert_eq!(sim.journal().iter().filter(is_here).count(), 3);
    served.stop().await;
}

#[tokio::test]
async fn what_was_written_meanwhile_is_heard_once_and_before_what_comes_after() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let missed: Vec<String> = (0..120).map(|n| format!("missed {n}")).collect();
    for text in &missed {
        say(&sim, text).await;
    }
    let hold = sim.hold(Rule::list_messages());
    let served = Served::start(&sim, watching(&sim, Some(decided))).await;
    sim.wait_until_connected().await;
    say(&sim, "live").await;
    hold.release();
    until_heard_last(&sim, &served.house, "last").await;
    let mut wanted = missed;
    wanted.extend(["live".to_owned(), "last".to_owned()]);
    assert_eq!(served.house.texts(), wanted);
    served.stop().await;
}

#[tokio::test]
async fn a_channel_that_was_never_looked_at_is_only_marked() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let last = say(&sim, "long ago").await;
    let served = Served::start(&sim, watching(&sim, None)).await;
    let general = channel(&sim, "general");
    served.house.until_marked(general).await;
    until_heard_last(&sim, &served.house, "now").await;
    assert_eq!(served.house.texts(), ["now"]);
    let house = served.stop().await;
    assert!(house.marks.lock()[&channel(&sim, "general")].get() > last);
}

#[tokio::test]
async fn a_new_gateway_session_reads_back_what_the_old_one_did_not_bring() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    sim.invalidate_sessions();
    say(&sim, "between").await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "between", "last"]);
    served.stop().await;
}

#[tokio::test]
async fn a_replay_after_a_lost_connection_is_heard_once() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    until_heard_last(&sim, &served.house, "ready").await;
    sim.drop_gateway();
    say(&sim, "between").await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["ready", "between", "last"]);
    served.stop().await;
}

#[tokio::test]
async fn a_channel_that_cannot_be_read_does_not_keep_the_others_waiting() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (decided, project) = (say(&sim, "old").await, sim.channel("project"));
    say(&sim, "missed").await;
    let house = watching(&sim, Some(decided));
    let gone = ChannelId::new(77);
    house.marks.lock().insert(gone, MessageId::new(1));
    house
        .marks
        .lock()
        .insert(ChannelId::new(project.get()), MessageId::new(1));
    let mut house = house;
    house.watched.extend([gone, ChannelId::new(project.get())]);
    sim.fault(
        Rule::list_messages().in_channel(project),
        Fault::error(403, 50_001, "Missing Access"),
    );
    let served = Served::start(&sim, house).await;
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(served.house.texts(), ["missed", "last"]);
    served.stop().await;
}

#[tokio::test]
async fn the_end_comes_although_the_gateway_does_not_answer() {
    let sim = CleanSim::start(SimConfig::default()).await;
    sim.set_gateway(discord_sim::GatewayMode::Refuse);
    let served = Served::start(&sim, watching(&sim, Some(1))).await;
    served.stop().await;
}

#[tokio::test]
async fn a_token_that_is_not_accepted_any_more_ends_the_server_with_a_sentence() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let connection = connected(&sim).await;
    let chat = connection.chat();
    let served = Served::start_as(connection, FakeHouse::default(), store, directory);
    sim.fault(
        Rule::route(RouteKind::Typing),
        Fault::error(401, 0, "401: Unauthorized"),
    );
    let refused = chat.typing(channel(&sim, "general")).await;
    assert_eq!(refused, Err(ChatError::Unauthorized));
    assert!(matches!(served.ends().await, DiscordError::BadToken));
}

#[tokio::test]
async fn a_panic_of_who_listens_ends_the_server_instead_of_leaving_it_deaf() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let house = FakeHouse {
        panics_at: Some("the last straw"),
        ..watching(&sim, Some(1))
    };
    let served = Served::start(&sim, house).await;
    until_heard_last(&sim, &served.house, "ready").await;
    say(&sim, "the last straw").await;
    let ended = served.ends().await;
    assert!(matches!(ended, DiscordError::Ended(_)), "{ended:?}");
    assert!(ended.to_string().contains("as told"), "{ended}");
}
