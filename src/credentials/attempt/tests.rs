use std::{fs, path::Path, time::Duration};

use nix::errno::Errno;
use serde_json::json;

use super::{
    super::testing::{self, Server, server},
    *,
};
use crate::{credentials::Route, runtime::claude::LoginFile, words::RuntimeKind};

const NOW: Millis = Millis::new(1_700_000_000_000);

/// A login of which renewals are tried.
struct Bed {
    home: tempfile::TempDir,
    renewal: Renewal,
    service: Server,
}

async fn bed(answers: &[&str]) -> Bed {
    let home = tempfile::tempdir().unwrap();
    let directory = home.path().join("claude");
    fs::create_dir(&directory).unwrap();
    let service = server(answers).await;
    let store = Store::open(&home.path().join("data")).await.unwrap();
    let slot = SlotId::main(RuntimeKind::Claude);
    let mut tx = store.write().await.unwrap();
    tx.save_login(&slot, &crate::store::LoginRow::default())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let renewal = Renewal {
        slot,
        file: FileStore::new(&LoginFile, &directory),
        endpoint: Endpoint {
            url: service.url.clone(),
            client: "client".to_owned(),
            scopes: vec!["scope".to_owned()],
        },
        wire: Arc::new(Wire::new(vec![Route::Direct], None).unwrap()),
        store,
        clock: Clock::held_at(NOW),
        rescue: home.path().join("data/rescue"),
        secrets: Secrets::default(),
        stop: CancellationToken::new(),
    };
    fs::write(renewal.file.path(), login("one").text()).unwrap();
    Bed {
        home,
        renewal,
        service,
    }
}

fn token(name: &str) -> String {
    format!("{name}-{}", "r".repeat(50))
}

fn login(refresh: &str) -> Document {
    let text = json!({"claudeAiOauth": {
        "accessToken": "old access", "refreshToken": token(refresh), "expiresAt": 5, "scopes": ["x"],
    }});
    Document::parse(&LoginFile, text.to_string().as_bytes()).unwrap()
}

fn print(refresh: &str) -> Fingerprint {
    login(refresh).print().unwrap()
}

/// What the service says when all is well.
fn fresh() -> String {
    testing::json(
        200,
        &json!({"access_token": "a".repeat(40), "refresh_token": token("two"), "expires_in": 3_600}),
    )
}

impl Bed {
    async fn renew(&self) -> Came {
        self.renewal.run(print("one"), false).await
    }

    /// The fingerprint of what is on disk.
    fn on_disk(&self) -> Option<Fingerprint> {
        match self.renewal.file.look() {
            Look::There { document, .. } => document.print(),
            Look::Absent | Look::Refused(_) => None,
        }
    }

    fn sent(&self) -> usize {
        self.service.heard.lock().len()
    }

    /// What lies beside the login, but for the directory of Baton's locks.
    fn beside(&self) -> Vec<String> {
        let mut names = names(self.renewal.file.directory());
        names.retain(|name| name != ".credentials.json" && name != "baton-locks");
        names
    }

    async fn is_cut_off(&self) -> bool {
        let print = self.renewal.store.renewal_cut_off(&self.renewal.slot).await;
        print.unwrap().is_some()
    }
}

fn names(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).into_iter().flatten();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn new_tokens_are_on_disk_and_nothing_is_left_beside_them() {
    let bed = bed(&[&fresh()]).await;
    let came = bed.renew().await;
    let Ended::Renewed {
        seen: Seen::Tokens {
            print: now,
            expires_at,
        },
        ..
    } = came.ended
    else {
        panic!("{:?}", came.ended);
    };
    assert_eq!(Some(now), bed.on_disk());
    assert_eq!(expires_at, Some(NOW.after(Duration::from_hours(1))));
    assert_eq!(now, print("two"));
    let shown = bed
        .renewal
        .secrets
        .redact(&format!("it is {}", token("two")));
    assert_eq!(shown, "it is [redacted]");
    assert_eq!(bed.beside(), [] as [&str; 0]);
    assert!(!bed.is_cut_off().await);
    let heard = bed.service.heard.lock()[0].clone();
    let body: Value = serde_json::from_str(heard.split("\r\n\r\n").nth(1).unwrap()).unwrap();
    let expected = json!({
        "grant_type": "refresh_token", "refresh_token": token("one"), "client_id": "client", "scope": "scope",
    });
    assert_eq!(body, expected);
}

#[tokio::test]
async fn a_login_that_is_another_one_by_now_is_not_spent() {
    let bed = bed(&[]).await;
    fs::write(bed.renewal.file.path(), login("theirs").text()).unwrap();
    let came = bed.renew().await;
    assert!(
        matches!(came.ended, Ended::Changed(Seen::Tokens { print: now, .. }) if now == print("theirs")),
        "{:?}",
        came.ended
    );
    assert_eq!(bed.sent(), 0);
}

#[tokio::test]
async fn nothing_is_sent_that_could_not_be_kept() {
    let bed = bed(&[]).await;
    for steps in 0..3 {
        bed.renewal.file.faults.after(steps, Errno::ENOSPC);
        let came = bed.renew().await;
        assert!(matches!(came.ended, Ended::NoRoom(_)), "{:?}", came.ended);
    }
    assert_eq!(bed.sent(), 0);
    assert_eq!(bed.on_disk(), Some(print("one")));
    assert_eq!(bed.beside(), [] as [&str; 0]);
}

#[tokio::test]
async fn nothing_is_sent_that_was_not_noted() {
    let bed = bed(&[]).await;
    bed.renewal.store.close().await;
    let came = bed.renew().await;
    assert!(matches!(came.ended, Ended::NoRoom(_)), "{:?}", came.ended);
    assert_eq!(bed.sent(), 0);
}

#[tokio::test]
async fn what_the_disk_does_not_take_is_held_with_the_locks_and_a_copy_until_it_does() {
    let bed = bed(&[&fresh()]).await;
    // Room is made in three steps.
    bed.renewal.file.faults.after(4, Errno::ENOSPC);
    let came = bed.renew().await;
    assert!(matches!(came.ended, Ended::Held { .. }), "{:?}", came.ended);
    assert_eq!(bed.on_disk(), Some(print("one")));
    let directory = bed.renewal.file.directory();
    assert!(directory.join(".oauth_refresh.lock").is_dir());
    assert_eq!(names(&bed.renewal.rescue).len(), 1);
    let pending = came.pending.unwrap();
    let (tried, pending) = bed.renewal.try_again(pending).await;
    assert!(matches!(tried, Tried::Refused(_)));
    bed.renewal.file.faults.none();
    let (tried, pending) = bed.renewal.try_again(pending.unwrap()).await;
    assert!(matches!(tried, Tried::Stored(_)) && pending.is_none());
    assert_eq!(bed.on_disk(), Some(print("two")));
    assert!(!directory.join(".oauth_refresh.lock").exists());
    assert_eq!(names(&bed.renewal.rescue), [] as [&str; 0]);
    assert_eq!(bed.sent(), 1);
}

#[tokio::test]
async fn what_was_held_when_the_process_died_is_put_in_place_by_the_next() {
    let bed = bed(&[&fresh()]).await;
    bed.renewal.file.faults.after(4, Errno::ENOSPC);
    let came = bed.renew().await;
    // As a process dies: what it would tidy up stays, and so does the copy.
    bed.renewal.file.faults.none();
    drop(came);
    bed.renewal.recover(None).await.unwrap();
    assert_eq!(bed.on_disk(), Some(print("two")));
    assert_eq!(names(&bed.renewal.rescue), [] as [&str; 0]);
}

#[tokio::test]
async fn a_login_of_somebody_elses_stays_while_what_was_held_is_given_up() {
    let bed = bed(&[&fresh()]).await;
    bed.renewal.file.faults.after(4, Errno::ENOSPC);
    let came = bed.renew().await;
    bed.renewal.file.faults.none();
    fs::write(bed.renewal.file.path(), login("theirs").text()).unwrap();
    let (tried, pending) = bed.renewal.try_again(came.pending.unwrap()).await;
    assert!(matches!(tried, Tried::Changed(_)) && pending.is_none());
    assert_eq!(bed.on_disk(), Some(print("theirs")));
    bed.renewal.recover(None).await.unwrap();
    assert_eq!(bed.on_disk(), Some(print("theirs")));
}

#[tokio::test]
async fn what_the_service_says_is_told_apart() {
    let dead = json!({"error": "invalid_grant"});
    let kind = json!({"error": {"type": "invalid_grant", "message": "m"}});
    let codex = json!({"error": {"code": "refresh_token_reused"}});
    let client = json!({"error": "invalid_client"});
    for (status, body, is_dead) in [
        (400, &dead, true),
        (401, &kind, true),
        (401, &codex, true),
        (400, &client, false),
        (403, &dead, false),
        (500, &dead, false),
    ] {
        let bed = bed(&[&testing::json(status, body)]).await;
        let came = bed.renew().await;
        if is_dead {
            assert_eq!(came.ended, Ended::Dead, "{status} {body}");
        } else {
            let refused =
                matches!(came.ended, Ended::Refused { status: told, .. } if told == status);
            assert!(refused, "{status} {body} {:?}", came.ended);
        }
        assert_eq!(bed.on_disk(), Some(print("one")));
        assert_eq!(bed.beside(), [] as [&str; 0]);
        assert!(!bed.is_cut_off().await);
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_kept_and_leaves_a_doubt() {
    let short = json!({"access_token": "a", "refresh_token": token("two"), "expires_in": 60});
    for answer in [
        testing::json(200, &short),
        testing::json(200, &json!("<html>")),
    ] {
        let bed = bed(&[&answer]).await;
        let came = bed.renew().await;
        let Ended::Doubt(why) = came.ended else {
            panic!("{:?}", came.ended);
        };
        let [kept] = &bed.beside()[..] else {
            panic!("{:?}", bed.beside());
        };
        assert!(why.contains(kept), "{why}");
        assert_eq!(bed.on_disk(), Some(print("one")));
    }
}

#[tokio::test]
async fn a_connection_that_breaks_leaves_a_doubt_and_one_that_never_was_leaves_none() {
    let broken = bed(&[""]).await;
    let came = broken.renew().await;
    assert!(matches!(came.ended, Ended::Doubt(_)), "{:?}", came.ended);
    let mut never = bed(&[]).await;
    never.renewal.endpoint.url = "http://127.0.0.1:1/token".parse().unwrap();
    let came = never.renew().await;
    assert!(matches!(came.ended, Ended::NotSent(_)), "{:?}", came.ended);
    for bed in [broken, never] {
        assert_eq!(bed.on_disk(), Some(print("one")));
        assert_eq!(bed.beside(), [] as [&str; 0]);
        assert!(bed.home.path().exists());
    }
}
