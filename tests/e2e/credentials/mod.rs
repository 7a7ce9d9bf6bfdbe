//! Logins are renewed, by the agent programs themselves and by Baton, and none is lost.

mod faults;
mod program;
mod rotation;

use std::time::Duration;

use model_sim::{Post, Rules, Verdict};

use crate::stage::oauth::Logins;

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

/// How many refresh tokens were used.
fn accepted(posts: &[Post]) -> usize {
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
