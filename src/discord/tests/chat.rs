//! The chat service, call by call.

use std::time::Duration;

use discord_sim::{Fact, Pinged, RouteKind, Rule, Sim, SimConfig};

use crate::{
    delivery::{Attachment, Author, Chat, ChatError, Post, Seen, Standing},
    discord::testing::{CleanSim, channel, connected},
    words::{Addressed, ChannelId, MessageId, RoleId, UserId},
};

fn plain(content: &str) -> Post {
    Post {
        content: content.to_owned(),
        ..Post::default()
    }
}

#[tokio::test]
async fn a_post_with_the_same_nonce_is_one_message() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let first = chat.post(general, plain("once"), "n-1").await.unwrap();
    let again = chat.post(general, plain("once"), "n-1").await.unwrap();
    let other = chat.post(general, plain("twice"), "n-2").await.unwrap();
    assert_eq!(first, again);
    assert_ne!(first, other);
    let texts: Vec<String> = texts(&sim);
    assert_eq!(texts, ["once", "twice"]);
}

#[tokio::test]
async fn a_post_mentions_nobody_whatever_is_in_it_nor_does_its_edit() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let alice = sim.user("alice");
    let role = sim.role("crew");
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let question = alice.says("hello").in_(sim.channel("general")).await;
    let text = format!("@everyone @here <@{}> <@&{role}>", alice.id());
    let post = Post {
        content: text.clone(),
        reply_to: Some(MessageId::new(question.id.get())),
        ..Post::default()
    };
    let id = chat.post(general, post, "n").await.unwrap();
    chat.edit(general, id, format!("{text}!")).await.unwrap();
    let message = sim.messages(sim.channel("general")).pop().unwrap();
    assert_eq!(message.content, format!("{text}!"));
    assert_eq!(message.reply_to, Some(question.id));
    assert_eq!(message.pinged, Pinged::default());
}

#[tokio::test]
async fn links_are_shown_without_previews_in_posts_replies_files_and_edits() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let question = sim.user("alice").says("hello");
    let question = question.in_(sim.channel("general")).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let link = || plain("https://example.org/?what=I+know");
    let reply = Post {
        reply_to: Some(MessageId::new(question.id.get())),
        ..link()
    };
    let file = Post {
        file: Some(Attachment {
            name: "answer.md".into(),
            bytes: vec![1],
        }),
        ..link()
    };
    for (n, post) in [link(), reply, file].into_iter().enumerate() {
        let id = chat.post(general, post, &format!("n-{n}")).await.unwrap();
        let seen = || sim.messages(sim.channel("general")).pop().unwrap();
        assert!(seen().without_previews, "{n}");
        let text = "https://example.org/?and=more".to_owned();
        chat.edit(general, id, text.clone()).await.unwrap();
        assert_eq!((seen().content, seen().without_previews), (text, true));
    }
}

#[tokio::test]
async fn a_reply_to_a_message_that_is_gone_is_a_plain_message() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let post = Post {
        reply_to: Some(MessageId::new(77)),
        ..plain("anyway")
    };
    chat.post(channel(&sim, "general"), post, "n")
        .await
        .unwrap();
    assert_eq!(texts(&sim), ["anyway"]);
}

#[tokio::test]
async fn a_file_arrives_byte_for_byte() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let bytes: Vec<u8> = (0..=255).collect();
    let post = Post {
        file: Some(Attachment {
            name: "answer.md".into(),
            bytes: bytes.clone(),
        }),
        ..plain("see the file")
    };
    chat.post(channel(&sim, "general"), post, "n")
        .await
        .unwrap();
    let message = sim.messages(sim.channel("general")).pop().unwrap();
    let files: Vec<(String, Vec<u8>)> = message
        .attachments
        .into_iter()
        .map(|file| (file.filename, file.bytes))
        .collect();
    assert_eq!(files, [("answer.md".to_owned(), bytes)]);
}

#[tokio::test]
async fn a_message_that_is_gone_counts_as_removed() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let id = chat.post(general, plain("oops"), "n").await.unwrap();
    assert_eq!(chat.delete(general, id).await, Ok(()));
    assert_eq!(chat.delete(general, id).await, Ok(()));
    assert!(sim.messages(sim.channel("general")).is_empty());
}

#[tokio::test]
async fn reactions_typing_and_threads_are_seen() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let asked = sim
        .user("alice")
        .says("do it")
        .in_(sim.channel("general"))
        .await;
    let id = MessageId::new(asked.id.get());
    chat.react(general, id, "👀").await.unwrap();
    chat.start_thread(general, id, "do it").await.unwrap();
    let again = chat.start_thread(general, id, "do it").await.unwrap_err();
    assert!(again.is_code(ChatError::THREAD_EXISTS), "{again}");
    chat.typing(id.thread()).await.unwrap();
    chat.post(id.thread(), plain("in it"), "n").await.unwrap();

    let message = sim.message(asked).unwrap();
    assert!(message.has_reaction("👀"));
    let thread = message.thread.unwrap();
    assert_eq!(thread.get(), id.get());
    assert_eq!(sim.messages(thread).len(), 1);
    let typed = sim
        .journal()
        .into_iter()
        .any(|entry| matches!(entry.fact, Fact::Typing { channel, .. } if channel == thread));
    assert!(typed);
}

#[tokio::test]
async fn pages_are_oldest_first_on_both_sides() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let alice = sim.user("alice");
    let mut ids = Vec::new();
    for text in ["one", "two", "three", "four"] {
        let said = alice.says(text).in_(sim.channel("general")).await;
        ids.push(MessageId::new(said.id.get()));
    }
    let own = chat.post(general, plain("mine"), "n").await.unwrap();
    let robot = sim
        .bot_user("robot")
        .says("beep")
        .in_(sim.channel("general"))
        .await;

    let alice = Author::Person(UserId::new(sim.user("alice").id().get()));
    let seen = |id, author: &str, by, content: &str| Seen {
        id,
        author: author.to_owned(),
        by,
        addressed: Addressed::ToNobody,
        content: content.to_owned(),
    };
    let before = chat.before(general, ids[3], 2).await.unwrap();
    assert_eq!(
        before,
        [
            seen(ids[1], "alice", alice, "two"),
            seen(ids[2], "alice", alice, "three"),
        ]
    );
    let after = chat.after(general, ids[2], 100).await.unwrap();
    assert_eq!(
        after,
        [
            seen(ids[3], "alice", alice, "four"),
            seen(own, "bot", Author::Baton, "mine"),
            seen(
                MessageId::new(robot.id.get()),
                "robot",
                Author::Machine,
                "beep"
            ),
        ]
    );
}

/// Lets a minute pass for everything that is kept for a while.
async fn a_minute_later() {
    tokio::time::pause();
    tokio::time::advance(Duration::from_secs(61)).await;
    tokio::time::resume();
}

#[tokio::test]
async fn roles_are_believed_for_a_minute_and_who_left_is_a_stranger() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let role = RoleId::new(sim.role("crew").get());
    let alice = sim.user("alice").with_role("crew");
    let id = UserId::new(alice.id().get());
    let chat = connected(&sim).await.chat();
    let asked = |sim: &Sim| {
        let journal = sim.journal();
        let calls = journal.iter().filter_map(|entry| entry.rest());
        calls.filter(|call| call.route == RouteKind::Member).count()
    };
    let before = asked(&sim);
    let member = Standing::Member(vec![role]);
    assert_eq!(chat.standing(id).await, Ok(member.clone()));
    assert_eq!(chat.standing(id).await, Ok(member));
    assert_eq!(asked(&sim) - before, 1);
    alice.leaves();
    a_minute_later().await;
    assert_eq!(chat.standing(id).await, Ok(Standing::Stranger));
}

#[tokio::test]
async fn an_edit_that_nobody_waits_for_any_more_is_not_overtaken_by_the_last_one() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let general = channel(&sim, "general");
    let id = chat.post(general, plain("begun"), "n").await.unwrap();
    let hold = sim.hold(Rule::edit_message().containing("live"));
    let late = {
        let chat = std::sync::Arc::clone(&chat);
        tokio::spawn(async move { chat.edit(general, id, "live".to_owned()).await })
    };
    hold.arrived().await;
    // The run has ended: whoever showed it at work is gone.
    late.abort();
    let mut settled = chat.edit(general, id, "settled".to_owned());
    // The last edit is asked for, and waits, while other calls go through.
    assert!(futures::poll!(&mut settled).is_pending());
    for _ in 0..3 {
        chat.typing(general).await.unwrap();
        assert!(futures::poll!(&mut settled).is_pending());
    }
    assert_eq!(texts(&sim), ["begun"]);
    hold.release();
    settled.await.unwrap();
    assert_eq!(texts(&sim), ["settled"]);
}

#[tokio::test]
async fn a_channel_that_is_unknown_is_refused_for_good() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let chat = connected(&sim).await.chat();
    let error = chat.typing(ChannelId::new(1)).await.unwrap_err();
    assert!(error.is_code(10_003), "{error}");
}

fn texts(sim: &Sim) -> Vec<String> {
    sim.messages(sim.channel("general"))
        .into_iter()
        .map(|message| message.content)
        .collect()
}
