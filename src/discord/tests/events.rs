//! Events that arrive twice, late, broken or never.

use discord_sim::{
    DispatchFault, DispatchRule, Entry, EventKind, Fact, Fault, GatewayFact, Mistake, NO_OPTIONS,
    RouteKind, Rule, SimConfig,
};
use serenity::all::GatewayIntents;

use super::{
    gateway::{Served, say, until_heard_last, watching},
    wire::{identifies, resumed, resumes, served, until_count},
};
use crate::{
    clock::Millis,
    discord::testing::{CleanSim, channel},
    store::Store,
    words::MessageId,
};

fn messages() -> DispatchRule {
    DispatchRule::of(EventKind::MessageCreate)
}

#[tokio::test]
async fn a_message_that_is_dispatched_twice_is_heard_once() {
    let sim = CleanSim::start(SimConfig::default()).await;
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
}

#[tokio::test]
async fn a_message_that_others_overtook_is_heard_all_the_same() {
    let sim = CleanSim::start(SimConfig::default()).await;
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
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_counted_and_what_it_told_is_read_back() {
    let sim = CleanSim::start(SimConfig::default()).await;
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
    let sim = CleanSim::start(SimConfig::default()).await;
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
    let sim = CleanSim::start(SimConfig::default()).await;
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
}

#[tokio::test]
async fn a_message_that_was_lost_is_read_back_though_a_later_one_was_heard() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.dispatch_fault(messages(), DispatchFault::Lost);
    say(&sim, "lost").await;
    until_heard_last(&sim, &served.house, "later").await;
    sim.ask_to_reconnect();
    served.house.until_heard(3).await;
    assert_eq!(served.house.texts(), ["ready", "later", "lost"]);
    served.stop().await;
}

#[tokio::test]
async fn three_hundred_messages_through_reconnects_are_heard_in_order_and_once() {
    let sim = CleanSim::start(SimConfig::default()).await;
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
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_greeting_that_cannot_be_read_ends_the_server_and_is_no_good_start() {
    let sim = CleanSim::start(SimConfig {
        mistake: Some(Mistake::ReadyWithoutApplication),
        ..SimConfig::default()
    })
    .await;
    let directory = tempfile::tempdir().unwrap();
    let store = Store::open(directory.path()).await.unwrap();
    let house = watching(&sim, Some(1));
    let served = Served::start_with(&sim, house, store.clone(), directory).await;
    let ended = served.ends().await.to_string();
    assert!(ended.contains("could not be read"), "{ended}");
    let identifies = store.identifies_since(Millis::new(0)).await.unwrap();
    let fates: Vec<(bool, bool)> = identifies
        .iter()
        .map(|one| (one.lasted, one.dismissed))
        .collect();
    assert_eq!(fates, [(false, false)]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_that_could_not_be_taken_is_tried_again_however_much_is_said_elsewhere() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    *served.house.failures.lock() = 1;
    say(&sim, "at first in vain").await;
    let elsewhere = sim.create_channel("elsewhere");
    let alice = sim.user("alice");
    let is_taken = || {
        served
            .house
            .texts()
            .contains(&"at first in vain".to_owned())
    };
    // More often than what failed is tried again.
    for said in 2.. {
        if is_taken() {
            break;
        }
        alice.says("chatter").in_(elsewhere).await;
        served.house.until_heard(said).await;
    }
    served.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_discord_does_not_tell_what_was_missed_people_are_heard_and_it_is_read_back_later() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let decided = say(&sim, "old").await;
    let elsewhere = sim.create_channel("elsewhere");
    let alice = sim.user("alice");
    let mark = alice.says("old").in_(elsewhere).await;
    alice.says("@bot missed").in_(elsewhere).await;
    for route in [
        RouteKind::GuildChannels,
        RouteKind::ActiveThreads,
        RouteKind::ListMessages,
    ] {
        let away = Fault::Answer {
            status: 503,
            body: None,
        };
        sim.fault(Rule::route(route).always(), away);
    }
    let mut house = watching(&sim, Some(decided));
    let elsewhere = channel(&sim, "elsewhere");
    house.watched.push(elsewhere);
    house
        .marks
        .lock()
        .insert(elsewhere, MessageId::new(mark.id.get()));
    let served = Served::start(&sim, house).await;
    // It has looked in vain, so it listens: what is said before that would have to be read back.
    let looked = |entry: &Entry| {
        let call = entry.rest();
        call.is_some_and(|call| call.route == RouteKind::GuildChannels && call.status == Some(503))
    };
    sim.wait_for(|seen| seen.journal().iter().any(looked)).await;
    until_heard_last(&sim, &served.house, "at once").await;
    assert!(!served.house.texts().contains(&"missed".to_owned()));
    sim.clear_rules();
    loop {
        let changed = served.house.changed.notified();
        if served.house.texts().contains(&"missed".to_owned()) {
            break;
        }
        changed.await;
    }
    served.stop().await;
}

#[tokio::test]
async fn a_server_asks_for_the_events_that_it_needs_and_says_nothing_else_to_the_gateway() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let served = served(&sim).await;
    sim.drop_gateway();
    until_heard_last(&sim, &served.house, "last").await;
    served.stop().await;
    let mut wanted = Vec::new();
    for entry in sim.journal() {
        let Fact::Gateway(fact) = entry.fact else {
            continue;
        };
        assert!(!matches!(fact, GatewayFact::Command { .. }), "{fact:?}");
        if let GatewayFact::Identified { intents, .. } = fact {
            wanted.push(intents);
        }
    }
    let needed =
        GatewayIntents::GUILDS | GatewayIntents::GUILD_MESSAGES | GatewayIntents::MESSAGE_CONTENT;
    assert_eq!(wanted, [needed.bits()]);
}
