//! The test language.

use discord_sim::{Sim, SimConfig};
use reqwest::Method;
use serde_json::json;

use crate::client::{call, post};

#[tokio::test]
async fn a_transcript_shows_all_that_a_person_would_see() {
    let sim = Sim::start(SimConfig::default()).await;
    let project = sim.channel("project");
    let member = sim.user("member").with_role("reviewer");
    let asked = member.says("@bot please\nlook at it").in_(project).await;
    sim.bot_user("otherbot").reacts(asked, "👀").await;
    let thread = member.creates_thread("work").from(asked).await;
    let answer = post(&sim, thread, "on it").await;
    let path = format!(
        "/channels/{thread}/messages/{}",
        answer["id"].as_str().unwrap()
    );
    call(&sim, Method::PATCH, &path, &json!({"content": "done <#1>"})).await;
    let notes = member
        .says("notes")
        .with_file("notes.md", "# n")
        .in_(thread)
        .await;
    sim.user("owner").replies_to(notes, "thanks").await;
    let wrong = member.says("wrong").in_(project).await;
    member.deletes(wrong).await;
    sim.user("guest").creates_thread("loose").in_(project).await;
    sim.archive_and_lock(thread);
    sim.user("guest").leaves();
    sim.user("guest").joins_in(project);
    insta::assert_snapshot!(sim.transcript(project), @r#"
    member: @bot please
      look at it
      [👀 by otherbot]
      └ thread "work" (archived, locked)
        bot: done <#1> (edited)
        member: notes
          [file notes.md, 3 bytes]
        owner (reply to member): thanks
    * guest started the thread "loose"
    * guest joined
      └ thread "loose"
    "#);
    sim.assert_clean();
}

#[tokio::test]
async fn a_wait_ends_with_the_event_that_it_waits_for() {
    let sim = Sim::start(SimConfig::default()).await;
    let general = sim.channel("general");
    let member = sim.user("member");
    let waiting = sim.wait_for_message(general, |message| message.content == "now");
    let saying = async {
        member.says("not yet").in_(general).await;
        tokio::task::yield_now().await;
        member.says("now").in_(general).await
    };
    let (found, said) = tokio::join!(waiting, saying);
    assert_eq!(found.at(), said);
    sim.wait_for(|world| world.messages(general).len() == 2)
        .await;
}

#[tokio::test]
#[should_panic(expected = "the bot broke 1 rules:\n  UnknownRoute")]
async fn assert_clean_fails_on_a_route_that_discord_does_not_have() {
    let sim = Sim::start(SimConfig::default()).await;
    call(&sim, Method::POST, "/channel/1", &json!({})).await;
    sim.assert_clean();
}

#[tokio::test]
async fn several_simulators_live_side_by_side_and_end_when_they_are_dropped() {
    let (one, two) = tokio::join!(
        Sim::start(SimConfig::default()),
        Sim::start(SimConfig::default())
    );
    assert_ne!(one.base_url(), two.base_url());
    post(&one, one.channel("general"), "only here").await;
    assert_eq!(two.transcript(two.channel("general")), "");
    let gone = two.base_url();
    let (mut gateway, ..) = crate::client::Gateway::identified(&two, 1).await;
    drop(two);
    assert_eq!(gateway.next().await, Err(None));
    assert!(
        reqwest::get(format!("{gone}/api/v10/gateway"))
            .await
            .is_err()
    );
}
