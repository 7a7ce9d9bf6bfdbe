//! Five processes of the real Claude Code share one login whose refresh tokens are good for one time, while it is
//! renewed as often as it can be.

use std::sync::atomic::{AtomicBool, Ordering};

use model_sim::{ForcedError, Post, Road};

use super::{SHORT, accepted, no_login_was_lost};
use crate::stage::{
    Settings, Stage,
    oauth::{Alone, Claude, Logins},
};

/// How many processes.
const PROCESSES: usize = 5;

/// How long the model thinks about a turn of the long test, in seconds: a while with a renewal in each moment, then one
/// in which Baton too finds logins that nobody has just renewed.
const THINKS: [f64; 2] = [0.3, 8.0];

/// After how many renewals the other while begins.
const WHILE: usize = 10;

/// Has each process take turn after turn, about which the model thinks for so many seconds, until `watch` has seen
/// enough. Fails with the first turn that is not answered.
async fn talk_during(logins: &Logins, thinks: impl Fn() -> f64, watch: impl Future<Output = ()>) {
    let is_over = AtomicBool::new(false);
    let talk = async |n: usize| {
        let mut claude: Claude = logins.claude();
        let mut turns = 0;
        while !is_over.load(Ordering::Relaxed) {
            let words = format!("process {n}, turn {turns}");
            claude.answered(&words, thinks()).await;
            turns += 1;
        }
        turns
    };
    let watch = async {
        watch.await;
        is_over.store(true, Ordering::Relaxed);
    };
    let all = futures::future::join_all((0..PROCESSES).map(talk));
    let (turns, ()) = tokio::join!(all, watch);
    assert!(turns.iter().all(|turns| *turns > 0), "{turns:?}");
}

/// How many renewals were Baton's: the program has the address built in, and comes through a tunnel.
fn batons(posts: &[Post]) -> usize {
    posts.iter().filter(|post| post.road == Road::Plain).count()
}

#[tokio::test]
async fn five_processes_renew_one_login_twenty_times_by_themselves() {
    let alone = Alone::open(SHORT).await;
    let logins = &alone.logins;
    logins.log_in();
    let enough = logins.oauth.until(|posts| accepted(posts) >= 20);
    talk_during(logins, || 0.0, enough).await;
    no_login_was_lost(logins);
}

#[tokio::test]
async fn five_processes_and_baton_renew_one_login_two_hundred_times() {
    let (mut stage, logins) = Stage::with_logins(SHORT, Settings::default()).await;
    logins.log_in();
    stage.start().await;
    let enough = async {
        for step in (WHILE..=200).step_by(WHILE) {
            // A token that the model refuses though it holds is renewed too.
            let refused = ForcedError::status(401).error("authentication_error");
            let refused = refused.message("OAuth token has expired.");
            stage.model.force([refused.path("/v1/messages").times(1)]);
            // In steps, because each wait has an end; a fair share of them is to be Baton's.
            let is_far = |posts: &[Post]| accepted(posts) >= step && batons(posts) >= step / 20;
            logins.oauth.until(is_far).await;
        }
    };
    let thinks = || THINKS[accepted(&logins.oauth.posts()) / WHILE % 2];
    talk_during(&logins, thinks, enough).await;
    stage.stop().await;
    no_login_was_lost(&logins);
}
