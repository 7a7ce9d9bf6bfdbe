//! What an operator should know of: a row for each time, and in a second table how it is with what lasts.

use std::time::Duration;

use super::{Store, StoreError, Tx, operators::Route};
use crate::{
    clock::Millis,
    words::{Alert, AlertKind, ChannelId, Lasts, Level},
};

/// What happens again in the same words is told once in so long, and so is what ends and begins again at once.
const AGAIN: Duration = Duration::from_mins(10);

/// What lasts is told again after so long, and sooner if something does not work.
const STILL: Duration = Duration::from_hours(6);
const STILL_BROKEN: Duration = Duration::from_hours(1);

/// So many are told within this time, altogether and of those that are not urgent: nobody who makes little trouble by
/// the dozen keeps word of a great one from coming.
const HOUR: Duration = Duration::from_hours(1);
const MOST: u32 = 12;
const MOST_WARNINGS: u32 = 8;

/// Something that an operator should know of, as it is stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    /// When.
    pub at: i64,
    /// What kind of thing, for grouping.
    pub kind: String,
    /// Where.
    pub place: String,
    /// A sentence.
    pub text: String,
}

/// One alert, as it is written.
struct Words<'a> {
    kind: &'a str,
    place: &'a str,
    text: &'a str,
    level: Level,
    /// Where nobody can be told of it.
    channel: Option<ChannelId>,
}

/// How it is with what lasts.
struct State {
    tier: u32,
    raised: Millis,
    told: Option<Millis>,
    cleared: Option<Millis>,
}

impl Store {
    /// The newest alerts, newest first.
    pub async fn alerts(&self, limit: u32) -> Result<Vec<AlertRow>, StoreError> {
        Ok(sqlx::query_as!(
            AlertRow,
            "SELECT at, kind, place, text FROM alerts ORDER BY id DESC LIMIT ?",
            limit
        )
        .fetch_all(&self.readers)
        .await?)
    }
}

impl Tx {
    /// Raises an alert. What has happened is stored each time, what lasts when that is news or told again. Operators are told of what lasts when it is new, when it has grown and
    /// when it has lasted for long; and of what has happened once in ten minutes if it is said in the same words.
    pub async fn raise(&mut self, now: Millis, alert: &Alert) -> Result<(), StoreError> {
        let (kind, place, text) = (alert.kind(), alert.subject(), alert.sentence());
        let text = self.3.redact(&text);
        let words = Words {
            kind: kind.as_str(),
            place: &place,
            text: &text,
            level: kind.level(),
            channel: alert.channel(),
        };
        match kind.lasts() {
            Lasts::No => self.happened(now, &words).await,
            Lasts::UntilCleared => {
                let tier = alert.tier();
                let (is_news, is_due) = self.is_due(now, &words, tier).await?;
                let is_told = is_due && self.may_tell(now, words.level).await?;
                if is_news || is_told {
                    self.write_down(now, &words, (is_due, is_told)).await?;
                }
                self.note_state(now, &words, tier, is_told).await
            }
        }
    }

    /// What was raised is over. Operators are told so if they were told of it; it does no harm if nothing was raised.
    pub async fn clear(
        &mut self,
        now: Millis,
        kind: AlertKind,
        subject: &str,
    ) -> Result<(), StoreError> {
        let Some(sentence) = kind.recovery() else {
            return Ok(());
        };
        let kind = kind.as_str();
        let over = sqlx::query!(
            r#"UPDATE alert_states SET cleared = ? WHERE kind = ? AND subject = ? AND cleared IS NULL
               RETURNING raised AS "raised!: Millis", told AS "told: Millis""#,
            now,
            kind,
            subject
        )
        .fetch_optional(&mut *self.0)
        .await?;
        let Some(over) = over else {
            return Ok(());
        };
        tracing::info!(kind, place = subject, "{sentence}");
        if over.told.is_none_or(|told| told < over.raised) {
            return Ok(());
        }
        let key = format!("alert-over:{kind}:{subject}:{}", over.raised);
        match self.route(None) {
            Some(route) => {
                self.tell_over(route, key, now, (kind, subject, sentence))
                    .await
            }
            None => Ok(()),
        }
    }

    /// Something has happened, and is over.
    async fn happened(&mut self, now: Millis, words: &Words<'_>) -> Result<(), StoreError> {
        let since = now.before(AGAIN);
        let is_known = sqlx::query_scalar!(
            r#"SELECT 1 AS "one!: i64" FROM alerts
               WHERE told = 1 AND at > ? AND kind = ? AND place = ? AND text = ?"#,
            since,
            words.kind,
            words.place,
            words.text
        )
        .fetch_optional(&mut *self.0)
        .await?
        .is_some();
        let is_told = !is_known && self.may_tell(now, words.level).await?;
        self.write_down(now, words, (!is_known, is_told)).await
    }

    /// Whether something that lasts is news, and whether people should hear of it.
    async fn is_due(
        &mut self,
        now: Millis,
        words: &Words<'_>,
        tier: u32,
    ) -> Result<(bool, bool), StoreError> {
        let state = sqlx::query_as!(
            State,
            r#"SELECT tier AS "tier: u32", raised AS "raised!: Millis", told AS "told: Millis",
                      cleared AS "cleared: Millis"
               FROM alert_states WHERE kind = ? AND subject = ?"#,
            words.kind,
            words.place
        )
        .fetch_optional(&mut *self.0)
        .await?;
        let still = match words.level {
            Level::Warning => STILL,
            Level::Error => STILL_BROKEN,
        };
        let Some(state) = state else {
            return Ok((true, true));
        };
        let is_news = state.cleared.is_some() || tier > state.tier;
        let is_due = state.told.is_none_or(|told| {
            let since = now.since(told);
            // Of what has begun once more people know only that it was over.
            let was_told_before = state.cleared.is_some() || told < state.raised;
            match (was_told_before, tier > state.tier) {
                (true, _) => since >= AGAIN,
                (false, has_grown) => has_grown || since >= still,
            }
        });
        Ok((is_news, is_due))
    }

    async fn note_state(
        &mut self,
        now: Millis,
        words: &Words<'_>,
        tier: u32,
        is_told: bool,
    ) -> Result<(), StoreError> {
        let told = is_told.then_some(now);
        sqlx::query!(
            "INSERT INTO alert_states (kind, subject, tier, raised, told, times) VALUES (?1, ?2, ?3, ?4, ?5, 1)
             ON CONFLICT (kind, subject) DO UPDATE SET
               tier = IIF(cleared IS NULL, MAX(tier, ?3), ?3),
               raised = IIF(cleared IS NULL, raised, ?4),
               told = COALESCE(?5, told),
               times = IIF(cleared IS NULL, times + 1, 1),
               cleared = NULL",
            words.kind,
            words.place,
            tier,
            now,
            told
        )
        .execute(&mut *self.0)
        .await?;
        Ok(())
    }

    /// Whether one more can be told within the hour. Of those for which there is no room they are told once that there
    /// are such.
    async fn may_tell(&mut self, now: Millis, level: Level) -> Result<bool, StoreError> {
        let since = now.before(HOUR);
        let told = sqlx::query_scalar!(
            r#"SELECT COUNT(*) AS "count!: u32" FROM alerts WHERE told = 1 AND at > ?"#,
            since
        )
        .fetch_one(&mut *self.0)
        .await?;
        let most = match level {
            Level::Warning => MOST_WARNINGS,
            Level::Error => MOST,
        };
        Ok(told < most)
    }

    /// Stores it, and tells it if it is to be told.
    async fn write_down(
        &mut self,
        now: Millis,
        words: &Words<'_>,
        (is_due, is_told): (bool, bool),
    ) -> Result<(), StoreError> {
        let (kind, place, text) = (words.kind, words.place, words.text);
        let row = sqlx::query!(
            "INSERT INTO alerts (at, kind, place, text, told) VALUES (?, ?, ?, ?, ?)",
            now,
            kind,
            place,
            text,
            is_told
        )
        .execute(&mut *self.0)
        .await?
        .last_insert_rowid();
        if !is_due {
            return Ok(());
        }
        tracing::warn!(kind, place, "{text}");
        let Some(route) = self.route(words.channel) else {
            return Ok(());
        };
        if is_told {
            self.tell_alert(route, row, now, (kind, place, text)).await
        } else {
            self.tell_of_more(route, now).await
        }
    }

    /// Where operators are told. What is wrong with a channel cannot be told there.
    fn route(&self, wrong: Option<ChannelId>) -> Option<Route> {
        let routes = [
            self.2.alerts.map(Route::Channel),
            self.2.owner.map(Route::Person),
        ];
        let mut routes = routes.into_iter().flatten();
        routes.find(|route| Some(route.lane()) != wrong)
    }
}
