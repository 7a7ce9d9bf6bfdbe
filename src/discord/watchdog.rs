//! Notices a shard of serenity's that has died without a word.
//!
//! What can go wrong between here and Discord is the relay's. This watches serenity's own side: its
//! shard sends the relay a heartbeat every few seconds, which shows from outside because the
//! measured latency changes with every one that is acknowledged.

use std::{
    sync::Arc,
    // The clock by which serenity keeps its heartbeats.
    time::{Duration, Instant},
};

use serenity::{
    all::{ShardId, ShardManager},
    gateway::ConnectionStage,
};

use super::DiscordError;

/// How often the shard is looked at.
const LOOK: Duration = Duration::from_secs(1);

/// What can be seen of a shard from outside.
type Sign = Option<(Option<Duration>, ConnectionStage)>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Alive,
    Silent,
    Restart,
    GiveUp,
}

/// Silence since when, and what was done about it.
#[derive(Debug)]
struct Watch {
    patience: Duration,
    last: Sign,
    since: Instant,
    restarts: u32,
}

impl Watch {
    fn new(patience: Duration, now: Instant) -> Self {
        Self {
            patience,
            last: None,
            since: now,
            restarts: 0,
        }
    }

    fn look(&mut self, sign: Sign, now: Instant) -> Verdict {
        if sign != self.last {
            // Only an acknowledgement proves a connection: stages also change while attempts fail.
            let latency = |sign: Sign| sign.and_then(|(latency, _)| latency);
            if latency(sign).is_some() && latency(sign) != latency(self.last) {
                self.restarts = 0;
            }
            self.last = sign;
            self.since = now;
            return Verdict::Alive;
        }
        if now.duration_since(self.since) <= self.patience {
            return Verdict::Silent;
        }
        if self.restarts == 2 {
            return Verdict::GiveUp;
        }
        self.restarts += 1;
        self.since = now;
        Verdict::Restart
    }
}

/// Watches the shard, which may show no sign of life for as long as `patience`; returns only when
/// starting it anew twice did not help.
pub(super) async fn watch(shards: Arc<ShardManager>, patience: Duration) -> DiscordError {
    let mut watch = Watch::new(patience, Instant::now());
    loop {
        tokio::time::sleep(LOOK).await;
        let sign = shards
            .runners
            .lock()
            .await
            .get(&ShardId(0))
            .map(|shard| (shard.latency, shard.stage));
        match watch.look(sign, Instant::now()) {
            Verdict::Alive | Verdict::Silent => {}
            Verdict::Restart => {
                tracing::error!(?sign, "the shard shows no sign of life; starting it anew");
                shards.restart(ShardId(0)).await;
            }
            Verdict::GiveUp => return DiscordError::Dead,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Duration = Duration::from_secs(30);

    fn acknowledged(nanos: u64) -> (Option<Duration>, ConnectionStage) {
        (
            Some(Duration::from_nanos(nanos)),
            ConnectionStage::Connected,
        )
    }

    #[test]
    fn a_shard_whose_heartbeats_are_acknowledged_is_left_alone() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        for beat in 1..50 {
            let now = start + Duration::from_secs(10 * beat);
            assert_eq!(watch.look(Some(acknowledged(beat)), now), Verdict::Alive);
            assert_eq!(
                watch.look(Some(acknowledged(beat)), now + PATIENCE),
                Verdict::Silent
            );
        }
    }

    #[test]
    fn a_silent_shard_is_restarted_twice_and_then_given_up() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        let mut now = start;
        let verdicts = [(); 3].map(|()| {
            now += PATIENCE + Duration::from_secs(1);
            watch.look(None, now)
        });
        assert_eq!(
            verdicts,
            [Verdict::Restart, Verdict::Restart, Verdict::GiveUp]
        );
    }

    #[test]
    fn only_an_acknowledged_heartbeat_forgives_the_restarts_before() {
        let start = Instant::now();
        let mut watch = Watch::new(PATIENCE, start);
        let late = PATIENCE + Duration::from_secs(1);
        assert_eq!(watch.look(None, start + late), Verdict::Restart);
        let connecting = Some((None, ConnectionStage::Connecting));
        assert_eq!(watch.look(connecting, start + late), Verdict::Alive);
        assert_eq!(watch.look(connecting, start + late * 2), Verdict::Restart);
        assert_eq!(
            watch.look(Some(acknowledged(1)), start + late * 2),
            Verdict::Alive
        );
        assert_eq!(
            watch.look(Some(acknowledged(1)), start + late * 3),
            Verdict::Restart
        );
        assert_eq!(
            watch.look(Some(acknowledged(1)), start + late * 4),
            Verdict::Restart
        );
        assert_eq!(
            watch.look(Some(acknowledged(1)), start + late * 5),
            Verdict::GiveUp
        );
    }
}
