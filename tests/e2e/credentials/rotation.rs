//! Five processes of the real Claude Code share one login whose refresh tokens are good for one time, while it is
//! renewed as often as it can be.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use model_sim::{Rules, Verdict};

use crate::stage::oauth::{Alone, Claude, Logins};

/// How many processes.
const PROCESSES: usize = 5;

/// Tokens that end as soon as they are there, as far as their clients know: Claude Code renews them with each turn,
/// and Baton with each look.
const SHORT: Rules = Rules {
    one_time: true,
    grace: Duration::ZERO,
    revoke_on_reuse: true,
    ends_the_old: false,
    expires_in: Duration::from_secs(1),
    leeway: Duration::from_hours(1),
};

/// Has each process take turn after turn until the login has been renewed so often. Fails with the first turn that is
/// not answered.
async fn talk_until(logins: &Logins, renewals: usize) {
    let is_over = AtomicBool::new(false);
    let talk = async |n: usize| {
        let mut claude: Claude = logins.claude();
        let mut turns = 0;
        while !is_over.load(Ordering::Relaxed) {
            claude.answered(&format!("process {n}, turn {turns}")).await;
            turns += 1;
        }
        turns
    };
    let watch = async {
        // In steps, because each wait has an end.
        for step in (0..renewals).step_by(5).chain([renewals]) {
            logins.oauth.until(|posts| accepted(posts) >= step).await;
        }
        is_over.store(true, Ordering::Relaxed);
    };
    let all = futures::future::join_all((0..PROCESSES).map(talk));
    let (turns, ()) = tokio::join!(all, watch);
    assert!(turns.iter().all(|turns| *turns > 0), "{turns:?}");
}

fn accepted(posts: &[model_sim::Post]) -> usize {
    let accepted = posts
        .iter()
        .filter(|post| post.verdict == Verdict::Accepted);
    accepted.count()
}

/// Every refresh token came once, the newest never, and that is the one in the file.
fn no_login_was_lost(logins: &Logins) {
    let posts = logins.oauth.posts();
    assert_eq!(accepted(&posts), posts.len(), "{posts:#?}");
    for (token, uses) in logins.oauth.uses() {
        assert_eq!(uses.len(), 1, "{token}: {uses:?}");
    }
    let live = logins.oauth.live();
    assert_eq!(live.len(), 1);
    let stored = logins.stored();
    assert_eq!(
        (&stored.access, &stored.refresh),
        (&live[0].access, &live[0].refresh)
    );
    assert!(!logins.oauth.uses().contains_key(&stored.refresh));
}

#[tokio::test]
async fn five_processes_renew_one_login_twenty_times_by_themselves() {
    let alone = Alone::open(SHORT).await;
    alone.logins.log_in();
    talk_until(&alone.logins, 20).await;
    no_login_was_lost(&alone.logins);
}
