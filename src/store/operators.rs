//! What operators are told in channels of their own: a message for each row of two tables, queued in
//! the transaction that writes the row.

use std::fmt::Write as _;

use super::{NewDelivery, Payload, Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, UserId},
};

/// Where operators are told of what is stored for them. Nowhere, if nothing is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    /// The channel of the alerts.
    pub alerts: Option<ChannelId>,
    /// The channel of the audit trail.
    pub audit: Option<ChannelId>,
    /// The owner, who is told of alerts himself where there is no channel for them.
    pub owner: Option<UserId>,
}

/// Where an alert goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Route {
    /// To the channel of the alerts.
    Channel(ChannelId),
    /// To the owner.
    Person(UserId),
}

impl Route {
    /// In whose order it goes. Nobody has the id of a channel.
    pub(super) const fn lane(self) -> ChannelId {
        match self {
            Self::Channel(channel) => channel,
            Self::Person(person) => ChannelId::new(person.get()),
        }
    }

    fn payload(self, text: String) -> Payload {
        match self {
            Self::Channel(channel) => Payload::Notice {
                channel: Some(channel),
                reply_to: None,
                text,
            },
            Self::Person(person) => Payload::PersonNotice { person, text },
        }
    }
}

impl Store {
    /// From now on the operators are told of what this store writes for them.
    #[must_use]
    pub fn telling(self, operators: Operators) -> Self {
        Self { operators, ..self }
    }
}

impl Tx {
    /// Queues an alert that is this row.
    pub(super) async fn tell_alert(
        &mut self,
        route: Route,
        row: i64,
        at: Millis,
        (kind, place, text): (&str, &str, &str),
    ) -> Result<(), StoreError> {
        let line = format!("⚠️ **{}** in {}: {}", words(kind), name(place), code(text));
        self.tell(route, format!("alert:{row}"), line, at).await
    }

    /// Queues that something is over.
    pub(super) async fn tell_over(
        &mut self,
        route: Route,
        key: String,
        at: Millis,
        (kind, place, text): (&str, &str, &str),
    ) -> Result<(), StoreError> {
        let line = format!(
            "✅ **{}** in {} is over: {}",
            words(kind),
            name(place),
            code(text)
        );
        self.tell(route, key, line, at).await
    }

    /// Queues, once an hour, that there are more alerts than are told.
    pub(super) async fn tell_of_more(
        &mut self,
        route: Route,
        at: Millis,
    ) -> Result<(), StoreError> {
        const HOUR: i64 = 60 * 60 * 1_000;
        let key = format!("alerts-more:{}", at.get() / HOUR);
        let line = "⚠️ There are more alerts than I tell within an hour. All of them are in the log and in the table \
                    `alerts`.";
        self.tell(route, key, line.to_owned(), at).await
    }

    /// Queues a line of the audit trail.
    pub(super) async fn tell_audit(
        &mut self,
        channel: ChannelId,
        row: i64,
        at: Millis,
        deed: Deed<'_>,
    ) -> Result<(), StoreError> {
        let route = Route::Channel(channel);
        self.tell(route, format!("audit:{row}"), deed.line(), at)
            .await
    }

    async fn tell(
        &mut self,
        route: Route,
        key: String,
        text: String,
        at: Millis,
    ) -> Result<(), StoreError> {
        let delivery = NewDelivery {
            key,
            lane: route.lane(),
            session: None,
            run: None,
            payload: route.payload(text),
        };
        self.deliver(&delivery, at).await.map(|_| ())
    }
}

/// What somebody did.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deed<'a> {
    pub(super) actor: Option<UserId>,
    pub(super) action: &'a str,
    pub(super) object: &'a str,
    pub(super) detail: &'a str,
}

impl Deed<'_> {
    fn line(self) -> String {
        let mut line = format!("📋 **{}**: {}", words(self.action), name(self.object));
        if !self.detail.is_empty() {
            line.push(' ');
            line.push_str(&code(self.detail));
        }
        if let Some(actor) = self.actor {
            // Writing to a string does not fail.
            let _written = write!(line, " by <@{actor}>");
        }
        line
    }
}

/// One of our own words for what happens.
fn words(kind: &str) -> String {
    kind.replace('_', " ")
}

/// A person, role or channel as Discord shows it; whoever is named gets no ping, because no message of
/// ours gives one. Anything else as it is.
fn name(object: &str) -> String {
    let is_id = |id: &str| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_digit());
    match object.split_once(' ') {
        Some(("user", id)) if is_id(id) => format!("<@{id}>"),
        Some(("role", id)) if is_id(id) => format!("<@&{id}>"),
        Some(("channel", id)) if is_id(id) => format!("<#{id}>"),
        Some(_) | None => code(object),
    }
}

/// A text of which nothing becomes markup, a mention or a link.
fn code(text: &str) -> String {
    let plain = |char: char| match char {
        '`' => '\'',
        char if char.is_control() => ' ',
        char => char,
    };
    format!("`{}`", text.chars().map(plain).collect::<String>())
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;
    use crate::words::{Alert, RunId, RuntimeKind, SlotId};

    const ALERTS: ChannelId = ChannelId::new(70);
    const AUDIT: ChannelId = ChannelId::new(71);

    async fn store(home: &TempDir) -> Store {
        Store::open(home.path()).await.unwrap()
    }

    fn both() -> Operators {
        Operators {
            alerts: Some(ALERTS),
            audit: Some(AUDIT),
            owner: None,
        }
    }

    /// What is queued, with its lane.
    async fn told(store: &Store) -> Vec<(ChannelId, Payload)> {
        let mut told = Vec::new();
        for n in 1..=store.deliveries_waiting().await.unwrap() {
            let delivery = store.delivery(n.into()).await.unwrap();
            told.push((delivery.lane, delivery.payload));
        }
        told
    }

    fn notice(channel: ChannelId, text: &str) -> (ChannelId, Payload) {
        let payload = Payload::Notice {
            channel: Some(channel),
            reply_to: None,
            text: text.to_owned(),
        };
        (channel, payload)
    }

    fn refused(channel: ChannelId, sentence: &str) -> Alert {
        Alert::DeliveryRefused {
            channel,
            sentence: sentence.to_owned(),
        }
    }

    async fn raise(store: &Store, at: i64, text: &str) {
        let mut tx = store.write().await.unwrap();
        tx.raise(Millis::new(at), &refused(ChannelId::new(5), text))
            .await
            .unwrap();
        tx.commit().await.unwrap();
    }

    #[tokio::test]
    async fn every_alert_and_every_line_of_the_audit_trail_is_told_in_its_channel() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        raise(&store, 0, "Discord said `no`").await;
        let mut tx = store.write().await.unwrap();
        for (actor, object, detail) in [
            (Some(UserId::new(1)), "user 5", "member in global"),
            (None, "role 6", "<@7> `x`\nhttps://example.org"),
            (None, "session 8", ""),
        ] {
            tx.audit(Millis::new(0), actor, "membership_set", object, detail)
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(
            told(&store).await,
            [
                notice(
                    ALERTS,
                    "⚠️ **delivery refused** in <#5>: `Discord said 'no'`"
                ),
                notice(
                    AUDIT,
                    "📋 **membership set**: <@5> `member in global` by <@1>"
                ),
                notice(
                    AUDIT,
                    "📋 **membership set**: <@&6> `<@7> 'x' https://example.org`"
                ),
                notice(AUDIT, "📋 **membership set**: `session 8`"),
            ]
        );
    }

    #[tokio::test]
    async fn without_channels_nobody_is_told() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await;
        raise(&store, 0, "no").await;
        let mut tx = store.write().await.unwrap();
        tx.audit(Millis::new(0), None, "cancel", "run 1", "")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        assert_eq!(told(&store).await, []);
        assert_eq!(store.alerts(9).await.unwrap().len(), 1);
        assert_eq!(store.audit_trail(9).await.unwrap().len(), 1);
    }

    #[tokio::test]
    async fn the_same_alert_is_stored_each_time_and_told_once_in_ten_minutes() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let again = 10 * 60 * 1_000;
        for (at, text) in [(0, "a"), (1, "a"), (2, "b"), (again, "a"), (again + 1, "a")] {
            raise(&store, at, text).await;
        }
        assert_eq!(store.alerts(9).await.unwrap().len(), 5);
        assert_eq!(store.deliveries_waiting().await.unwrap(), 3);
    }

    #[tokio::test]
    async fn the_channel_of_the_alerts_is_not_told_that_it_takes_none() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let mut tx = store.write().await.unwrap();
        for channel in [ALERTS, AUDIT] {
            tx.raise(Millis::new(0), &refused(channel, "no"))
                .await
                .unwrap();
        }
        tx.commit().await.unwrap();
        assert_eq!(
            told(&store).await,
            [notice(ALERTS, "⚠️ **delivery refused** in <#71>: `no`")]
        );
        assert_eq!(store.alerts(9).await.unwrap().len(), 2);
    }

    #[tokio::test]
    async fn what_is_rolled_back_is_not_told() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let mut tx = store.write().await.unwrap();
        tx.audit(Millis::new(0), None, "cancel", "run 1", "")
            .await
            .unwrap();
        drop(tx);
        raise(&store, 0, "no").await;
        assert_eq!(told(&store).await.len(), 1);
        assert_eq!(store.audit_trail(9).await.unwrap(), []);
    }

    const OWNER: UserId = UserId::new(9);
    const HOUR: i64 = 60 * 60 * 1_000;

    fn failing(failures: u32) -> Alert {
        Alert::RefreshFails {
            slot: SlotId::main(RuntimeKind::Claude),
            failures,
            why: "no answer".to_owned(),
        }
    }

    async fn raises(store: &Store, at: i64, alert: &Alert) -> usize {
        let before = store.deliveries_waiting().await.unwrap();
        let mut tx = store.write().await.unwrap();
        tx.raise(Millis::new(at), alert).await.unwrap();
        tx.commit().await.unwrap();
        (store.deliveries_waiting().await.unwrap() - before) as usize
    }

    async fn clears(store: &Store, at: i64, alert: &Alert) -> usize {
        let before = store.deliveries_waiting().await.unwrap();
        let mut tx = store.write().await.unwrap();
        let subject = alert.subject();
        tx.clear(Millis::new(at), alert.kind(), &subject)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        (store.deliveries_waiting().await.unwrap() - before) as usize
    }

    #[tokio::test]
    async fn what_lasts_is_told_when_it_is_new_when_it_grows_and_every_six_hours_and_when_it_is_over()
     {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let steps = [
            (0, 3, 1),
            (1, 4, 0),
            (2, 7, 1),
            // Less than before is no news.
            (3, 3, 0),
            (4, 10, 1),
            (6 * HOUR, 11, 0),
            (4 + 6 * HOUR, 12, 1),
            (5 + 6 * HOUR, 13, 0),
        ];
        for (at, failures, news) in steps {
            assert_eq!(raises(&store, at, &failing(failures)).await, news, "{at}");
        }
        assert_eq!(clears(&store, 7 * HOUR, &failing(0)).await, 1);
        assert_eq!(clears(&store, 7 * HOUR, &failing(0)).await, 0, "it is over");
        let (_, last) = told(&store).await.pop().unwrap();
        let over = notice(
            ALERTS,
            "✅ **login not renewed** in `account claude/main` is over: `This login can be renewed again.`",
        );
        assert_eq!((ALERTS, last), over);
        // What is neither news nor told is not written down.
        assert_eq!(store.alerts(99).await.unwrap().len(), 4);
        assert_eq!(raises(&store, 8 * HOUR, &failing(3)).await, 1, "it is new");
    }

    #[tokio::test]
    async fn what_comes_and_goes_at_once_is_told_once() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let full = Alert::QueueFull { waiting: 5 };
        assert_eq!(clears(&store, 0, &full).await, 0, "nothing was raised");
        assert_eq!(raises(&store, 1, &full).await, 1);
        assert_eq!(clears(&store, 2, &full).await, 1);
        assert_eq!(raises(&store, 3, &full).await, 0);
        assert_eq!(clears(&store, 4, &full).await, 0);
        assert_eq!(raises(&store, HOUR, &full).await, 1);
    }

    #[tokio::test]
    async fn an_error_that_lasts_is_told_every_hour() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let gone = Alert::GatewayUnhealthy {
            since: std::time::Duration::from_mins(3),
        };
        for (at, told) in [(0, 1), (HOUR - 1, 0), (HOUR, 1)] {
            assert_eq!(raises(&store, at, &gone).await, told, "{at}");
        }
    }

    #[tokio::test]
    async fn little_trouble_by_the_dozen_is_bounded_and_keeps_no_great_one_from_being_told() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(both());
        let mut told = 0;
        for n in 0..30 {
            told += raises(&store, n, &refused(ChannelId::new(5), &n.to_string())).await;
        }
        // One of them says that there are more.
        assert_eq!(told, 8 + 1);
        let past = |run| Alert::PastGate {
            run,
            sentence: "a tool call ran".to_owned(),
        };
        let mut told = 0;
        for n in 30..60 {
            told += raises(&store, n, &past(RunId::fresh())).await;
        }
        assert_eq!(told, 4);
        assert_eq!(store.alerts(99).await.unwrap().len(), 60);
        assert_eq!(raises(&store, HOUR + 60, &past(RunId::fresh())).await, 1);
    }

    #[tokio::test]
    async fn without_a_channel_the_owner_is_told_himself_and_never_of_what_he_does_not_take() {
        let home = TempDir::new().unwrap();
        let store = store(&home).await.telling(Operators {
            owner: Some(OWNER),
            ..Operators::default()
        });
        let lane = ChannelId::new(OWNER.get());
        assert_eq!(raises(&store, 0, &refused(lane, "no")).await, 0);
        raise(&store, 1, "no").await;
        let text = "⚠️ **delivery refused** in <#5>: `no`".to_owned();
        let direct = Payload::PersonNotice {
            person: OWNER,
            text,
        };
        assert_eq!(told(&store).await, [(lane, direct)]);
    }

    #[tokio::test]
    async fn what_is_wrong_with_the_channel_of_the_alerts_the_owner_is_told() {
        let home = TempDir::new().unwrap();
        let owner = Some(OWNER);
        let store = store(&home).await.telling(Operators { owner, ..both() });
        raises(&store, 0, &refused(ALERTS, "no")).await;
        let (lane, _) = told(&store).await.pop().unwrap();
        assert_eq!(lane, ChannelId::new(OWNER.get()));
    }

    #[tokio::test]
    async fn no_secret_is_stored_in_what_people_read() {
        let home = TempDir::new().unwrap();
        let secrets = crate::observe::Secrets::new(["correct-horse".into()]);
        let store = store(&home).await.telling(both()).without(secrets);
        raise(&store, 0, "a correct-horse").await;
        let mut tx = store.write().await.unwrap();
        tx.audit(Millis::new(0), None, "cancel", "run 1", "a correct-horse")
            .await
            .unwrap();
        tx.commit().await.unwrap();
        let told = format!(
            "{:?} {:?} {:?}",
            told(&store).await,
            store.alerts(9).await.unwrap(),
            store.audit_trail(9).await.unwrap()
        );
        assert_eq!(told.matches("a [redacted]").count(), 4, "{told}");
        assert!(!told.contains("correct-horse"), "{told}");
    }
}
