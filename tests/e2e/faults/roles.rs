//! Who may still ask when his turn comes: roles may have changed, and Discord may not answer.

use std::{fs, sync::Arc, time::Duration};

use baton::{
    delivery::Standing,
    session::Cancelled,
    store::{MembershipRow, Subject},
    words::{Guests, MessageId, Person, RoleId, RunId, RunState, Scope, Tier, UserId},
};

use super::{Bench, Wishes, hurry, thread, wait};

const MEMBER: UserId = UserId::new(4);
const CREW: RoleId = RoleId::new(5);
const BANNED: RoleId = RoleId::new(6);

/// Longer than roles are believed.
const LATER: Duration = Duration::from_secs(61);

fn member() -> Person {
    Person {
        id: MEMBER,
        name: "member".into(),
        roles: vec![CREW],
    }
}

impl Bench {
    /// A message of the moment in which the bench began: how old roles are is counted from when it was written.
    fn id(&self, n: u64) -> u64 {
        MessageId::at(self.began).get() + n
    }

    /// A bench on which whoever has the role may ask, and on which one run at a time has its turn.
    async fn with_crew(expiry: Duration) -> Self {
        let mut wishes = Wishes::one_at_a_time();
        wishes.limits.expiry = expiry;
        let bench = Self::with(wishes).await;
        bench.appoint(Subject::Role(CREW), Tier::Member).await;
        bench
    }

    pub(super) async fn appoint(&self, subject: Subject, tier: Tier) {
        let row = MembershipRow {
            subject,
            scope: Scope::Global,
            tier,
            granted_by: None,
            granted_at: self.clock.now(),
            expires_at: None,
        };
        let mut tx = self.store.write().await.unwrap();
        tx.set_membership(&row).await.unwrap();
        tx.commit().await.unwrap();
    }

    /// A member asks while another run is at work, and that takes so long that his roles are old when
    /// his turn comes.
    async fn ask_and_wait(&self) -> RunId {
        let first = self.ask(self.id(11), "work for ever").await;
        self.until_begun().await;
        let waits = self
            .ask_as(member(), None, self.id(12), "what is it?")
            .await;
        self.clock.advance(LATER);
        fs::write(self.home.path().join("go"), "").unwrap();
        self.until(first, RunState::Completed).await;
        waits
    }

    /// Waits until so many times it was asked in vain what the member is, and nothing is at work.
    async fn until_asked(&self, times: usize) {
        hurry("Discord was asked in vain", async || {
            let health = self.engine.health().await.unwrap();
            self.chat.asked() >= times && (health.pulse.active, health.pulse.queued) == (0, 1)
        })
        .await;
    }

    /// Waits until a run that has waited is looked at again. What its agent does then is not hurried.
    async fn until_its_turn(&self, run: RunId) {
        hurry("its turn has come", async || {
            !self.is(run, RunState::Queued).await
        })
        .await;
    }

    async fn refusal(&self) -> String {
        let of = format!(
            "SELECT json_extract(payload, '$.text') FROM deliveries WHERE key = 'refused:{}'",
            self.id(12)
        );
        self.sql(&of).await
    }
}

#[tokio::test]
async fn roles_that_are_old_are_asked_for_again_before_a_request_has_its_turn() {
    let bench = Bench::with_crew(Duration::from_hours(1)).await;
    bench.chat.tell(MEMBER, Standing::Member(vec![CREW]));
    let run = bench.ask_and_wait().await;
    bench.until(run, RunState::Completed).await;
    assert_eq!(
        (bench.chat.asked(), bench.refusal().await.as_str()),
        (1, "")
    );
}

#[tokio::test]
async fn who_has_lost_his_role_or_left_or_got_a_blocked_role_meanwhile_is_refused() {
    let blocked = Standing::Member(vec![CREW, BANNED]);
    let not_a_member =
        "Only members can work with the agents here. Ask an owner of this server to add you.";
    for (standing, why) in [
        (Standing::Member(Vec::new()), not_a_member),
        (Standing::Stranger, not_a_member),
        (
            blocked,
            "You are blocked here. An owner of this server can lift that.",
        ),
    ] {
        let bench = Bench::with_crew(Duration::from_hours(1)).await;
        bench.appoint(Subject::Role(BANNED), Tier::Blocked).await;
        bench.chat.tell(MEMBER, standing);
        let run = bench.ask_and_wait().await;
        bench.until(run, RunState::Cancelled).await;
        assert_eq!(
            bench.refusal().await,
            format!("🚫 A message that waited here was not worked on. {why}")
        );
        assert!(!bench.states(run).await.contains(&"starting".to_owned()));
    }
}

#[tokio::test]
async fn who_has_left_is_what_he_is_without_roles_and_refused_while_a_role_may_be_blocked() {
    // What he is in his own right, what guests may do, whether a role is blocked, and the end.
    for (own, guests, is_role_blocked, end) in [
        (Some(Tier::Member), Guests::None, false, RunState::Completed),
        (Some(Tier::Member), Guests::None, true, RunState::Cancelled),
        (None, Guests::Ask, false, RunState::Completed),
        (None, Guests::Ask, true, RunState::Cancelled),
    ] {
        let bench = Bench::with(Wishes {
            guests,
            ..Wishes::one_at_a_time()
        })
        .await;
        if let Some(tier) = own {
            bench.appoint(Subject::User(MEMBER), tier).await;
        }
        if is_role_blocked {
            bench.appoint(Subject::Role(BANNED), Tier::Blocked).await;
        }
        bench.chat.tell(MEMBER, Standing::Stranger);
        let run = bench.ask_and_wait().await;
        bench.until(run, end).await;
        let refusal = if is_role_blocked {
            "🚫 A message that waited here was not worked on. Only members can work with the agents here. Ask an owner of this server to add you."
        } else {
            ""
        };
        let case = format!("{own:?} {guests:?} {is_role_blocked}");
        assert_eq!(bench.refusal().await, refusal, "{case}");
        let began = bench.states(run).await.contains(&"starting".to_owned());
        assert_eq!(began, !is_role_blocked, "{case}");
    }
}

#[tokio::test]
async fn a_request_waits_while_discord_does_not_say_what_its_writer_is_and_holds_up_nobody() {
    let bench = Bench::with_crew(Duration::from_hours(1)).await;
    let waits = bench.ask_and_wait().await;
    bench.until_asked(3).await;
    let other = bench.ask(bench.id(13), "what is it?").await;
    bench.until(other, RunState::Completed).await;
    bench.until_asked(6).await;
    assert!(bench.is(waits, RunState::Queued).await);

    bench.chat.tell(MEMBER, Standing::Member(vec![CREW]));
    bench.until_its_turn(waits).await;
    bench.until(waits, RunState::Completed).await;
    assert_eq!(
        bench.states(waits).await,
        ["queued", "starting", "running", "completed"]
    );
}

#[tokio::test]
async fn a_member_in_his_own_right_waits_only_if_a_role_may_block_him() {
    let bench = Bench::with_crew(Duration::from_hours(1)).await;
    bench.appoint(Subject::User(MEMBER), Tier::Member).await;
    let run = bench.ask_and_wait().await;
    bench.until_its_turn(run).await;
    bench.until(run, RunState::Completed).await;

    let bench = Bench::with_crew(Duration::from_hours(1)).await;
    bench.appoint(Subject::User(MEMBER), Tier::Member).await;
    bench.appoint(Subject::Role(BANNED), Tier::Blocked).await;
    let run = bench.ask_and_wait().await;
    bench.until_asked(3).await;
    assert!(bench.is(run, RunState::Queued).await);
}

#[tokio::test]
async fn a_request_that_waits_for_discord_expires_and_can_be_withdrawn_like_any_other() {
    let bench = Bench::with_crew(LATER * 2).await;
    tokio::spawn(Arc::clone(&bench.engine).keep());
    let run = bench.ask_and_wait().await;
    bench.until_asked(3).await;
    bench.clock.advance(LATER);
    hurry("the run has expired", async || {
        bench.is(run, RunState::Expired).await
    })
    .await;

    let bench = Bench::with_crew(Duration::from_hours(1)).await;
    let run = bench.ask_and_wait().await;
    bench.until_asked(3).await;
    let cancelled = bench.cancel(thread(bench.id(12))).await.unwrap();
    assert_eq!(cancelled, Cancelled::Withdrawn);
    bench.until(run, RunState::Cancelled).await;
}

#[tokio::test]
async fn a_run_that_had_begun_when_its_server_died_waits_for_discord_as_well() {
    let mut bench = Bench::with_crew(Duration::from_hours(1)).await;
    let run = bench.ask_and_wait().await;
    bench.until_asked(3).await;
    bench
        .sql("UPDATE runs SET state = 'starting' WHERE state = 'queued'")
        .await;
    bench.restart().await;
    wait("it is back in the queue", async || {
        bench.is(run, RunState::Queued).await
    })
    .await;
    bench.chat.tell(MEMBER, Standing::Member(vec![CREW]));
    bench.until_its_turn(run).await;
    bench.until(run, RunState::Completed).await;
}
