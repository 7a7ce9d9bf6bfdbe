//! Events that arrive twice, late, broken or never.

use discord_sim::{DispatchFault, DispatchRule, EventKind, NO_OPTIONS, Sim, SimConfig};

use super::{
    gateway::{Served, say, until_heard_last, watching},
    relay::{identifies, resumed, resumes, until_count},
};

fn messages() -> DispatchRule {
    DispatchRule::of(EventKind::MessageCreate)
}

async fn served(sim: &Sim) -> Served {
    let served = Served::start(sim, watching(sim, Some(1))).await;
    until_heard_last(sim, &served.house, "ready").await;
    served
}

#[tokio::test]
async fn a_message_that_is_dispatched_twice_is_heard_once() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.dispatch_fault(messages().times(3), DispatchFault::Duplicate);
    for text in ["one", "two", "three"] {
        say(&sim, text).await;
    }
    until_heard_last(&sim, &served.house, "last").await;
    assert_eq!(
        served.house.texts(),
        ["ready", "one", "two", "three", "last"]
    );
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test]
async fn a_message_that_others_overtook_is_heard_all_the_same() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.dispatch_fault(messages(), DispatchFault::Overtaken { by: 2 });
    for text in ["late", "one", "two"] {
        say(&sim, text).await;
    }
    served.house.until_heard(4).await;
    let mut heard = served.house.texts();
    heard.sort();
    assert_eq!(heard, ["late", "one", "ready", "two"]);
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_counted_and_what_it_told_is_read_back() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.dispatch_fault(messages(), DispatchFault::Malformed);
    say(&sim, "unreadable").await;
    until_heard_last(&sim, &served.house, "last").await;
    served.house.until_heard(3).await;
    let mut heard = served.house.texts();
    heard.sort();
    assert_eq!(heard, ["last", "ready", "unreadable"]);
    assert_eq!(served.link.unreadable(), 1);
    served.stop().await;
}

#[tokio::test]
async fn an_interaction_that_cannot_be_read_is_answered_all_the_same() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.wait_for(|world| !world.commands().is_empty()).await;
    let interaction = DispatchRule::of(EventKind::InteractionCreate);
    sim.dispatch_fault(interaction, DispatchFault::Malformed);
    let used = sim
        .user("alice")
        .slash("health", NO_OPTIONS)
        .in_(sim.channel("general"))
        .await;
    let answer = used.answer().await;
    assert!(
        answer.content.contains("could not be understood"),
        "{answer:?}"
    );
    assert_eq!(answer.only_for.as_deref(), Some("alice"));
    assert_eq!(served.link.unreadable(), 1);
    served.stop().await;
}

#[tokio::test]
async fn a_message_that_was_never_dispatched_is_read_back_when_the_connection_goes_on() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.dispatch_fault(messages(), DispatchFault::Lost);
    say(&sim, "never dispatched").await;
    sim.ask_to_reconnect();
    until_heard_last(&sim, &served.house, "last").await;
    served.house.until_heard(3).await;
    let mut heard = served.house.texts();
    heard.sort();
    assert_eq!(heard, ["last", "never dispatched", "ready"]);
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test]
async fn a_message_that_was_lost_is_read_back_though_a_later_one_was_heard() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.dispatch_fault(messages(), DispatchFault::Lost);
    say(&sim, "lost").await;
    until_heard_last(&sim, &served.house, "later").await;
    sim.ask_to_reconnect();
    served.house.until_heard(3).await;
    assert_eq!(served.house.texts(), ["ready", "later", "lost"]);
    served.stop().await;
    sim.assert_clean();
}

#[tokio::test]
async fn three_hundred_messages_through_reconnects_are_heard_in_order_and_once() {
    let sim = Sim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    let wanted: Vec<String> = (0..300).map(|n| format!("message {n}")).collect();
    for (n, text) in wanted.iter().enumerate() {
        match n {
            50 => sim.ask_to_reconnect(),
            100 => sim.drop_gateway(),
            150 => sim.close_gateway(None),
            200 => sim.close_gateway(Some(4_000)),
            250 => sim.invalidate_sessions(),
            // Ten messages were written in each break.
            60 | 110 | 160 | 210 => until_count(&sim, n / 50, resumed).await,
            _ => {}
        }
        say(&sim, text).await;
    }
    served.house.until_heard(301).await;
    until_heard_last(&sim, &served.house, "last").await;
    let heard = served.house.texts();
    assert_eq!(heard[1..301], wanted);
    assert_eq!(heard.len(), 302);
    assert_eq!((resumes(&sim), identifies(&sim)), (4, 2));
    served.stop().await;
    sim.assert_clean();
}
