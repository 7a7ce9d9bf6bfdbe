//! How long it takes to decide on a tool call: by the rules alone, and all of it, from the line that an
//! agent writes at the gate to the answer that it reads. What the way through a runner takes without any
//! decision, and what a commit of the database takes, is measured beside it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::unnecessary_debug_formatting,
    dead_code,
    unused_imports,
    unused_macros,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking, prints its figures, and uses a part of the tests' stage"
)]

mod calls;
mod figures;
mod launch;
#[path = "../tests/e2e/stage/mod.rs"]
mod stage;

use std::{
    collections::BTreeMap,
    hint::black_box,
    path::Path,
    time::{Duration, Instant},
};

use baton::{
    approval::{Grant, GrantRule, ProjectTools, ToolLists},
    clock::Clock,
    runtime::{
        RunEvent, Runtime as _, Verdict,
        runner::{Link, RecordKind, RunnerHost, RunnerLimits},
    },
    store::{GrantRow, ProjectRow, Store},
    words::{
        Approvers, ChannelId, Circle, GrantId, GrantScope, GuildId, Place, RunnerId, RuntimeKind,
        SessionId, Tier, UserId,
    },
};
use calls::{AGENT, CALLS, Call, Expected, LISTS, grants};
use figures::{HEAD, Samples, times};
use stage::{Settings, Stage};
use uuid::Uuid;

/// Decisions of each kind: by the rules alone, and by the whole server.
const ALONE: usize = 2_000;
const WHOLE: usize = 200;

/// How long decisions of one kind are made by the rules alone, if they take that long.
const LONGEST: Duration = Duration::from_secs(8);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        println!("{HEAD}");
        for call in CALLS {
            println!("{}", by_rules(call).row(&format!("rules: {}", call.what)));
        }
        // With `--rules` (after `--`) that was all.
        if std::env::args().any(|argument| argument == "--rules") {
            return;
        }
        println!("{}", commit().await.row("a commit of one row"));
        println!(
            "{}",
            there_and_back()
                .await
                .row("there and back through a runner, nothing decided")
        );
        let stage = Stage::with(Settings {
            fake: Some(AGENT.to_owned()),
            allowed_tools: LISTS.member.to_vec(),
            approvers: "\"owners\"",
            more: format!(
                "denied_tools = {:?}\nasked_tools = {:?}",
                LISTS.denied, LISTS.asked
            ),
            ..Settings::default()
        })
        .await;
        for call in CALLS {
            println!(
                "{}",
                at_the_gate(&stage, call)
                    .await
                    .row(&format!("gate: {}", call.what))
            );
        }
    });
}

/// The decision alone. Each sample is another call, as of an agent that does not repeat itself.
fn by_rules(call: &Call) -> Samples {
    let room = tempfile::tempdir().unwrap();
    let project = room.path().canonicalize().unwrap();
    std::fs::write(project.join("a.txt"), "a").unwrap();
    let lists = |rules: &[&str]| rules.iter().map(ToString::to_string).collect();
    let tools = ProjectTools::parse(&ToolLists {
        denied: lists(LISTS.denied),
        asked: lists(LISTS.asked),
        member: lists(LISTS.member),
        approvers: Approvers::Owners,
        ..ToolLists::default()
    });
    let policy = tools.unwrap().policy_for(Circle::Members, Tier::Member);
    let granted: Vec<Grant> = grants(call)
        .iter()
        .map(|text| Grant {
            id: GrantId::fresh(),
            rule: GrantRule::parse(text).unwrap(),
        })
        .collect();
    let mut samples = Samples::default();
    let until = Instant::now() + LONGEST;
    for n in (0..times(ALONE)).take_while(|_| Instant::now() < until) {
        let ask = call.ask(n, &project);
        let began = Instant::now();
        let decision = policy.decide(black_box(&ask), &project, &granted);
        samples.add(began.elapsed());
        let is_expected = match call.expected {
            Expected::Allow => decision.verdict == Verdict::Allow,
            Expected::Ask => matches!(decision.verdict, Verdict::Ask(_)),
        };
        assert!(is_expected, "{}: {decision:?}", call.what);
    }
    samples
}

async fn commit() -> Samples {
    let home = tempfile::tempdir().unwrap();
    let store = Store::open(home.path()).await.unwrap();
    let mut samples = Samples::default();
    for n in 0..times(WHOLE) {
        let row = ProjectRow {
            name: format!("p{n}"),
            directory: "/".into(),
            runtime: RuntimeKind::Claude,
        };
        let began = Instant::now();
        let mut tx = store.write().await.unwrap();
        tx.note_project(&row, Clock::system().now()).await.unwrap();
        tx.commit().await.unwrap();
        samples.add(began.elapsed());
    }
    samples
}

/// Has an agent make the calls under a runner, with somebody at the other end who allows whatever comes.
async fn there_and_back() -> Samples {
    let room = tempfile::tempdir().unwrap();
    let project = room.path().canonicalize().unwrap();
    write_calls(&CALLS[0], &project);
    let program = stage::fake::write(&project, AGENT);
    let runtime = launch::runtime(&program, &project, BTreeMap::new());
    let baton = Path::new(env!("CARGO_BIN_EXE_baton")).to_owned();
    let host = RunnerHost::new(&project.join("run"), baton, RunnerLimits::default()).unwrap();
    let runner = RunnerId::fresh();
    let launch = launch::launch(&project, &host.temporary(runner), &project.join("data"));
    let command = runtime.command(&launch);
    let link = host.start(runner, SessionId::fresh(), &command).await;
    let Link {
        handle,
        mut records,
    } = link.unwrap();
    let prompt = runtime.prompt(Uuid::new_v4(), "make your calls");
    handle.input("prompt", &prompt).await.unwrap();
    let mut reader = runtime.reader();
    'turn: while let Some(record) = records.next().await {
        let RecordKind::Output { line } = record.kind else {
            continue;
        };
        for event in reader.read(&line) {
            if let RunEvent::Asked(ask) = &event {
                let answer = runtime.at_gate(ask, &Verdict::Allow);
                let id = format!("answer:{}", ask.id);
                handle.input(&id, &answer).await.unwrap();
            }
            if matches!(event, RunEvent::TurnEnded(_)) {
                break 'turn;
            }
        }
    }
    host.remove(runner).await.unwrap();
    samples(&project, &Expected::Allow)
}

/// Has an agent of the whole server make the calls in a turn.
async fn at_the_gate(stage: &Stage, call: &Call) -> Samples {
    let project = stage.project().canonicalize().unwrap();
    write_calls(call, &project);
    let store = stage.store().await;
    let mut given = Vec::new();
    for rule in grants(call) {
        let row = GrantRow {
            id: GrantId::fresh(),
            rule,
            project: "play".into(),
            scope: GrantScope::Project,
            tier: Tier::Member,
            granted_by: UserId::new(stage.sim.user("owner").id().get()),
            giver_roles: Vec::new(),
            place: Some(Place {
                guild: GuildId::new(stage.sim.guild_id().get()),
                channel: ChannelId::new(stage.sim.channel("project").get()),
                thread: None,
            }),
            granted_at: Clock::system().now(),
            expires_at: None,
            revoked_at: None,
            revoked_by: None,
        };
        let mut tx = store.write().await.unwrap();
        tx.insert_grant(&row).await.unwrap();
        tx.commit().await.unwrap();
        given.push(row.id);
    }
    let thread = stage.ask("ann", "make your calls").await;
    stage.answer(thread, "all calls are made").await;
    stage.until_settled().await;
    for id in given {
        let mut tx = store.write().await.unwrap();
        let now = Clock::system().now();
        tx.revoke_grant(id, UserId::new(1), now).await.unwrap();
        tx.commit().await.unwrap();
    }
    store.close().await;
    samples(&project, &call.expected)
}

fn write_calls(call: &Call, project: &Path) {
    std::fs::write(project.join("a.txt"), "a").unwrap();
    let lines = (0..times(WHOLE)).map(|n| call.line(n, project) + "\n");
    std::fs::write(project.join("calls"), lines.collect::<String>()).unwrap();
}

fn samples(project: &Path, expected: &Expected) -> Samples {
    let mut samples = Samples::default();
    for span in calls::took(project, expected) {
        samples.add(Duration::from_nanos(span));
    }
    samples
}
