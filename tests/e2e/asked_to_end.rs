//! Whatever the gateway does, and whatever else is waited for: asked to end, Baton goes within five seconds.
//!
//! Each state is come to twice. A Baton that is a process gets the signal, and ends; how long that takes the machine is
//! not looked at. One on a clock that the test holds shows for how long it waits, however fast the machine is. That
//! nothing else can make it wait for longer, `cli::run` shows of `in_time`, which is around all of it:
//! `who_asked_the_server_to_end_waits_less_than_five_seconds_for_rooms_that_never_do`.

use std::time::Duration;

use baton::clock::Clock;
use discord_sim::{
    Entry, Fault, GatewayFault, GatewayMode, NO_OPTIONS, RouteKind, Rule, Sim, SimConfig,
    ZombieWatch,
};

use crate::stage::{Settings, Stage, until};

/// A command is tried again after so long, and so often.
const TOO_LATE: Duration = Duration::from_secs(6);
const TRIES: usize = 3;

/// What Baton promises.
const IN_TIME: Duration = Duration::from_secs(5);

/// What is waited for without end, and how to see that Baton has come to it.
struct State {
    sim: SimConfig,
    /// Before Baton starts.
    before: Box<dyn Fn(&Sim)>,
    /// So many connections to the gateway were begun without success in the last minute.
    cut_short: usize,
}

impl Default for State {
    fn default() -> Self {
        Self {
            sim: SimConfig::default(),
            before: Box::new(|_| {}),
            cut_short: 0,
        }
    }
}

impl State {
    async fn stage(&self) -> Stage {
        let stage = Stage::dark(Settings {
            sim: self.sim.clone(),
            ..Settings::default()
        })
        .await;
        for _ in 0..self.cut_short {
            let now = Clock::system().now().get();
            let sql = format!("INSERT INTO identifies (at) VALUES ({now})");
            stage.sql(&sql).await;
        }
        (self.before)(&stage.sim);
        stage
    }
}

/// A Baton that has `come` to such a state ends in time and well when it is asked to.
async fn ends_in_time(state: State, come: impl AsyncFn(&Stage)) {
    let mut stage = state.stage().await;
    stage.start_unconnected();
    come(&stage).await;
    stage.stop().await;
    drop(stage);

    let stage = state.stage().await;
    let server = stage.serve_here(Clock::system());
    come(&stage).await;
    let waited = server.stop_slowly().await;
    assert!(waited < IN_TIME, "it waited for {waited:?}");
}

/// The same of one that is connected when something happens.
async fn connected_ends_in_time(state: State, come: impl AsyncFn(&Stage)) {
    ends_in_time(state, async |stage| {
        stage.until_it_listens().await;
        come(stage).await;
    })
    .await;
}

/// Waits until Baton has met so many faults.
async fn until_faults(sim: &Sim, count: u64) {
    sim.wait_for(|world| world.counts().faults >= count).await;
}

/// Waits until a request has come.
async fn until_asked(sim: &Sim, route: RouteKind) {
    let is_it = |entry: &Entry| entry.rest().is_some_and(|call| call.route == route);
    sim.wait_for(|world| world.journal().iter().any(is_it))
        .await;
}

async fn gateway_mode(mode: GatewayMode) {
    connected_ends_in_time(State::default(), async |stage| {
        stage.sim.set_gateway(mode);
        stage.sim.drop_gateway();
        if mode != GatewayMode::Open {
            let is_gone = |world: discord_sim::WorldView<'_>| world.connected_sessions() == 0;
            stage.sim.wait_for(is_gone).await;
        }
    })
    .await;
}

#[tokio::test]
async fn right_after_the_connection_was_lost() {
    gateway_mode(GatewayMode::Open).await;
}

#[tokio::test]
async fn while_the_gateway_refuses_connections() {
    gateway_mode(GatewayMode::Refuse).await;
}

#[tokio::test]
async fn while_the_gateway_answers_no_handshake() {
    gateway_mode(GatewayMode::Hang).await;
}

#[tokio::test]
async fn while_it_is_connected_and_nothing_happens() {
    connected_ends_in_time(State::default(), async |_| {}).await;
}

#[tokio::test]
async fn right_after_a_close_without_a_code() {
    connected_ends_in_time(State::default(), async |stage| {
        stage.sim.close_gateway(None);
    })
    .await;
}

#[tokio::test]
async fn while_its_resume_is_not_answered() {
    connected_ends_in_time(State::default(), async |stage| {
        stage.sim.gateway_fault_always(GatewayFault::IgnoreResume);
        stage.sim.drop_gateway();
        until_faults(&stage.sim, 1).await;
    })
    .await;
}

#[tokio::test]
async fn while_a_heartbeat_is_not_acknowledged() {
    let state = State {
        sim: SimConfig {
            heartbeat_interval_ms: 6_000,
            zombies: ZombieWatch::Off,
            ..SimConfig::default()
        },
        before: Box::new(|sim| sim.gateway_fault_always(GatewayFault::NoAck)),
        ..State::default()
    };
    connected_ends_in_time(state, async |stage| until_faults(&stage.sim, 1).await).await;
}

async fn never_connected(fault: GatewayFault) {
    let state = State {
        before: Box::new(move |sim| sim.gateway_fault_always(fault)),
        ..State::default()
    };
    ends_in_time(state, async |stage| {
        stage.until_commands().await;
        until_faults(&stage.sim, 1).await;
    })
    .await;
}

#[tokio::test]
async fn before_the_first_handshake_is_answered() {
    never_connected(GatewayFault::HangHandshake).await;
}

#[tokio::test]
async fn before_it_is_greeted_for_the_first_time() {
    never_connected(GatewayFault::NoHello).await;
}

#[tokio::test]
async fn before_its_first_identify_is_answered() {
    never_connected(GatewayFault::IgnoreIdentify).await;
}

async fn says_that_it_waits(state: State, why: &str) {
    ends_in_time(state, async |stage| {
        until("it says that it waits", || stage.log().contains(why)).await;
    })
    .await;
}

#[tokio::test]
async fn while_discord_allows_no_start() {
    let state = State {
        before: Box::new(|sim| sim.set_session_starts_left(0)),
        ..State::default()
    };
    says_that_it_waits(state, "Discord allows no new connection").await;
}

#[tokio::test]
async fn while_its_own_ledger_makes_it_wait() {
    let state = State {
        cut_short: 20,
        ..State::default()
    };
    says_that_it_waits(state, "the last 20 connections to Discord were cut short").await;
}

/// A request of the start is never answered.
async fn hangs_at_the_start(route: RouteKind) {
    let state = State {
        before: Box::new(move |sim| hang(sim, route)),
        ..State::default()
    };
    ends_in_time(state, async |stage| until_asked(&stage.sim, route).await).await;
}

fn hang(sim: &Sim, route: RouteKind) {
    sim.fault(Rule::route(route).always(), Fault::Hang);
}

#[tokio::test]
async fn while_it_asks_who_it_is() {
    hangs_at_the_start(RouteKind::Me).await;
}

#[tokio::test]
async fn while_it_asks_for_its_application() {
    hangs_at_the_start(RouteKind::Application).await;
}

#[tokio::test]
async fn while_it_looks_at_the_server() {
    hangs_at_the_start(RouteKind::Guild).await;
}

#[tokio::test]
async fn while_it_looks_at_a_channel() {
    hangs_at_the_start(RouteKind::Channel).await;
}

#[tokio::test]
async fn while_it_asks_for_the_gateway() {
    hangs_at_the_start(RouteKind::GatewayBot).await;
}

#[tokio::test]
async fn while_it_registers_its_commands() {
    hangs_at_the_start(RouteKind::PutCommands).await;
}

#[tokio::test]
async fn while_it_reads_back_what_it_has_missed() {
    hangs_at_the_start(RouteKind::GuildChannels).await;
}

#[tokio::test]
async fn while_what_it_says_and_does_is_not_answered() {
    connected_ends_in_time(State::default(), async |stage| {
        let routes = [
            RouteKind::AddReaction,
            RouteKind::ThreadFromMessage,
            RouteKind::Callback,
        ];
        for route in routes {
            hang(&stage.sim, route);
        }
        let (ann, project) = (stage.sim.user("ann"), stage.sim.channel("project"));
        ann.says("@bot hello").in_(project).await;
        until_asked(&stage.sim, RouteKind::AddReaction).await;
        stage.until_commands().await;
        // What comes to Baton too late, as on a busy machine, it leaves alone.
        for _ in 0..TRIES {
            ann.slash("health", NO_OPTIONS).in_(project).await;
            let answers = until_asked(&stage.sim, RouteKind::Callback);
            if tokio::time::timeout(TOO_LATE, answers).await.is_ok() {
                return;
            }
        }
        until_asked(&stage.sim, RouteKind::Callback).await;
    })
    .await;
}
