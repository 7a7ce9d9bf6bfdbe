//! What nobody gets to see, in all that this room sends.

use std::time::Duration;

use discord_sim::{NO_OPTIONS, SimConfig};

use super::{
    commands::{open_house, until_registered},
    gateway::Served,
    slate::{SECRET, Shown, pass, shown, working},
};
use crate::{
    delivery::{Attachment, Chat as _, Post},
    discord::{
        DiscordSettings, connect,
        testing::{CleanSim, channel, settings},
    },
    observe::Secrets,
};

fn knowing(settings: DiscordSettings, secret: &str) -> DiscordSettings {
    DiscordSettings {
        secrets: Secrets::new([secret.into()]),
        ..settings
    }
}

#[tokio::test]
async fn no_message_edit_file_thread_or_end_of_a_question_has_a_secret() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let connection = connect(knowing(settings(&sim), SECRET)).await.unwrap();
    let learned = connection.settings.secrets.learn(["battery-staple".into()]);
    let chat = connection.chat();
    let general = channel(&sim, "general");
    let text = format!("a {SECRET} and a battery-staple");
    let post = Post {
        content: text.clone(),
        file: Some(Attachment {
            name: "answer.md".to_owned(),
            bytes: text.clone().into_bytes(),
        }),
        ..Post::default()
    };
    let clean = "a [redacted] and a [redacted]";
    let last = || sim.messages(sim.channel("general")).pop().unwrap().content;
    let id = chat.post(general, post, "n").await.unwrap();
    assert_eq!(last(), clean);
    chat.edit(general, id, format!("{text}!")).await.unwrap();
    assert_eq!(last(), format!("{clean}!"));
    chat.close(general, id, format!("{text}?")).await.unwrap();
    assert_eq!(last(), format!("{clean}?"));
    chat.start_thread(general, id, &text).await.unwrap();
    // Whatever was sent, the file too.
    let sent = format!("{:?}", sim.journal());
    assert!(!sent.contains(SECRET), "{sent}");
    drop(learned);
}

#[tokio::test]
async fn no_answer_to_a_command_has_a_secret() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let (house, _store, _directory) = open_house().await;
    // Of the sentence in which the house answers.
    let served = Served::start_by(knowing(settings(&sim), "conversation"), house).await;
    until_registered(&sim).await;
    let asked = sim.user("alice").slash("cancel", NO_OPTIONS);
    let answer = asked.in_(sim.channel("general")).await.answer().await;
    assert_eq!(
        answer.content,
        "Stopping it. The [redacted] can go on with your next message."
    );
    served.stop().await;
}

#[tokio::test(start_paused = true)]
async fn a_run_at_work_is_shown_without_secrets() {
    let stage = Shown::new();
    stage.posted();
    let (says, _task) = stage.begin();
    says.send_replace(working("it is correct-horse, I found"));
    pass(Duration::from_secs(2)).await;
    let edits = stage.edits();
    let (_, last) = edits.last().unwrap();
    assert_eq!(*last, shown("it is [redacted], I found"));
}
