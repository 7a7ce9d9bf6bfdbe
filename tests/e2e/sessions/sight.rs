//! Who is told of which conversations: titles are for those who could read them.

use baton::{
    clock::Millis,
    store::NewSession,
    words::{ChannelId as Channel, Circle, GuildId, RuntimeKind, Scope, SessionId, Tier},
};
use discord_sim::{ChannelId, Permission};

use super::{offered, offered_in, said, say, started};
use crate::stage::{Settings, Stage};

/// What somebody is shown by `/session list` from the project's channel.
async fn listed(stage: &Stage, who: &str, reach: &str) -> String {
    stage
        .command_with(who, "session list", [("where", reach)], stage.channel())
        .await
}

/// What somebody is told of the conversations in every way there is.
async fn told(stage: &Stage, who: &str) -> String {
    let channel = stage.channel();
    let mut told = vec![
        stage.command(who, "session list", channel).await,
        listed(stage, who, "everywhere").await,
    ];
    for line in ["session stop", "session clear"] {
        told.extend(offered(stage, who, line, "name", "").await);
    }
    told.join("\n")
}

/// A conversation in a private thread of ann's, in which bob is not.
async fn private(stage: &Stage, title: &str) -> ChannelId {
    let ann = stage.sim.user("ann");
    let thread = ann
        .creates_thread("behind the curtain")
        .private()
        .in_(stage.channel())
        .await;
    ann.adds_to_thread(thread, stage.sim.bot_id());
    let text = format!("@bot {title} {}", said("between us"));
    say(stage, "ann", &text, thread).await;
    stage.answer(thread, "between us").await;
    stage.until_settled().await;
    thread
}

#[tokio::test]
async fn a_private_thread_is_known_only_where_it_is() {
    let mut stage = Stage::open().await;
    stage.until_commands().await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let thread = private(&stage, "pineapple").await;
    for who in ["bob", "ann", "owner"] {
        let told = told(&stage, who).await;
        assert!(!told.contains("pineapple"), "{who}: {told}");
    }
    for line in ["session stop", "session clear"] {
        let wanted = [("name", "pineapple")];
        let answer = stage
            .command_with("bob", line, wanted, stage.channel())
            .await;
        assert!(answer.starts_with("No conversation of this"), "{answer}");
    }
    let here = stage.command("ann", "session list", thread).await;
    assert!(here.contains("pineapple"), "{here}");
    // Archived and after a restart the connection does not tell of it.
    stage.sim.archive(thread);
    stage.restart_after_kill().await;
    let told = told(&stage, "bob").await;
    assert!(!told.contains("pineapple"), "{told}");
    stage.sim.unarchive(thread);
    let ended = stage.command("ann", "session stop", thread).await;
    assert!(ended.starts_with("It is ended."), "{ended}");
}

#[tokio::test]
async fn a_conversation_whose_private_thread_is_gone_is_known_to_owners_who_can_end_it() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let ann = stage.sim.user("ann");
    let thread = ann.creates_thread("behind the curtain").private();
    let thread = thread.in_(stage.channel()).await;
    ann.adds_to_thread(thread, stage.sim.bot_id());
    let wanted = [("name", "pineapple")];
    stage
        .command_with("ann", "session start", wanted, thread)
        .await;
    stage.until_settled().await;
    stage.sim.delete_channel(thread);
    let told = told(&stage, "ann").await;
    assert!(!told.contains("pineapple"), "{told}");
    let ended = stage
        .command_with("owner", "session stop", wanted, stage.channel())
        .await;
    assert!(ended.starts_with("It is ended."), "{ended}");
    let left = listed(&stage, "owner", "everywhere").await;
    assert!(left.starts_with("There are no conversations"), "{left}");
}

#[tokio::test]
async fn a_public_thread_is_known_to_who_sees_its_channel_also_archived_or_deleted() {
    let mut stage = Stage::open().await;
    stage.until_commands().await;
    stage.grant("bob", Scope::Global, Tier::Member).await;
    let grown = started(&stage, "ann", "grown").await;
    let bare = stage.sim.create_thread_in(stage.channel(), "bare");
    let text = format!("@bot coconut {}", said("in public"));
    say(&stage, "ann", &text, bare).await;
    stage.answer(bare, "in public").await;
    stage.until_settled().await;
    stage.sim.archive(bare);
    stage.sim.archive(grown);
    stage.restart_after_kill().await;
    let archived = told(&stage, "bob").await;
    for title in ["grown", "coconut"] {
        assert_eq!(archived.matches(title).count(), 4, "{title}: {archived}");
    }
    stage.sim.delete_channel(grown);
    let deleted = told(&stage, "bob").await;
    assert_eq!(deleted.matches("grown").count(), 4, "{deleted}");
    // Who does not see the channel is told nothing of either from elsewhere.
    let bob = stage.sim.user("bob").id();
    let (nothing, sight) = ([], [Permission::ViewChannel]);
    stage.sim.overwrite(stage.channel(), bob, nothing, sight);
    let general = stage.sim.channel("general");
    let everywhere = [("where", "everywhere")];
    let hidden = stage
        .command_with("bob", "session list", everywhere, general)
        .await;
    assert!(hidden.starts_with("There are no conversations"), "{hidden}");
}

/// A session as another server might have left it, in a thread of which nothing is known.
async fn unknown_session(stage: &Stage, n: u64) {
    let store = stage.store().await;
    let session = NewSession {
        id: SessionId::fresh(),
        project: "play".into(),
        runtime: RuntimeKind::Claude,
        guild: GuildId::new(stage.sim.guild_id().get()),
        channel: Channel::new(stage.channel().get()),
        thread: Channel::new(n),
        context_before: None,
        context_after: None,
        title: format!("unknown {n}"),
        name: None,
        model: None,
        agent_session: uuid::Uuid::new_v4(),
        circle: Circle::Members,
    };
    let later = Millis::new(i64::MAX / 2);
    let mut tx = store.write().await.unwrap();
    assert!(tx.insert_session(&session, later).await.unwrap());
    tx.commit().await.unwrap();
    store.close().await;
}

#[tokio::test]
async fn a_list_is_cut_after_what_one_may_not_see_was_left_out() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    started(&stage, "ann", "older").await;
    for n in 1..=20 {
        unknown_session(&stage, n).await;
    }
    for reach in ["this channel", "everywhere"] {
        let shown = listed(&stage, "ann", reach).await;
        assert!(shown.contains("older"), "{reach}: {shown}");
        assert!(!shown.contains("unknown"), "{reach}: {shown}");
    }
}

#[tokio::test]
async fn a_conversation_that_the_list_has_no_room_for_is_found_by_typing() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    for n in 10..30 {
        let name = format!("number {n}");
        stage
            .command_with("ann", "session start", [("name", name)], stage.channel())
            .await;
    }
    let shown = stage.command("ann", "session list", stage.channel()).await;
    assert_eq!(shown.lines().count(), 15, "{shown}");
    let typed = offered(&stage, "ann", "session stop", "name", "number 10").await;
    assert_eq!(typed, ["number 10 · play"]);
    stage.until_settled().await;
    stage.sim.assert_clean();
}

#[tokio::test]
async fn only_projects_that_would_not_be_refused_are_offered() {
    let mut stage = Stage::dark(Settings::default()).await;
    let other = stage.sim.create_channel("other");
    let file = stage.home().join("baton.toml");
    let directory = stage.project();
    let project = format!(
        "[[projects]]\nname = \"hidden\"\ndirectory = {directory:?}\nchannels = [{other}]\n"
    );
    let settings = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, settings + &project).unwrap();
    stage.start().await;
    stage.until_commands().await;
    let general = stage.sim.channel("general");
    let nothing: [&str; 0] = [];
    for (who, place, wanted) in [
        ("ann", stage.channel(), &["play"][..]),
        ("ann", other, &["hidden"]),
        ("ann", general, &nothing),
        ("owner", general, &["hidden", "play"]),
        ("stranger", general, &nothing),
    ] {
        let found = offered_in(&stage, who, place, "session start", "project", "").await;
        assert_eq!(found, wanted, "{who} in {place}");
    }
    stage.sim.assert_clean();
}
