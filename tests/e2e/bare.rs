//! Serenity alone, as a process that is asked to end in the moment in which it cannot: why Baton keeps the end of a
//! connection from it.

use std::{env, process::Stdio, time::Duration};

use discord_sim::{Sim, SimConfig};
use nix::{
    sys::signal::{Signal, kill},
    unistd::Pid,
};
use serenity::all::{Client, GatewayIntents, HttpBuilder};
use tokio::{
    process::Command,
    runtime::Builder,
    signal::unix::{SignalKind, signal},
};

use crate::stage::until;

/// Where the process finds the simulator, and its token.
const API: &str = "BARE_API";
const TOKEN: &str = "BARE_TOKEN";

/// The file that it makes when it has been asked to end.
const ASKED: &str = "BARE_ASKED";

/// More time of a processor than whoever only connects needs, and less than a spin takes.
const SPINS: Duration = Duration::from_millis(500);

/// All the time that a server has to end.
const IN_TIME: Duration = Duration::from_secs(5);

/// A server that does at a signal what serenity's own examples do.
#[tokio::test(flavor = "multi_thread", worker_threads = 3)]
#[ignore = "it is the process that the other test starts"]
async fn a_server_of_serenity_alone() {
    let (Ok(api), Ok(token)) = (env::var(API), env::var(TOKEN)) else {
        eprintln!("nobody has started it as that process");
        return;
    };
    let heard = env::var_os(ASKED).unwrap();
    let http = HttpBuilder::new(token)
        .proxy(api)
        .ratelimiter_disabled(true)
        .build();
    let client = serenity::all::ClientBuilder::new_with_http(http, GatewayIntents::GUILDS);
    let mut client: Client = client.await.unwrap();
    let shards = client.shard_manager.clone();
    let (listens, does_listen) = std::sync::mpsc::channel();
    // On a runtime of its own: the worker that spins may be the one that takes in signals for all others.
    std::thread::spawn(move || {
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let mut asked = signal(SignalKind::terminate()).unwrap();
            listens.send(()).unwrap();
            asked.recv().await;
            std::fs::write(heard, "").unwrap();
            shards.shutdown_all().await;
        });
    });
    does_listen.recv().unwrap();
    client.start().await.unwrap();
}

/// A tick of `/proc/PID/stat`: `USER_HZ` is 100 wherever Baton runs (proc(5), time(7)).
const TICK: Duration = Duration::from_millis(10);

/// What a process has used of processors: `utime` and `stime`, the 14th and 15th field.
fn used(pid: u32) -> Duration {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let (_, rest) = stat.rsplit_once(") ").unwrap();
    let ticks = rest.split(' ').skip(11).take(2);
    TICK * ticks
        .map(|field| field.parse::<u32>().unwrap())
        .sum::<u32>()
}

#[tokio::test]
async fn serenity_never_ends_when_it_is_asked_to_after_a_close_without_a_code() {
    let sim = Sim::start(SimConfig::default()).await;
    let home = tempfile::tempdir().unwrap();
    let heard = home.path().join("asked");
    let mut server = Command::new(env::current_exe().unwrap())
        .args(["--ignored", "--exact", "bare::a_server_of_serenity_alone"])
        .env(API, sim.base_url())
        .env(TOKEN, sim.token())
        .env(ASKED, &heard)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let pid = server.id().unwrap();
    sim.wait_until_connected().await;
    let before = used(pid);
    sim.close_gateway(None);
    until("it spins", || used(pid) > before + SPINS).await;

    kill(Pid::from_raw(pid.cast_signed()), Signal::SIGTERM).unwrap();
    until("it has heard that it is to end", || heard.exists()).await;
    // It does not wait for anything, so by the time that it uses it would have ended on any machine.
    let asked = used(pid);
    until("it has spun for so long", || used(pid) > asked + IN_TIME).await;
    assert!(server.try_wait().unwrap().is_none(), "it has ended");
    assert_eq!(
        sim.gateway().connected,
        0,
        "it is busy with another connection"
    );
    server.kill().await.unwrap();
}
