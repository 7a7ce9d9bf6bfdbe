//! What the real program does with its login, without Baton: what all the other tests here build on.

use std::time::Duration;

use baton::clock::Clock;
use model_sim::{Road, Rules, Verdict};

use crate::stage::oauth::Alone;

/// Claude Code renews a login of which less than five minutes are left.
const SOON: Duration = Duration::from_mins(4);

#[tokio::test]
async fn claude_code_renews_a_login_that_ends_soon_once_and_keeps_the_new_one() {
    let alone = Alone::open(Rules {
        expires_in: SOON,
        ..Rules::default()
    })
    .await;
    let logins = &alone.logins;
    let first = logins.log_in();
    // What comes of it lasts.
    logins.oauth.set_rules(Rules::default());
    let mut claude = logins.claude();
    for turn in ["one", "two"] {
        claude.answered(turn, 0.0).await;
    }

    let posts = logins.oauth.posts();
    let came: Vec<_> = posts
        .iter()
        .map(|post| (post.refresh(), post.road, post.verdict))
        .collect();
    assert_eq!(
        came,
        [(
            Some(first.refresh.as_str()),
            Road::Tunnel,
            Verdict::Accepted
        )]
    );
    let (stored, newest) = (logins.stored(), logins.oauth.live().swap_remove(0));
    assert_eq!(
        (stored.access, stored.refresh),
        (newest.access.clone(), newest.refresh)
    );
    let lasts = Clock::system().now().after(Duration::from_hours(7));
    assert!(stored.expires_at > lasts, "{:?}", stored.expires_at);
    // The model has seen nothing else.
    let bearer = format!("Bearer {}", newest.access);
    for request in alone.model.requests() {
        if request.path == "/v1/messages" {
            assert_eq!(request.header("authorization"), Some(bearer.as_str()));
        }
    }
}
