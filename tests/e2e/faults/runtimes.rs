//! Several agent programs: each conversation keeps its own, also where the server does not have it any more.

use std::{collections::BTreeSet, fs, path::PathBuf};

use baton::{
    access::Action,
    session::{NotStarted, StartIn, StartOrder, Started},
    words::{ChannelId, MessageId, RunId, RunState, RuntimeKind},
};

use super::{Bench, Wishes, gate, owner, place, thread, wait};

/// An agent that says which program it is, and with which model.
const WHO: &str = r#"
def model():
    return sys.argv[sys.argv.index("--model") + 1] if "--model" in sys.argv else "none"

for line in lines():
    if kind(line) in ("initialize", "set_model", "set_permission_mode"):
        welcome(line)
    elif kind(line) == "user" and "for ever" in text(line):
        take(line)
        open("begun", "w").close()
    elif kind(line) == "user":
        answer(line, os.environ["AGENT_KIND"] + ", model " + model())
"#;

impl Bench {
    async fn of_both() -> Self {
        Self::with(Wishes {
            runtimes: vec![RuntimeKind::Claude, RuntimeKind::Codex],
            runtime: RuntimeKind::Codex,
            model: Some("of-codex".to_owned()),
            script: WHO,
            ..Wishes::default()
        })
        .await
    }

    /// Begins a conversation that has the whole channel.
    async fn start(&self, runtime: RuntimeKind) -> Result<Started, NotStarted> {
        let permit = gate(&self.store)
            .authorize(&owner(), place(None), Action::ManageChannel)
            .await;
        let order = StartOrder {
            command: MessageId::new(20),
            name: "of the channel".into(),
            runtime: Some(runtime),
            project: None,
            model: None,
            start_in: StartIn::ThisChannel,
        };
        let permit = permit.unwrap().unwrap();
        self.engine.start_session(&permit, order).await.unwrap()
    }

    /// What a run comes to that is asked for in the channel or in a thread.
    async fn comes_to(&self, at: Option<ChannelId>, message: u64) -> String {
        let run = self.ask_in(at, message, "who are you?").await;
        self.until_over(run).await
    }

    async fn until_over(&self, run: RunId) -> String {
        wait("the run is over", async || {
            self.is(run, RunState::Completed).await || self.is(run, RunState::Failed).await
        })
        .await;
        let told = self.told(run).await;
        told.lines().next().unwrap_or_default().to_owned()
    }

    async fn without_codex(&mut self) {
        self.wishes.runtimes = vec![RuntimeKind::Claude];
        self.restart().await;
    }
}

const GONE: &str = "⚠️ This conversation is with Codex, which is not set up here. Ask the operator to add \
                    `[codex]` to the settings, or begin another conversation with `/session start`.";

#[tokio::test]
async fn each_conversation_works_with_its_own_agent_program_and_a_model_of_that() {
    let mut bench = Bench::of_both().await;
    let run = bench.ask(11, "who are you?").await;
    // A mention begins it with the project's own.
    assert_eq!(bench.until_over(run).await, "codex, model of-codex");
    let began = bench.start(RuntimeKind::Claude).await;
    assert_eq!(began, Ok(Started::InChannel));
    assert_eq!(bench.comes_to(None, 21).await, "claude, model none");
    // An agent that is kept is known again, with the lines of its own program.
    wait("both are kept", async || bench.warm().await == 2).await;
    let runners = BTreeSet::from_iter(bench.runners());
    bench.restart().await;
    assert_eq!(
        bench.comes_to(Some(thread(11)), 22).await,
        "codex, model of-codex"
    );
    assert_eq!(bench.comes_to(None, 23).await, "claude, model none");
    assert_eq!(BTreeSet::from_iter(bench.runners()), runners);
}

#[tokio::test]
async fn a_conversation_whose_agent_program_is_gone_is_told_what_to_do() {
    let mut bench = Bench::of_both().await;
    let run = bench.ask(11, "who are you?").await;
    bench.until_over(run).await;
    wait("the agent is kept", async || bench.warm().await == 1).await;
    bench.without_codex().await;
    assert_eq!(bench.lying_around(), Vec::<PathBuf>::new());
    assert_eq!(bench.comes_to(Some(thread(11)), 12).await, GONE);
    let wanted = NotStarted::NoRuntime(RuntimeKind::Codex);
    assert_eq!(bench.start(RuntimeKind::Codex).await, Err(wanted));
    bench.start(RuntimeKind::Claude).await.unwrap();
    assert_eq!(bench.comes_to(None, 31).await, "claude, model none");
}

#[tokio::test]
async fn a_run_at_work_whose_agent_program_is_gone_ends_with_its_agent() {
    let mut bench = Bench::of_both().await;
    let run = bench.ask(11, "work for ever").await;
    bench.until_begun().await;
    bench.without_codex().await;
    assert_eq!(bench.until_over(run).await, GONE);
    assert_eq!(bench.lying_around(), Vec::<PathBuf>::new());
    // It is found again where it was when the program is back.
    bench.wishes.runtimes.push(RuntimeKind::Codex);
    bench.restart().await;
    fs::remove_file(bench.home.path().join("begun")).unwrap();
    assert_eq!(
        bench.comes_to(Some(thread(11)), 12).await,
        "codex, model of-codex"
    );
}
