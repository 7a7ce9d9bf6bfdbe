//! `kill -9` of the server a hundred times while a burst comes in and is worked on.

use std::{
    env, fs,
    io::{BufRead as _, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use baton::store::Store;

use super::{Crew, Ground, burst, is_settled, wishes};
use crate::stage::clear_away;

/// Where the server that is killed finds its state, and how much of the burst has been said.
const HOME: &str = "BATON_CROWD_HOME";
const HEARD: &str = "BATON_CROWD_HEARD";

/// How often it is killed.
const KILLS: usize = 100;

/// What it says when it has taken up what the one before it left.
const UP: &str = "the server is up";

/// A life of the server: a process of its own, which is this test binary again. Everything that was
/// said until now is heard again from the first message on, as after a catch-up of a whole day.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the server that another test starts and kills"]
async fn a_life() {
    let Some(home) = env::var_os(HOME).map(PathBuf::from) else {
        return;
    };
    let heard: usize = env::var(HEARD).unwrap().parse().unwrap();
    let store = Store::open(&home.join("data")).await.unwrap();
    let crew = Crew::start(&home, &wishes(), &store).await;
    println!("\n{UP}");
    for said in burst().iter().take(heard) {
        crew.engine.hear(said.heard()).await.unwrap();
    }
    while !is_settled(&store).await {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    if heard < burst().len() {
        // There is nothing to be done until more is said.
        std::future::pending::<()>().await;
    }
}

fn live(home: &Path, heard: usize) -> Child {
    let mut command = Command::new(env::current_exe().unwrap());
    command
        .args(["--exact", "crowd::kill::a_life", "--ignored", "--nocapture"])
        .env(HOME, home)
        .env(HEARD, heard.to_string())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    command.spawn().unwrap()
}

/// Waits until it has taken up what was left, or has ended.
fn until_up(server: &mut Child) {
    let lines = BufReader::new(server.stdout.take().unwrap()).lines();
    lines.map_while(Result::ok).find(|line| line == UP);
}

/// Numbers without an order, always the same.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % bound
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_that_is_killed_a_hundred_times_loses_nothing_and_does_nothing_twice() {
    let home = tempfile::Builder::new().prefix("bt").tempdir().unwrap();
    let ground = Ground(home.path());
    ground.prepare().await.close().await;
    ground.go();
    let said = burst();
    let mut chance = Chance(0x5eed);
    for life in 1..=KILLS {
        let mut server = live(home.path(), said.len() * life / KILLS);
        // One in five dies on its way up.
        if chance.below(5) > 0 {
            until_up(&mut server);
        }
        std::thread::sleep(Duration::from_millis(chance.below(80)));
        server.kill().unwrap();
        let status = server.wait().unwrap();
        assert_eq!(status.code(), None, "it ended by itself in life {life}");
    }
    let last = live(home.path(), said.len()).wait_with_output().unwrap();
    let told = String::from_utf8_lossy(&last.stdout).into_owned();
    clear_away(&home.path().join("data"));
    assert!(last.status.success(), "{told}");
    ground.all_answered(&said).await;
    let twice = "SELECT COUNT(*) FROM runs WHERE state <> 'completed'";
    assert_eq!(ground.count(twice).await, 0);
    assert!(fs::metadata(home.path().join("book")).is_ok());
}
