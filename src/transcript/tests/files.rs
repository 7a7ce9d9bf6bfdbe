//! Who may read the files, and what becomes of full ones and of what stands in their place.

use super::*;

#[tokio::test]
async fn nobody_else_may_read_them_whatever_was_there_before() {
    let bench = bench(1 << 20, 1).await;
    fs::create_dir(bench.directory()).unwrap();
    fs::set_permissions(bench.directory(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::write(bench.file(THREAD), "").unwrap();
    fs::set_permissions(bench.file(THREAD), fs::Permissions::from_mode(0o644)).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for thread in [THREAD, 8] {
        let session = bench.session(thread).await;
        bench.asked(session, "hello").await;
    }
    bench.write().await;
    assert_eq!(mode(bench.directory()), 0o700);
    assert_eq!(
        [THREAD, 8].map(|thread| mode(&bench.file(thread))),
        [0o600; 2]
    );
}

#[tokio::test]
async fn a_full_file_becomes_an_older_one_and_the_oldest_goes() {
    let bench = bench(4 << 10, 2).await;
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, "hello").await;
    for n in 0..100 {
        let data = json!({"n": n, "words": "x".repeat(400)});
        bench.event(run, "tool_decided", &data).await;
    }
    bench.write().await;
    let all = |names: [&str; 3]| names.map(|name| bench.text(name)).concat();
    let names = ["7.jsonl.2", "7.jsonl.1", "7.jsonl"];
    let seqs: Vec<i64> = all(names)
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["seq"]
                .as_i64()
                .unwrap()
        })
        .collect();
    let first = *seqs.first().unwrap();
    assert_eq!(seqs, (first..=101).collect::<Vec<_>>());
    assert!(first > 50, "{first}");
    assert!(names.iter().all(|name| bench.text(name).len() <= 4 << 10));
    assert!(!bench.directory().join("7.jsonl.3").exists());
    // A server that died right after the file was set aside looks at that one.
    let before = all(names);
    let newest = bench.directory().join("7.jsonl");
    fs::rename(
        bench.directory().join("7.jsonl.1"),
        bench.directory().join("7.jsonl.2"),
    )
    .unwrap();
    fs::rename(&newest, bench.directory().join("7.jsonl.1")).unwrap();
    bench.forget(90).await;
    bench.write().await;
    assert_eq!(bench.text("7.jsonl"), "");
    assert!(before.ends_with(&bench.text("7.jsonl.1")));
}

#[tokio::test]
async fn a_line_that_is_larger_than_a_file_may_be_has_one_of_its_own() {
    let bench = bench(4 << 10, 1).await;
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, &"long ".repeat(3_000)).await;
    bench.event(run, "starting", &Value::Null).await;
    bench.write().await;
    assert_eq!(bench.text("7.jsonl.1").lines().count(), 1);
    assert_eq!(bench.seqs(THREAD), [2]);
}

#[tokio::test]
async fn what_stands_in_the_place_of_a_file_is_not_followed_and_others_go_on() {
    let bench = bench(1 << 20, 1).await;
    fs::create_dir(bench.directory()).unwrap();
    let elsewhere = bench.home.path().join("elsewhere");
    fs::write(&elsewhere, "mine\n").unwrap();
    symlink(&elsewhere, bench.file(THREAD)).unwrap();
    fs::create_dir(bench.file(8)).unwrap();
    nix::unistd::mkfifo(&bench.file(9), nix::sys::stat::Mode::S_IRWXU).unwrap();
    for thread in [THREAD, 8, 9, 10] {
        let session = bench.session(thread).await;
        bench.asked(session, "hello").await;
    }
    bench.write().await;
    assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "mine\n");
    assert_eq!(bench.seqs(10), [4]);
    let alerts = bench.alerts().await;
    let left_out = |name: &str, what: &str| {
        let path = bench.directory().join(name);
        let text = format!(
            "Lines of a transcript were left out: {} is {what}. Remove it",
            path.display()
        );
        assert!(alerts.contains(&text), "{text} is not in {alerts:?}");
    };
    left_out("7.jsonl", "a link to another place");
    left_out("8.jsonl", "no file");
    left_out("9.jsonl", "no file");
}

#[tokio::test]
async fn what_stands_in_the_place_of_an_older_file_stops_that_conversation_only() {
    let bench = bench(4 << 10, 1).await;
    fs::create_dir(bench.directory()).unwrap();
    fs::create_dir(bench.directory().join("7.jsonl.1")).unwrap();
    let session = bench.session(THREAD).await;
    let run = bench.asked(session, "hello").await;
    for n in 0..20 {
        let data = json!({"n": n, "words": "x".repeat(400)});
        bench.event(run, "tool_decided", &data).await;
    }
    let other = bench.session(8).await;
    bench.asked(other, "hello").await;
    bench.write().await;
    assert_eq!(bench.seqs(8), [22]);
    let is_about_it = |alert: &String| alert.contains("7.jsonl.1 is no file. Remove it");
    assert!(bench.alerts().await.iter().any(is_about_it));
}
