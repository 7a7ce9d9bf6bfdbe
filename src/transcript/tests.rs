//! What stands in the files, whatever happened to the server, the disk and the files meanwhile.

mod files;

use std::{
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

use super::*;
use crate::{
    clock::Millis,
    delivery::Outbox,
    store::{NewDelivery, NewRequest, NewRun, NewSession, Payload, ProjectRow, RunEnd},
    words::{
        ChannelId, Circle, GuildId, MessageId, Person, RequestId, RequestState, RunId, RunState,
        RuntimeKind, SessionId, Tier, UserId,
    },
};

/// 2001-09-09, 01:46:40 UTC.
const NOW: Millis = Millis::new(1_000_000_000_000);
const THREAD: u64 = 7;

/// A place to write transcripts in.
struct Bench {
    home: TempDir,
    transcripts: Transcripts,
}

async fn bench(max_size: u64, keep: usize) -> Bench {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(&home.path().join("data")).await.unwrap();
    let mut tx = store.write().await.unwrap();
    let project = ProjectRow {
        name: "play".into(),
        directory: "/".into(),
        runtime: RuntimeKind::Claude,
    };
    tx.note_project(&project, NOW).await.unwrap();
    tx.commit().await.unwrap();
    let clock = Clock::held_at(NOW);
    let transcripts = Transcripts {
        outbox: Outbox::new(store.clone(), clock.clone()),
        store,
        clock,
        metrics: Metrics::default(),
        secrets: Secrets::new([r#"a "quoted" secret"#.into()]),
        rules: Rules {
            directory: home.path().join("data/transcripts"),
            max_size,
            keep,
        },
    };
    Bench { home, transcripts }
}

impl Bench {
    fn file(&self, thread: u64) -> PathBuf {
        self.directory().join(format!("{thread}.jsonl"))
    }

    fn directory(&self) -> &Path {
        &self.transcripts.rules.directory
    }

    fn text(&self, name: &str) -> String {
        fs::read_to_string(self.directory().join(name)).unwrap()
    }

    fn lines(&self, thread: u64) -> Vec<Value> {
        let text = self.text(&format!("{thread}.jsonl"));
        let lines = text.lines().map(serde_json::from_str);
        lines.collect::<Result<_, _>>().unwrap()
    }

    fn seqs(&self, thread: u64) -> Vec<i64> {
        let lines = self.lines(thread);
        lines
            .iter()
            .map(|line| line["seq"].as_i64().unwrap())
            .collect()
    }

    async fn session(&self, thread: u64) -> SessionId {
        let new = NewSession {
            id: SessionId::fresh(),
            project: "play".into(),
            runtime: RuntimeKind::Claude,
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: ChannelId::new(thread),
            context_before: None,
            context_after: None,
            title: "a talk".into(),
            name: None,
            model: None,
            agent_session: Uuid::new_v4(),
            circle: Circle::Members,
        };
        let mut tx = self.transcripts.store.write().await.unwrap();
        assert!(tx.insert_session(&new, NOW).await.unwrap());
        tx.commit().await.unwrap();
        new.id
    }

    /// A run for one message in a session.
    async fn asked(&self, session: SessionId, text: &str) -> RunId {
        let mut tx = self.transcripts.store.write().await.unwrap();
        let request = NewRequest {
            id: RequestId::fresh(),
            message: MessageId::new(u64::from(Uuid::new_v4().as_fields().0)),
            channel: ChannelId::new(2),
            session,
            person: Person {
                id: UserId::new(9),
                name: "Ann".into(),
                roles: Vec::new(),
            },
            tier: Tier::Member,
            text: text.to_owned(),
        };
        assert!(tx.insert_request(&request, NOW).await.unwrap());
        let run = NewRun {
            id: RunId::fresh(),
            session,
            principal: UserId::new(9),
            tier: Tier::Member,
            expires_at: NOW,
        };
        tx.insert_run(&run, NOW).await.unwrap();
        tx.take_request(request.id, run.id).await.unwrap();
        tx.commit().await.unwrap();
        run.id
    }

    async fn event(&self, run: RunId, kind: &str, data: &Value) {
        let mut tx = self.transcripts.store.write().await.unwrap();
        tx.run_event(run, NOW, kind, data).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn answered(&self, run: RunId, answer: &str) {
        let mut tx = self.transcripts.store.write().await.unwrap();
        let end = RunEnd::unused(RunState::Completed, RequestState::Answered, None);
        assert!(tx.end_run(run, &end, NOW).await.unwrap());
        let delivery = NewDelivery {
            key: format!("outcome:{run}"),
            lane: ChannelId::new(THREAD),
            session: None,
            run: Some(run),
            payload: Payload::Answer {
                markdown: answer.to_owned(),
                footer: String::new(),
            },
        };
        tx.deliver(&delivery, NOW).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// As if the server had died before it could note how far it has written.
    async fn forget(&self, seq: i64) {
        let mut tx = self.transcripts.store.write().await.unwrap();
        tx.transcribed(seq).await.unwrap();
        tx.commit().await.unwrap();
    }

    async fn alerts(&self) -> Vec<String> {
        let alerts = self.transcripts.store.alerts(100).await.unwrap();
        alerts.into_iter().map(|alert| alert.text).collect()
    }

    async fn write(&self) {
        self.transcripts.catch_up().await.unwrap();
    }
}

#[tokio::test]
async fn a_conversation_is_a_file_of_what_was_asked_decided_and_answered() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, "please look").await;
    let decision = json!({"tool": "Read", "verdict": "Allow"});
    bench.event(run, "tool_decided", &decision).await;
    bench.answered(run, "I have **looked**.").await;
    bench.write().await;
    let line = |seq: i64, kind: &str, data: Value, more: Value| {
        let mut line = json!({
            "ts": "2001-09-09T01:46:40.000Z", "seq": seq, "session": session.to_string(),
            "run": run.to_string(), "n": seq, "kind": kind, "data": data,
        });
        let fields = line.as_object_mut().unwrap();
        fields.extend(more.as_object().unwrap().clone());
        line
    };
    let mut lines = bench.lines(THREAD);
    let message = lines[0]["asked"][0]["message"].take();
    assert!(message.is_string(), "{message}");
    assert_eq!(
        lines,
        [
            line(
                1,
                "queued",
                Value::Null,
                json!({"asked": [
                    {"message": null, "person": "9", "name": "Ann", "text": "please look"}
                ]})
            ),
            line(2, "tool_decided", decision, json!({})),
            line(
                3,
                "completed",
                json!({"failure": null}),
                json!({"told": "I have **looked**."})
            ),
        ]
    );
}

#[tokio::test]
async fn what_is_written_already_is_not_written_again_after_a_crash() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    let other = bench.session(8).await;
    let run = bench.asked(session, "hello").await;
    bench.asked(other, "hello").await;
    bench.event(run, "starting", &Value::Null).await;
    bench.write().await;
    assert_eq!((bench.seqs(THREAD), bench.seqs(8)), (vec![1, 3], vec![2]));
    for died_at in [0, 1, 2] {
        bench.forget(died_at).await;
        bench.event(run, "running", &Value::Null).await;
        bench.write().await;
    }
    assert_eq!(bench.seqs(THREAD), [1, 3, 4, 5, 6]);
    assert_eq!(bench.seqs(8), [2]);
}

#[tokio::test]
async fn half_a_line_that_a_crash_left_is_written_whole() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, "hello").await;
    bench.event(run, "starting", &Value::Null).await;
    bench.write().await;
    let whole = bench.text("7.jsonl");
    fs::write(bench.file(THREAD), &whole[..whole.len() - 5]).unwrap();
    bench.forget(0).await;
    bench.write().await;
    assert_eq!(bench.text("7.jsonl"), whole);
}

#[tokio::test]
async fn a_request_that_cannot_be_read_keeps_nothing_that_comes_behind_it() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    bench.asked(session, "hello").await;
    bench.transcripts.store.damage_requests().await;
    let other = bench.session(8).await;
    bench.asked(other, "hello").await;
    bench.write().await;
    assert_eq!((bench.seqs(THREAD), bench.seqs(8)), (vec![1], vec![2]));
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_told_once_and_nothing_is_lost() {
    let bench = bench(1 << 20, 1).await;
    let elsewhere = bench.home.path().join("elsewhere");
    fs::create_dir(&elsewhere).unwrap();
    symlink(&elsewhere, bench.directory()).unwrap();
    let session = bench.session(THREAD).await;
    bench.asked(session, "hello").await;
    for is_known in [false, true, true] {
        let trouble = bench.transcripts.catch_up().await.unwrap_err();
        bench.transcripts.failed(&trouble, is_known).await;
    }
    assert_eq!(fs::read_dir(&elsewhere).unwrap().count(), 0);
    let alerts = bench.alerts().await;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(
        alerts[0].contains("is no directory. Remove it"),
        "{alerts:?}"
    );
    fs::remove_file(bench.directory()).unwrap();
    bench.write().await;
    assert_eq!(bench.seqs(THREAD), [1]);
}

#[tokio::test]
async fn no_secret_stands_in_them_however_json_writes_it() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    let secret = r#"a "quoted" secret"#;
    let run = bench.asked(session, &format!("here is {secret}")).await;
    let data = json!({secret: [{"input": format!("x{secret}y")}, 1, null]});
    bench.event(run, "tool_decided", &data).await;
    bench.answered(run, "the key is sk-ant-api03-abc").await;
    bench.write().await;
    let text = bench.text("7.jsonl");
    assert!(
        !text.contains("quoted") && !text.contains("api03"),
        "{text}"
    );
    let lines = bench.lines(THREAD);
    assert_eq!(lines[0]["asked"][0]["text"], "here is [redacted]");
    assert_eq!(
        lines[1]["data"],
        json!({"[redacted]": [{"input": "x[redacted]y"}, 1, null]})
    );
    assert_eq!(lines[2]["told"], "the key is [redacted]");
}

#[tokio::test]
async fn what_happens_while_none_are_kept_is_not_written_afterwards() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, "hello").await;
    bench.write().await;
    let mut tx = bench.transcripts.store.write().await.unwrap();
    tx.keep_no_transcripts().await.unwrap();
    tx.commit().await.unwrap();
    bench.event(run, "starting", &Value::Null).await;
    bench.write().await;
    let mut tx = bench.transcripts.store.write().await.unwrap();
    tx.keep_transcripts().await.unwrap();
    tx.commit().await.unwrap();
    bench.event(run, "running", &Value::Null).await;
    bench.write().await;
    assert_eq!(bench.seqs(THREAD), [1, 3]);
    let mut tx = bench.transcripts.store.write().await.unwrap();
    tx.keep_transcripts().await.unwrap();
    tx.commit().await.unwrap();
    bench.event(run, "waiting", &Value::Null).await;
    bench.write().await;
    assert_eq!(bench.seqs(THREAD), [1, 3, 4], "a start changes nothing");
}

#[tokio::test]
async fn a_database_that_was_begun_anew_goes_on_in_the_file_of_the_old_one() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    fs::create_dir(bench.directory()).unwrap();
    let foreign = json!({"seq": 900, "run": RunId::fresh(), "n": 3});
    fs::write(bench.file(THREAD), format!("{foreign}\n")).unwrap();
    bench.asked(session, "hello").await;
    bench.write().await;
    assert_eq!(bench.seqs(THREAD), [900, 1]);
}

#[tokio::test]
async fn what_is_stored_is_written_soon_and_the_rest_before_the_end() {
    let bench = bench(1 << 20, 1).await;
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, "hello").await;
    let file = bench.file(THREAD);
    let store = bench.transcripts.store.clone();
    let stop = CancellationToken::new();
    let Bench { home, transcripts } = bench;
    let work = tokio::spawn(transcripts.run(stop.clone()));
    let count = || fs::read_to_string(&file).map_or(0, |text| text.lines().count());
    let until = async |lines| {
        while count() < lines {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    until(1).await;
    let mut tx = store.write().await.unwrap();
    tx.run_event(run, NOW, "starting", &Value::Null)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    until(2).await;
    let mut tx = store.write().await.unwrap();
    tx.run_event(run, NOW, "running", &Value::Null)
        .await
        .unwrap();
    tx.commit().await.unwrap();
    stop.cancel();
    work.await.unwrap();
    assert_eq!(count(), 3);
    drop(home);
}
