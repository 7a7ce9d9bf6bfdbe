//! A thread knows its channel, whatever kind it is, whoever tells of it, and whether it is archived.

use baton::words::{ChannelId as Channel, Scope, Tier};
use discord_sim::{ChannelId, ChannelKind, MessageRef};

use crate::stage::{Settings, Stage};

const BLOCKED: &str = "You are blocked here. An owner of this server can lift that.";

/// Threads of each kind, by what they are, and their channels.
struct Threads {
    all: Vec<(&'static str, ChannelId)>,
    channels: Vec<ChannelId>,
    post: MessageRef,
}

async fn threads(stage: &Stage) -> Threads {
    let sim = &stage.sim;
    let project = stage.channel();
    let news = sim.create_channel_of(sim.guild_id(), "news", ChannelKind::Announcement);
    let (forum, _) = sim.create_forum("help", &[]);
    let cid = sim.user("cid");
    let said = cid.says("something").in_(project).await;
    let private = cid.creates_thread("private").in_(project).private().await;
    cid.adds_to_thread(private, sim.bot_id());
    cid.adds_to_thread(private, sim.user("bob").id());
    let announced = cid.says("news").in_(news).await;
    let post = cid.posts_in(forum, "a post", "please", &[]).await;
    let all = vec![
        (
            "from a message",
            cid.creates_thread("public").from(said).await,
        ),
        (
            "from nothing",
            cid.creates_thread("bare").in_(project).await,
        ),
        ("private", private),
        ("of news", cid.creates_thread("news").from(announced).await),
        ("a post", post.channel),
    ];
    Threads {
        all,
        channels: vec![project, news, forum],
        post,
    }
}

/// By message and by command, who is blocked in the channel is blocked in its thread.
async fn assert_blocked(stage: &Stage, threads: &Threads, when: &str) {
    let bob = stage.sim.user("bob");
    for (kind, thread) in &threads.all {
        assert_eq!(
            stage.command("bob", "wait", *thread).await,
            BLOCKED,
            "{kind} {when}"
        );
        let said = bob.says("@bot forbidden word").in_(*thread).await;
        stage.sign(said, "🚫").await;
        assert!(
            !stage.sim.message(said).unwrap().has_reaction("👀"),
            "{kind} {when}"
        );
    }
}

#[tokio::test]
async fn a_block_of_a_channel_holds_in_its_threads_of_every_kind() {
    let mut stage = Stage::dark(Settings::default()).await;
    let threads = threads(&stage).await;
    let channels: Vec<String> = threads.channels.iter().map(ToString::to_string).collect();
    stage.set_env(
        "BATON_PROJECTS__0__CHANNELS",
        &format!("[{}]", channels.join(",")),
    );
    stage.start().await;
    stage.until_commands().await;
    for channel in &threads.channels {
        let scope = Scope::Channel(Channel::new(channel.get()));
        stage.grant("bob", scope, Tier::Blocked).await;
        // Nearer, and of no use to him.
        stage.grant("bob", Scope::Global, Tier::Owner).await;
    }
    for (_, thread) in &threads.all {
        let near = Scope::Thread(Channel::new(thread.get()));
        stage.grant("bob", near, Tier::Member).await;
    }
    assert_blocked(&stage, &threads, "while it is open").await;
    // Somebody else is somebody there: it is his block that counts.
    let free = stage.command("ann", "wait", threads.post.channel).await;
    assert_ne!(free, BLOCKED);

    // No event and no list of a new gateway session tells of archived threads.
    stage.kill().await;
    for (_, thread) in &threads.all {
        stage.sim.archive(*thread);
    }
    stage.start().await;
    for (kind, thread) in &threads.all {
        let answer = stage.command("bob", "wait", *thread).await;
        assert_eq!(answer, BLOCKED, "{kind} while it is archived");
    }
    // Who writes there opens it again.
    assert_blocked(&stage, &threads, "after it was archived").await;
    assert!(!stage.model_saw("forbidden word"));
}

#[tokio::test]
async fn a_membership_of_a_channel_holds_in_its_threads_and_nowhere_else() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let threads = threads(&stage).await;
    let project = Scope::Channel(Channel::new(stage.channel().get()));
    stage.grant("bob", project, Tier::Member).await;
    for (kind, thread) in &threads.all {
        let answer = stage.command("bob", "wait", *thread).await;
        let is_member = answer.starts_with("Nothing of yours");
        let under_the_project = matches!(*kind, "from a message" | "from nothing" | "private");
        assert_eq!(is_member, under_the_project, "{kind}: {answer}");
    }
}
