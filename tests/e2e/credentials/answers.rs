//! What becomes of a login when the service cannot be reached, refuses, or answers what nobody can use.

use std::fs;

use baton::clock::Clock;
use model_sim::{Fault, Service, Tokens, Verdict, What};
use serde_json::Value;
use tokio::net::TcpListener;

use super::faults::{due, is_doubtful};
use crate::{
    health::Pages,
    stage::{
        Stage, canary,
        oauth::{Logins, Stored},
        until,
    },
};

/// Where Baton renews tokens.
const TOKEN_URL: &str = "BATON_CREDENTIALS__CLAUDE_TOKEN_URL";

/// Lets Baton try once to renew the login, and returns its page of health when that has failed so often in a row.
async fn fails(stage: &mut Stage, failures: u64) -> Value {
    stage.start().await;
    let pages = Pages::of(stage).await;
    pages
        .until_login(|login| login["refreshFailures"] == failures)
        .await
}

/// Baton has looked at the login, and nothing keeps it from renewing it.
fn works(login: &Value) -> bool {
    login["hasToken"] == true && login["refreshFailures"] == 0 && login["circuitState"] == "closed"
}

/// Baton renews the login as soon as it is started again.
async fn is_renewed(stage: &mut Stage, logins: &Logins, before: &Stored) {
    stage.start().await;
    until("the login is renewed", || logins.stored() != *before).await;
    let pages = Pages::of(stage).await;
    pages.until_login(works).await;
    stage.stop().await;
    assert_eq!(logins.stored().refresh, logins.oauth.live()[0].refresh);
}

#[tokio::test]
async fn a_service_that_refuses_for_now_or_is_not_there_gets_the_same_token_later() {
    let (mut stage, logins, tokens) = due().await;
    let before = logins.stored();
    let status = |status| Fault::before(What::Status(status, None));
    logins.oauth.next([403, 429, 500, 503].map(status));
    for failures in 1..=4 {
        fails(&mut stage, failures).await;
        stage.stop().await;
        assert_eq!(logins.stored(), before);
    }
    logins.oauth.shut().await;
    fails(&mut stage, 5).await;
    stage.stop().await;
    logins.oauth.open().await;
    is_renewed(&mut stage, &logins, &before).await;

    let posts = logins.oauth.posts();
    let uses: Vec<_> = posts.iter().map(|post| post.verdict).collect();
    let mut expected = vec![Verdict::Unseen; 4];
    expected.push(Verdict::Accepted);
    assert_eq!(uses, expected);
    for post in posts {
        assert_eq!(post.refresh(), Some(tokens.refresh.as_str()));
    }
}

#[tokio::test]
async fn a_service_that_wants_to_be_left_alone_is_left_alone_also_after_a_restart() {
    let (mut stage, logins, _) = due().await;
    let before = logins.stored();
    let later = What::Status(429, Some("3600".to_owned()));
    logins.oauth.next([Fault::before(later)]);
    fails(&mut stage, 1).await;
    stage.stop().await;
    // It has had its chance to ask when it shows the failure that the server before had.
    fails(&mut stage, 1).await;
    stage.stop().await;
    assert_eq!(logins.oauth.posts().len(), 1);
    let left = "SELECT CAST(left_alone AS TEXT) FROM account_logins WHERE runtime = 'claude'";
    let left: i64 = stage.sql(left).await.parse().unwrap();
    let wait = left - Clock::system().now().get();
    assert!((3_000_000..=3_600_000).contains(&wait), "{wait} ms");

    stage.sql("UPDATE account_logins SET left_alone = 1").await;
    is_renewed(&mut stage, &logins, &before).await;
}

#[tokio::test]
async fn a_server_that_is_stopped_before_it_has_a_connection_leaves_no_doubt() {
    let (mut stage, logins, _) = due().await;
    let before = logins.stored();
    let url = logins.oauth.token_url(Service::Claude);
    // Somebody who takes connections, and never says who he is.
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let nowhere = format!("https://{}/token", silent.local_addr().unwrap());
    stage.set_env(TOKEN_URL, &nowhere);
    stage.start().await;
    let _waiting = silent.accept().await.unwrap();
    stage.stop().await;
    assert_eq!(logins.stored(), before);
    stage.set_env(TOKEN_URL, &url);
    is_renewed(&mut stage, &logins, &before).await;
}

#[tokio::test]
async fn a_proxy_that_is_down_is_passed_by_and_its_password_stands_nowhere() {
    let (mut stage, logins, _) = due().await;
    let before = logins.stored();
    let closed = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = closed.local_addr().unwrap();
    drop(closed);
    let proxy = format!("http://baton:{}@{address}", canary::OF_A_PROXY);
    stage.set_env("OAUTH_PROXY_URL", &proxy);
    for failures in 1..=3 {
        fails(&mut stage, failures).await;
        stage.stop().await;
        assert_eq!(logins.stored(), before);
    }
    let told = stage
        .sql("SELECT text FROM alerts WHERE kind = 'login_not_renewed'")
        .await;
    assert!(!told.is_empty());
    stage.set_env("OAUTH_PROXY_URL", &format!("{proxy},direct"));
    // The end of the test looks for it everywhere.
    is_renewed(&mut stage, &logins, &before).await;
}

/// Such an answer may have used the token: it is not sent again as long as there is something to lose, and a login that
/// somebody makes settles it.
async fn leaves_in_doubt(what: What) -> (Stage, Logins, Tokens) {
    let (mut stage, logins, tokens) = due().await;
    let before = logins.stored();
    logins.oauth.next([Fault::after(what)]);
    for _ in 0..2 {
        stage.start().await;
        let pages = Pages::of(&stage).await;
        pages.until_login(is_doubtful).await;
        stage.stop().await;
        assert_eq!(logins.stored(), before);
    }
    assert_eq!(logins.oauth.posts().len(), 1);
    logins.log_in();
    stage.start().await;
    let pages = Pages::of(&stage).await;
    pages.until_login(|login| login["trouble"].is_null()).await;
    (stage, logins, tokens)
}

#[tokio::test]
async fn an_answer_that_never_comes_leaves_the_login_in_doubt() {
    leaves_in_doubt(What::Hang).await;
}

#[tokio::test]
async fn an_answer_that_breaks_off_leaves_the_login_in_doubt() {
    leaves_in_doubt(What::Cut(10)).await;
}

#[tokio::test]
async fn an_answer_that_nobody_can_read_is_kept_for_whoever_can() {
    let said = "<html>sk-ant-ort01-in-a-page-of-a-proxy</html>";
    let (stage, logins, _) = leaves_in_doubt(What::Body(said.to_owned())).await;
    let kept = answers(&logins);
    assert_eq!(kept.len(), 1, "{kept:?}");
    assert_eq!(kept[0], said);
    assert!(!stage.log().contains("in-a-page"));
}

#[tokio::test]
async fn a_token_that_is_too_short_to_be_one_is_not_stored() {
    let (_stage, logins, _) = leaves_in_doubt(What::ShortToken).await;
    assert_eq!(answers(&logins).len(), 1);
}

/// The answers of the service that were kept beside the login.
fn answers(logins: &Logins) -> Vec<String> {
    let entries = fs::read_dir(logins.directory()).unwrap().flatten();
    entries
        .filter(|entry| entry.file_name().to_string_lossy().contains(".answer-"))
        .map(|entry| fs::read_to_string(entry.path()).unwrap())
        .collect()
}

#[tokio::test]
async fn clocks_that_are_apart_stop_renewals_until_they_agree() {
    for ahead in [7200, -7200] {
        let (mut stage, logins, _) = due().await;
        let before = logins.stored();
        logins.oauth.set_clock_ahead(ahead);
        stage.start().await;
        let pages = Pages::of(&stage).await;
        let is_apart = |login: &Value| {
            let trouble = login["trouble"].as_str().unwrap_or_default();
            trouble.starts_with("this machine's clock is 1")
        };
        pages.until_login(is_apart).await;
        // What has come is kept all the same.
        assert_ne!(logins.stored(), before);
        assert_eq!(logins.stored().refresh, logins.oauth.live()[0].refresh);
        stage.stop().await;

        logins.oauth.set_clock_ahead(0);
        let before = logins.stored();
        stage.sql("UPDATE account_logins SET due_at = 0").await;
        is_renewed(&mut stage, &logins, &before).await;
    }
}

#[tokio::test]
async fn ten_failures_and_a_restart_lock_nobody_out() {
    let (mut stage, logins, _) = due().await;
    let before = logins.stored();
    stage.sql("UPDATE account_logins SET failures = 9").await;
    logins.oauth.next([Fault::before(What::Status(500, None))]);
    let login = fails(&mut stage, 10).await;
    assert_eq!(login["circuitState"], "open", "{login}");
    assert_eq!(login["persistedFailures"], 9, "{login}");
    stage.stop().await;
    is_renewed(&mut stage, &logins, &before).await;
}

#[tokio::test]
async fn ten_failures_and_another_login_lock_nobody_out() {
    let (mut stage, logins, _) = due().await;
    stage.sql("UPDATE account_logins SET failures = 9").await;
    logins.oauth.next([Fault::before(What::Status(500, None))]);
    fails(&mut stage, 10).await;
    logins.log_in();
    let pages = Pages::of(&stage).await;
    pages.until_login(works).await;
    stage.stop().await;
    // Nor when it came while no server ran.
    stage.sql("UPDATE account_logins SET failures = 10").await;
    logins.log_in();
    stage.start().await;
    let pages = Pages::of(&stage).await;
    pages.until_login(works).await;
}
