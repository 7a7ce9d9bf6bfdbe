//! What poise does with commands, where Baton does otherwise.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use discord_sim::{
    DispatchFault, DispatchRule, EventKind, Fault, InteractionRef, NO_OPTIONS, Rule, Sim, SimConfig,
};
use serenity::all::{ClientBuilder, GatewayIntents};
use tokio::{sync::Notify, task::JoinHandle};

use crate::discord::{connect, testing::connected};

/// What became of the command.
#[derive(Debug, Default)]
struct Done {
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
        loop {
            let changed = self.changed.notified();
            if what.load(Ordering::SeqCst) >= count {
                return;
            }
            changed.await;
        }
    }
}

/// Gives the first sign, as one should, and does its work.
#[poise::command(slash_command)]
async fn work(context: poise::Context<'_, Arc<Done>, serenity::Error>) -> serenity::Result<()> {
    let done = context.data();
    context.defer_ephemeral().await?;
    done.note(&done.work);
    Ok(())
}

/// A server of poise's.
struct Alone {
    sim: Sim,
    done: Arc<Done>,
    task: JoinHandle<serenity::Result<()>>,
}

impl Alone {
    async fn start() -> Self {
        let sim = Sim::start(SimConfig::default()).await;
        let done = Arc::new(Done::default());
        let data = Arc::clone(&done);
        let framework = poise::Framework::builder()
            .options(poise::FrameworkOptions {
                commands: vec![work()],
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
        let task = tokio::spawn(async move { client.start().await });
        sim.wait_for(|world| world.connected_sessions() > 0 && !world.commands().is_empty())
            .await;
        Self { sim, done, task }
    }

    async fn use_it(&self) -> InteractionRef {
        let (alice, general) = (self.sim.user("alice"), self.sim.channel("general"));
        alice.slash("work", NO_OPTIONS).in_(general).await
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
