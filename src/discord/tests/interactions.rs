//! Interactions whose answers are lost, that come twice, or that come too late.

use std::time::Duration;

use discord_sim::{
    DispatchFault, DispatchRule, Entry, EventKind, Fact, Fault, InteractionRef, MessageRef,
    MessageView, NO_OPTIONS, RouteKind, Rule, Scope, Sim, SimConfig, Truncation, ViolationKind,
};
use serde_json::json;

use super::{
    commands::{open_house, until_registered},
    gateway::{SIGN, Served},
};
use crate::{
    delivery::{Button, Chat as _, ControlRow, Look, Post},
    discord::testing::{CleanSim, channel, connected},
    session::{Control, Ruling},
    words::{ApprovalId, ApprovalState, Choice, GuildId, Place},
};

const STOPPING: &str = "Stopping it. The conversation can go on with your next message.";

/// A server at which everybody is the owner, and that knows its commands.
async fn served() -> (CleanSim, Served) {
    let sim = CleanSim::start(SimConfig {
        // Baton's patience, and the time that a busy machine takes on top of it.
        first_answer_ms: 60_000,
        ..SimConfig::default()
    })
    .await;
    let (house, store, directory) = open_house().await;
    let served = Served::start_with(&sim, house, store, directory).await;
    until_registered(&sim).await;
    (sim, served)
}

async fn uses_cancel(sim: &Sim) -> InteractionRef {
    let alice = sim.user("alice");
    alice
        .slash("cancel", NO_OPTIONS)
        .in_(sim.channel("general"))
        .await
}

/// Faults of which nobody can tell from their answers whether the request was carried out.
fn faults() -> Vec<Fault> {
    vec![
        Fault::status(500),
        Fault::Answer {
            status: 502,
            body: None,
        },
        Fault::DropConnection,
        Fault::ResetConnection,
        Fault::Truncate(Truncation::Cut),
    ]
}

/// The fault of a request before it is carried out, and after.
fn in_both_phases(rule: Rule) -> [Rule; 2] {
    [rule.clone(), rule.after_commit()]
}

/// What the person alone sees in the end, and that it is one message.
async fn told(used: &InteractionRef) -> String {
    let answer = used.answer().await;
    assert_eq!(answer.only_for.as_deref(), Some("alice"), "{answer:?}");
    assert_eq!(used.follow_ups(), Vec::<MessageView>::new());
    answer.content
}

#[tokio::test]
async fn a_command_whose_first_sign_is_lost_does_its_work_once_and_says_so() {
    let (sim, served) = served().await;
    let mut count = 0;
    for fault in faults() {
        for rule in in_both_phases(Rule::callback()) {
            sim.fault(rule.clone(), fault.clone());
            let used = uses_cancel(&sim).await;
            count += 1;
            assert_eq!(told(&used).await, STOPPING, "{rule:?} {fault:?}");
            assert_eq!(served.house.cancelled.lock().len(), count);
        }
    }
    served.stop().await;
}

#[tokio::test]
async fn a_command_whose_first_sign_is_never_answered_goes_on_as_if_it_had_been_seen() {
    let (sim, served) = served().await;
    sim.fault(Rule::callback().after_commit(), Fault::Hang);
    let seen = uses_cancel(&sim).await;
    seen.acknowledged().await;
    pass(SIGN).await;
    assert_eq!(told(&seen).await, STOPPING);
    sim.fault(Rule::callback(), Fault::Hang);
    let unseen = uses_cancel(&sim).await;
    let hangs = |entry: &&Entry| matches!(entry.fact, Fact::Faulted { .. });
    sim.wait_for(|world| world.journal().iter().filter(hangs).count() == 2)
        .await;
    pass(SIGN).await;
    // Nobody can be told.
    let told_nobody = |entry: &discord_sim::Entry| {
        let call = entry.rest();
        call.is_some_and(|call| call.route == RouteKind::EditAnswer && call.status == Some(404))
    };
    sim.wait_for(|world| world.journal().iter().any(told_nobody))
        .await;
    assert!(!unseen.is_acknowledged());
    assert_eq!(served.house.cancelled.lock().len(), 2);
    served.stop().await;
}

#[tokio::test]
async fn what_a_command_says_comes_though_discord_has_trouble_and_once() {
    let (sim, served) = served().await;
    for fault in faults() {
        for rule in in_both_phases(Rule::edit_answer()) {
            sim.fault(rule.clone(), fault.clone());
            let used = uses_cancel(&sim).await;
            assert_eq!(told(&used).await, STOPPING, "{rule:?} {fault:?}");
        }
    }
    served.stop().await;
}

#[tokio::test]
async fn a_command_that_somebody_else_has_answered_is_left_to_him() {
    let (sim, served) = served().await;
    let hold = sim.hold(Rule::callback());
    let used = uses_cancel(&sim).await;
    hold.arrived().await;
    // Another program with the bot's token is faster.
    let (id, base) = (used.id(), sim.base_url());
    let path = format!("{base}/api/v10/interactions/{id}/sim-interaction-token-{id}/callback");
    let message = json!({"type": 4, "data": {"content": "mine", "flags": 64}}).to_string();
    let answered = reqwest::Client::new()
        .post(path)
        .header("Content-Type", "application/json")
        .body(message)
        .send()
        .await
        .unwrap();
    assert!(answered.status().is_success(), "{answered:?}");
    hold.release();
    let refused = |entry: &discord_sim::Entry| {
        let call = entry.rest();
        call.is_some_and(|call| call.route == RouteKind::Callback && call.status == Some(400))
    };
    sim.wait_for(|world| world.journal().iter().any(refused))
        .await;
    // Behind it, another one is served.
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    assert_eq!(told(&used).await, "mine");
    assert_eq!(served.stop().await.cancelled.lock().len(), 1);
    assert_eq!(sim.broken(), [ViolationKind::DoubleAck]);
}

#[tokio::test]
async fn an_interaction_that_is_dispatched_twice_is_answered_once() {
    let (sim, served) = served().await;
    let general = sim.channel("general");
    let every = DispatchRule::of(EventKind::InteractionCreate).always();
    sim.dispatch_fault(every, DispatchFault::Duplicate);
    for count in 1..=5 {
        assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
        assert_eq!(served.house.cancelled.lock().len(), count);
    }
    let alice = sim.user("alice");
    let typing = alice
        .completes(general, "session start", NO_OPTIONS, ("model", "o"))
        .await;
    typing.acknowledged().await;
    // What comes behind all of them has been answered, so the others were looked at.
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    served.stop().await;
}

/// Lets Baton's time pass.
async fn pass(span: Duration) {
    tokio::time::pause();
    tokio::time::advance(span).await;
    tokio::time::resume();
}

/// Whoever does something now is told by Discord that nothing answers: the gateway is away for too long.
async fn too_late<T>(sim: &Sim, act: impl AsyncFnOnce() -> T) -> T {
    sim.refuse_gateway();
    sim.drop_gateway();
    sim.wait_for(|world| world.connected_sessions() == 0).await;
    let done = act().await;
    let passes = SIGN + Duration::from_secs(5);
    sim.advance(passes);
    pass(passes).await;
    sim.accept_gateway();
    sim.wait_until_connected().await;
    done
}

/// A server that knows how long things take when nothing holds them up.
async fn warm() -> (CleanSim, Served) {
    let (sim, served) = served().await;
    for _ in 0..2 {
        assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    }
    (sim, served)
}

#[tokio::test]
async fn an_interaction_that_comes_too_late_is_left_alone_and_counted() {
    let (sim, served) = warm().await;
    let (alice, general) = (sim.user("alice"), sim.channel("general"));
    let late = too_late(&sim, async || {
        let starts = alice.slash("session start", [("name", "x")]);
        starts.in_(general).await
    })
    .await;
    // Behind the late one, one is in time.
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    assert!(!late.is_acknowledged());
    assert_eq!(served.link.late(), 1);
    assert_eq!(served.stop().await.orders.lock().len(), 0);
}

#[tokio::test]
async fn what_is_typed_and_comes_too_late_is_left_alone_and_not_counted() {
    let (sim, served) = warm().await;
    let (alice, general) = (sim.user("alice"), sim.channel("general"));
    let typing = too_late(&sim, async || {
        let model = ("model", "o");
        alice
            .completes(general, "session start", NO_OPTIONS, model)
            .await
    })
    .await;
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    assert!(!typing.is_acknowledged());
    assert_eq!(served.link.late(), 0);
    served.stop().await;
}

#[tokio::test]
async fn a_cancel_that_comes_too_late_to_be_answered_counts_all_the_same() {
    let (sim, served) = warm().await;
    let alice = sim.user("alice").with_role("crew");
    let late = too_late(&sim, async || {
        let used = uses_cancel(&sim).await;
        let _ = alice.without_role("crew");
        used
    })
    .await;
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    assert!(!late.is_acknowledged());
    assert_eq!(served.link.late(), 1);
    let house = served.stop().await;
    assert_eq!(house.cancelled.lock().len(), 4);
    // He counts as what he is now, and not as what he was when he used it.
    let judged = house.judged_as.lock();
    assert!(judged.iter().all(|person| person.roles.is_empty()));
    drop(judged);
}

/// A question with a button of each of these, by its name.
async fn question(sim: &Sim, served: &Served, choices: &[(&str, Choice)]) -> MessageRef {
    let general = sim.channel("general");
    let buttons = choices.iter().map(|(id, _)| Button {
        id: (*id).to_owned(),
        label: (*id).to_owned(),
        look: Look::Plain,
    });
    let post = Post {
        content: "May I?".to_owned(),
        controls: vec![ControlRow::Buttons(buttons.collect())],
        ..Post::default()
    };
    let chat = connected(sim).await.chat();
    let id = chat.post(channel(sim, "general"), post, "n-1").await;
    let posted = (channel(sim, "general"), id.unwrap());
    for (id, choice) in choices {
        let control = Control {
            approval: ApprovalId::fresh(),
            choice: *choice,
            state: ApprovalState::Pending,
            place: Place {
                guild: GuildId::new(sim.guild_id().get()),
                channel: posted.0,
                thread: None,
            },
            posted: Some(posted),
            route: None,
            rule: None,
            inquiries: Vec::new(),
        };
        let mut controls = served.house.controls.lock();
        controls.insert((*id).to_owned(), control);
    }
    let mut shown = sim.messages(general).into_iter();
    let shown = shown.rfind(|message| message.content == "May I?");
    shown.unwrap().at()
}

#[tokio::test]
async fn a_no_that_comes_too_late_to_be_answered_counts_all_the_same_and_a_yes_does_not() {
    let (sim, served) = warm().await;
    let choices = [("yes", Choice::Once), ("why", Choice::DenyWithReason)];
    let asked = question(
        &sim,
        &served,
        &[choices[0], choices[1], ("no", Choice::Deny)],
    )
    .await;
    let alice = sim.user("alice");
    let pressed = too_late(&sim, async || {
        [
            alice.clicks(asked, "yes").await,
            alice.clicks(asked, "why").await,
            alice.clicks(asked, "no").await,
        ]
    })
    .await;
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    assert!(!pressed.iter().any(InteractionRef::is_acknowledged));
    assert_eq!(served.link.late(), 3);
    let house = served.stop().await;
    assert_eq!(*house.decided_as.lock(), [Ruling::Deny(None)]);
}

#[tokio::test]
async fn who_is_told_to_wait_before_he_tells_something_waits_as_long() {
    let (sim, served) = served().await;
    sim.fault(Rule::edit_answer(), Fault::rate_limited(Scope::User, 2_000));
    assert_eq!(told(&uses_cancel(&sim).await).await, STOPPING);
    let journal = sim.journal();
    let calls = journal.iter().filter_map(Entry::rest);
    let edits = calls.filter(|call| call.route == RouteKind::EditAnswer);
    let edits: Vec<(Option<u16>, i64)> = edits.map(|call| (call.status, call.arrived_ms)).collect();
    let [(Some(429), first), (Some(200), second)] = edits[..] else {
        panic!("{edits:?}");
    };
    assert!(second - first >= 2_000, "{} ms", second - first);
    served.stop().await;
}
