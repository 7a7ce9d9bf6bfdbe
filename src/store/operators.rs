//! What operators are told in channels of their own: a message for each row of two tables, queued in
//! the transaction that writes the row.

use std::fmt::Write as _;

use super::{NewDelivery, Payload, Store, StoreError, Tx};
use crate::{
    clock::Millis,
    words::{ChannelId, UserId},
};

/// The same alert is told once in so many milliseconds.
const AGAIN: i64 = 10 * 60 * 1_000;

/// Where operators are told of what is stored for them. Nowhere, if nothing is set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Operators {
    /// The channel of the alerts.
    pub alerts: Option<ChannelId>,
    /// The channel of the audit trail.
    pub audit: Option<ChannelId>,
}

impl Store {
    /// From now on the operators are told of what this store writes for them.
    #[must_use]
    pub fn telling(self, operators: Operators) -> Self {
        Self { operators, ..self }
    }
}

impl Tx {
    /// Queues an alert, unless the same was queued a moment ago.
    pub(super) async fn tell_alert(
        &mut self,
        channel: ChannelId,
        at: Millis,
        (kind, place, text): (&str, &str, &str),
    ) -> Result<(), StoreError> {
        let when = at.get() / AGAIN;
        let key = format!("alert:{when}:{kind}:{place}:{text}");
        let line = format!("⚠️ **{}** in {}: {}", words(kind), name(place), code(text));
        self.tell(channel, key, line, at).await
    }

    /// Queues a line of the audit trail.
    pub(super) async fn tell_audit(
        &mut self,
        channel: ChannelId,
        row: i64,
        at: Millis,
        deed: Deed<'_>,
    ) -> Result<(), StoreError> {
        self.tell(channel, format!("audit:{row}"), deed.line(), at)
            .await
    }

    async fn tell(
        &mut self,
        channel: ChannelId,
        key: String,
        text: String,
        at: Millis,
    ) -> Result<(), StoreError> {
        let payload = Payload::Notice {
            channel: Some(channel),
            reply_to: None,
            text,
        };
        let delivery = NewDelivery {
            key,
            lane: channel,
            session: None,
            run: None,
            payload,
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

    const ALERTS: ChannelId = ChannelId::new(70);
    const AUDIT: ChannelId = ChannelId::new(71);

    async fn store(home: &TempDir) -> Store {
        Store::open(home.path()).await.unwrap()
    }

    fn both() -> Operators {
        Operators {
            alerts: Some(ALERTS),
            audit: Some(AUDIT),
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

    async fn raise(store: &Store, at: i64, text: &str) {
        let mut tx = store.write().await.unwrap();
        tx.alert_in(Millis::new(at), "delivery_refused", ChannelId::new(5), text)
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
        for (at, text) in [(0, "a"), (1, "a"), (2, "b"), (AGAIN, "a"), (AGAIN + 1, "a")] {
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
            tx.alert_in(Millis::new(0), "delivery_refused", channel, "no")
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
}
