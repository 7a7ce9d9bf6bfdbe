//! What happens to a login while Baton renews it: a death, another's login, a full disk, a second Baton.

use std::{fs, os::unix::fs::PermissionsExt as _};

use baton::clock::Millis;
use model_sim::{Fault, Refusal, Rules, Tokens, Verdict, What};
use serde_json::Value;

use super::{SHORT, accepted, no_login_was_lost};
use crate::{
    health::Pages,
    stage::{
        Powers, Settings, Stage, another,
        mounts::{Mounts, SmallDisk},
        oauth::{Logins, stored},
        sql, until,
    },
};

/// A stage on which Baton does not run, with a login that is to be renewed at once though it holds for hours.
pub(super) async fn due() -> (Stage, Logins, Tokens) {
    let (mut stage, logins) = Stage::with_logins(Rules::default(), Settings::default()).await;
    let tokens = logins.log_in();
    stage.start().await;
    let pages = Pages::of(&stage).await;
    let is_kept = |login: &Value| login["hasToken"] == true && login["daemonRunning"] == "running";
    pages.until_login(is_kept).await;
    stage.stop().await;
    stage.sql("UPDATE account_logins SET due_at = 0").await;
    (stage, logins, tokens)
}

/// Whether the page says that nobody knows if the token was used.
pub(super) fn is_doubtful(login: &Value) -> bool {
    let trouble = login["trouble"].as_str().unwrap_or_default();
    trouble.starts_with("it is not known whether")
}

fn gate(name: &str) -> What {
    What::Gate(name.to_owned())
}

#[tokio::test]
async fn a_server_that_dies_before_the_answer_does_not_use_the_token_again_while_it_could_lose_something()
 {
    let (mut stage, logins, tokens) = due().await;
    let before = logins.stored();
    logins.oauth.next([Fault::after(gate("answer"))]);
    stage.start().await;
    logins.oauth.at_gate("answer").await;
    stage.kill().await;
    assert_eq!(logins.stored(), before);

    stage.start().await;
    let pages = Pages::of(&stage).await;
    // It has had its chance to renew when it shows that.
    pages.until_login(is_doubtful).await;
    assert_eq!(logins.stored(), before);
    // Somebody logs in again, and Baton goes on with that.
    logins.oauth.set_rules(SHORT);
    let again = logins.log_in();
    logins.oauth.posted(2).await;
    pages.until_login(|login| login["trouble"].is_null()).await;
    stage.stop().await;
    let posts = logins.oauth.posts();
    assert_eq!(posts[0].refresh(), Some(tokens.refresh.as_str()));
    assert_eq!(posts[1].refresh(), Some(again.refresh.as_str()));
    assert_eq!(accepted(&posts), posts.len());
}

#[tokio::test]
async fn a_server_that_dies_before_the_answer_tries_once_more_when_nothing_is_left_to_lose() {
    let (mut stage, logins) = Stage::with_logins(SHORT, Settings::default()).await;
    let tokens = logins.log_in();
    logins.oauth.next([Fault::before(gate("request"))]);
    stage.start().await;
    logins.oauth.at_gate("request").await;
    stage.kill().await;
    // The service never saw the first one.
    logins.oauth.until(|posts| accepted(posts) == 0).await;
    stage.start().await;
    logins.oauth.until(|posts| accepted(posts) > 0).await;
    stage.stop().await;
    let posts = logins.oauth.posts();
    let first: Vec<_> = posts[..2]
        .iter()
        .map(|post| (post.refresh(), post.verdict))
        .collect();
    let refresh = Some(tokens.refresh.as_str());
    assert_eq!(
        first,
        [(refresh, Verdict::Unseen), (refresh, Verdict::Accepted)]
    );
    assert_eq!(logins.stored().refresh, logins.oauth.live()[0].refresh);
}

#[tokio::test]
async fn a_token_that_was_used_before_the_death_is_dead_and_a_new_login_is_taken_up() {
    let (mut stage, logins) = Stage::with_logins(SHORT, Settings::default()).await;
    logins.log_in();
    logins.oauth.next([Fault::after(gate("answer"))]);
    stage.start().await;
    logins.oauth.at_gate("answer").await;
    stage.kill().await;
    stage.start().await;
    let pages = Pages::of(&stage).await;
    let is_lost = |login: &Value| login["trouble"] == "somebody has to log in again";
    pages.until_login(is_lost).await;
    let posts = logins.oauth.posts();
    assert_eq!(
        posts[1].verdict,
        Verdict::Refused(Refusal::Reused),
        "{posts:#?}"
    );
    let again = logins.log_in();
    pages.until_login(|login| login["trouble"].is_null()).await;
    logins.oauth.posted(3).await;
    stage.stop().await;
    assert_eq!(
        logins.oauth.posts()[2].refresh(),
        Some(again.refresh.as_str())
    );
    assert_eq!(logins.stored().refresh, logins.oauth.live()[0].refresh);
}

#[tokio::test]
async fn a_login_that_comes_while_another_is_renewed_stays() {
    let (mut stage, logins, _) = due().await;
    logins.oauth.next([Fault::after(gate("answer"))]);
    stage.start().await;
    logins.oauth.at_gate("answer").await;
    let again = logins.log_in();
    let theirs = logins.stored();
    logins.oauth.open_gate("answer");
    until("Baton has seen it", || {
        stage
            .log()
            .contains("the login was changed during a renewal")
    })
    .await;
    stage.stop().await;
    assert_eq!(logins.stored(), theirs);
    assert_eq!(theirs.refresh, again.refresh);
    assert_eq!(logins.oauth.posts().len(), 1);
}

#[tokio::test]
async fn two_servers_with_one_directory_use_each_token_once() {
    let (mut stage, logins) = Stage::with_logins(SHORT, Settings::default()).await;
    logins.log_in();
    stage.start().await;
    let data = stage.home().join("second");
    let second = another(&stage, &data);
    let mut renewals = 20;
    loop {
        logins.oauth.posted(renewals).await;
        if has_renewed(&stage.data()).await && has_renewed(&data).await {
            break;
        }
        assert!(renewals < 200, "one of them does nothing");
        renewals += 1;
    }
    // Killed in the middle of a renewal it would lose the login, which is another test.
    second.stop().await;
    stage.stop().await;
    no_login_was_lost(&logins);
}

#[tokio::test]
async fn a_server_sends_no_token_that_another_one_has_sent_before_it_was_killed() {
    let (mut stage, logins, _) = due().await;
    let before = logins.stored();
    logins.oauth.next([Fault::after(gate("answer"))]);
    stage.start().await;
    logins.oauth.at_gate("answer").await;
    stage.kill().await;
    // It has the same directory, and knows nothing of the first one but what lies there.
    stage.sql("DELETE FROM renewals").await;
    stage.start().await;
    until("it has looked at it", || {
        stage.log().contains("in the middle of a renewal")
    })
    .await;
    stage.stop().await;
    assert_eq!(logins.stored(), before);
    assert_eq!(logins.oauth.posts().len(), 1);
}

/// Whether the Baton with this data directory has ever renewed the login.
async fn has_renewed(data: &std::path::Path) -> bool {
    let at = "SELECT CAST(renewed_at AS TEXT) FROM account_logins";
    !sql(data, at).await.is_empty()
}

#[tokio::test]
async fn a_disk_that_is_full_costs_no_token() {
    let (mut stage, logins) = Stage::with_logins(SHORT, Settings::default()).await;
    let disk = SmallDisk::at(&logins.directory(), 512).await;
    let tokens = logins.log_in_at(&disk.path());
    disk.fill();
    stage.run_with(disk.powers());
    stage.start().await;
    until("people are told", || stage.log().contains("NoRoom")).await;
    assert_eq!(logins.oauth.posts().len(), 0);
    assert_eq!(stored(&disk.path()).refresh, tokens.refresh);

    // What comes for a token that is being used has its room already.
    logins.oauth.set_rules(Rules::default());
    logins.oauth.next([Fault::after(gate("answer"))]);
    disk.clear();
    logins.oauth.at_gate("answer").await;
    disk.fill();
    logins.oauth.open_gate("answer");
    until("it is on disk", || {
        stored(&disk.path()).refresh == logins.oauth.live()[0].refresh
    })
    .await;
    stage.stop().await;
    let posts = logins.oauth.posts();
    assert_eq!((posts.len(), accepted(&posts)), (1, 1));
    assert!(stored(&disk.path()).expires_at > Millis::new(0));
}

#[tokio::test]
async fn a_server_that_dies_with_new_tokens_in_its_hands_puts_them_in_place_when_it_is_back() {
    let (mut stage, logins, tokens) = due().await;
    let mounts = Mounts::none().await;
    stage.run_with(mounts.powers());
    logins.oauth.next([Fault::after(gate("answer"))]);
    stage.start().await;
    logins.oauth.at_gate("answer").await;
    let file = logins.directory().join(".credentials.json");
    mounts.hold_fast(&file).await;
    logins.oauth.open_gate("answer");
    let pages = Pages::of(&stage).await;
    let is_held = |login: &Value| {
        let trouble = login["trouble"].as_str().unwrap_or_default();
        trouble.starts_with("its new tokens are in memory alone")
    };
    pages.until_login(is_held).await;
    assert_eq!(logins.stored().refresh, tokens.refresh);
    stage.kill().await;
    drop(mounts);

    stage.run_with(Powers::Inherited);
    stage.start().await;
    let newest = logins.oauth.live()[0].refresh.clone();
    until("they are in place", || logins.stored().refresh == newest).await;
    let pages = Pages::of(&stage).await;
    pages
        .until_login(|login| login["trouble"].is_null() && login["hasToken"] == true)
        .await;
    stage.stop().await;
    let posts = logins.oauth.posts();
    assert_eq!((posts.len(), accepted(&posts)), (1, 1));
    assert_eq!(leftovers(&logins), Vec::<String>::new());
}

/// What Baton has put beside the login.
fn leftovers(logins: &Logins) -> Vec<String> {
    let entries = fs::read_dir(logins.directory()).unwrap().flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    names.filter(|name| name.contains(".baton-")).collect()
}

#[tokio::test]
async fn where_nothing_can_be_written_no_token_is_used() {
    let (mut stage, logins, _) = due().await;
    let before = logins.stored();
    let mounts = Mounts::read_only(&logins.directory()).await;
    stage.run_with(mounts.powers());
    stage.start().await;
    until("people are told", || {
        stage.log().contains("the login was not renewed")
    })
    .await;
    stage.stop().await;
    assert_eq!(logins.oauth.posts().len(), 0);
    drop(mounts);
    stage.run_with(Powers::Inherited);
    stage.start().await;
    until("the login is renewed", || logins.stored() != before).await;
    stage.stop().await;
    no_login_was_lost(&logins);
}

#[tokio::test]
async fn a_login_that_may_only_be_read_or_that_others_may_read_becomes_a_file_for_its_owner_alone()
{
    for mode in [0o400, 0o644] {
        let (mut stage, logins, _) = due().await;
        let before = logins.stored();
        let file = logins.directory().join(".credentials.json");
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        stage.start().await;
        until("the login is renewed", || logins.stored() != before).await;
        stage.stop().await;
        assert_eq!(
            fs::metadata(&file).unwrap().permissions().mode() & 0o7777,
            0o600
        );
        no_login_was_lost(&logins);
    }
}

#[tokio::test]
async fn a_login_that_is_lost_at_night_is_told_the_owner_at_once_and_so_is_the_next_one() {
    let (mut stage, logins, tokens) = due().await;
    assert!(logins.oauth.revoke(&tokens.refresh));
    stage.start().await;
    let directly = stage.owners_messages();
    let told = stage.says(directly, "⚠️ **login lost**").await;
    assert!(told.content.contains("claude auth login"), "{told:?}");
    logins.log_in();
    stage.says(directly, "✅ **login lost**").await;
}
