//! What poise does with commands, where Baton does otherwise.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use discord_sim::{
    DispatchFault, DispatchRule, EventKind, Fault, InteractionRef, NO_OPTIONS, Rule, Sim,
    SimConfig, ViolationKind,
};
use futures::future::BoxFuture;
use serde_json::json;
use serenity::all::{ClientBuilder, GatewayIntents, Http};
use tokio::{sync::Notify, task::JoinHandle};

use crate::discord::{connect, testing::connected};

/// What became of the command.
#[derive(Debug, Default)]
struct Done {
    /// How often poise began with it.
    begun: AtomicUsize,
    work: AtomicUsize,
    /// How often poise gave it up.
    given_up: AtomicUsize,
    changed: Notify,
}

impl Done {
    fn note(&self, what: &AtomicUsize) {
        what.fetch_add(1, Ordering::SeqCst);
        self.changed.notify_waiters();
    }

    async fn until(&self, what: &AtomicUsize, count: usize) {
        let come = async {
            loop {
                let changed = self.changed.notified();
                if what.load(Ordering::SeqCst) >= count {
                    return;
                }
                changed.await;
            }
        };
        let come = tokio::time::timeout(LONG, come).await;
        assert!(come.is_ok(), "it does not come: {self:?}");
    }
}

/// What takes longer does not come.
const LONG: Duration = Duration::from_mins(2);

/// Gives the first sign, as one should, and does its work.
#[poise::command(slash_command)]
async fn work(context: poise::Context<'_, Arc<Done>, serenity::Error>) -> serenity::Result<()> {
    let done = context.data();
    done.note(&done.begun);
    context.defer_ephemeral().await?;
    done.note(&done.work);
    Ok(())
}

/// Looks something up before, which takes for ever.
fn look_up(
    context: poise::Context<'_, Arc<Done>, serenity::Error>,
) -> BoxFuture<'_, serenity::Result<bool>> {
    Box::pin(async move {
        context.data().note(&context.data().begun);
        std::future::pending().await
    })
}

/// Gives the first sign at once, behind a check.
#[poise::command(slash_command, check = "look_up")]
async fn checked(context: poise::Context<'_, Arc<Done>, serenity::Error>) -> serenity::Result<()> {
    context.defer_ephemeral().await
}

/// A server of poise's.
struct Alone {
    sim: Sim,
    done: Arc<Done>,
    http: Arc<Http>,
    task: JoinHandle<serenity::Result<()>>,
}

impl Alone {
    async fn start() -> Self {
        let sim = Sim::start(SimConfig {
            // What a busy machine takes on top of Discord's three seconds.
            first_answer_ms: 30_000,
            ..SimConfig::default()
        })
        .await;
        let done = Arc::new(Done::default());
        let data = Arc::clone(&done);
        let framework = poise::Framework::builder()
            .options(poise::FrameworkOptions {
                commands: vec![work(), checked()],
                on_error: |error| {
                    Box::pin(async move {
                        if let poise::FrameworkError::Command { ctx, .. } = error {
                            ctx.data().note(&ctx.data().given_up);
                        }
                    })
                },
                ..poise::FrameworkOptions::default()
            })
            .initialize_owners(false)
            .setup(|context, _, framework| {
                Box::pin(async move {
                    poise::builtins::register_globally(context, &framework.options().commands)
                        .await?;
                    Ok(data)
                })
            })
            .build();
        let connection = connected(&sim).await;
        let http = connect::http(&connection.settings, &connection.client);
        http.set_application_id(connection.application);
        let mut client = ClientBuilder::new_with_http(http, GatewayIntents::empty())
            .framework(framework)
            .await
            .unwrap();
        let http = Arc::clone(&client.http);
        let task = tokio::spawn(async move { client.start().await });
        sim.wait_for(|world| world.connected_sessions() > 0 && !world.commands().is_empty())
            .await;
        Self {
            sim,
            done,
            http,
            task,
        }
    }

    async fn use_it(&self) -> InteractionRef {
        self.uses("work").await
    }

    async fn uses(&self, command: &str) -> InteractionRef {
        let (alice, general) = (self.sim.user("alice"), self.sim.channel("general"));
        alice.slash(command, NO_OPTIONS).in_(general).await
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[tokio::test]
async fn poise_gives_a_command_up_whose_first_sign_was_seen() {
    let alone = Alone::start().await;
    alone
        .sim
        .fault(Rule::callback().after_commit(), Fault::DropConnection);
    let used = alone.use_it().await;
    alone.done.until(&alone.done.given_up, 1).await;
    assert!(used.is_acknowledged());
    assert_eq!(alone.done.work.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn poise_begins_a_command_as_often_as_it_is_told_of_it() {
    let alone = Alone::start().await;
    let interactions = DispatchRule::of(EventKind::InteractionCreate);
    alone
        .sim
        .dispatch_fault(interactions, DispatchFault::Duplicate);
    alone.use_it().await;
    // The second of them is told that there is an answer already.
    alone.done.until(&alone.done.given_up, 1).await;
    alone.done.until(&alone.done.work, 1).await;
}

#[tokio::test]
async fn poise_begins_a_command_however_late_it_is_told_of_it() {
    let alone = Alone::start().await;
    let interactions = DispatchRule::of(EventKind::InteractionCreate);
    alone
        .sim
        .dispatch_fault(interactions, DispatchFault::Overtaken { by: 1 });
    let late = alone.use_it().await;
    alone.sim.advance(Duration::from_mins(1));
    let in_time = alone.use_it().await;
    alone.done.until(&alone.done.begun, 2).await;
    alone.done.until(&alone.done.given_up, 1).await;
    in_time.acknowledged().await;
    // Discord has told its person that nothing answers.
    assert!(!late.is_acknowledged());
    let broken = alone.sim.take_violations().into_iter();
    let broken: Vec<ViolationKind> = broken.map(|one| one.kind).collect();
    assert_eq!(broken, [ViolationKind::LateAck]);
}

#[tokio::test]
async fn poise_gives_no_sign_before_the_check_of_a_command_has_come_to_an_end() {
    let alone = Alone::start().await;
    let used = alone.uses("checked").await;
    alone.done.until(&alone.done.begun, 1).await;
    // What comes behind it has its sign.
    alone.use_it().await.acknowledged().await;
    assert!(!used.is_acknowledged());
}

#[tokio::test]
async fn nothing_can_be_said_by_the_token_of_a_command_after_a_quarter_of_an_hour() {
    let alone = Alone::start().await;
    let used = alone.use_it().await;
    alone.done.until(&alone.done.work, 1).await;
    alone.sim.advance(Duration::from_mins(16));
    let token = format!("sim-interaction-token-{}", used.id());
    let answer = json!({ "content": "the end of long work" });
    let said = alone
        .http
        .edit_original_interaction_response(&token, &answer, Vec::new());
    said.await.unwrap_err();
    assert!(used.told().is_none());
}
