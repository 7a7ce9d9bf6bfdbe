//! Commands that the owner uses.

use std::time::Duration;

use crate::stage::{Stage, uses::Promotion};

/// How often he uses one.
const EVERY: Duration = Duration::from_secs(45);

/// For so long it is looked whether he got a sign.
const FRESH: Duration = Duration::from_secs(4);

/// What he used, and when.
pub(super) struct Uses<'a> {
    stage: &'a Stage,
    made: Vec<(Duration, Promotion)>,
    next: Duration,
}

impl<'a> Uses<'a> {
    pub(super) const fn of(stage: &'a Stage) -> Self {
        Self {
            stage,
            made: Vec::new(),
            next: Duration::ZERO,
        }
    }

    /// Uses one when it is time to.
    pub(super) async fn make(&mut self, now: Duration) {
        if now < self.next {
            return;
        }
        self.next = now + EVERY;
        let whom = format!("new{}", self.made.len());
        self.made
            .push((now, Promotion::of(self.stage, &whom).await));
    }

    /// Whether one of them may be under way whose sign has to come soon.
    pub(super) fn is_waiting(&self, now: Duration) -> bool {
        let fresh = self.made.iter().rev();
        let mut fresh = fresh.take_while(|(at, _)| now.saturating_sub(*at) < FRESH);
        fresh.any(|(_, one)| !one.used.is_acknowledged())
    }

    /// Who got a sign and is not told anything yet.
    pub(super) fn untold(&self) -> Option<String> {
        let (_, one) = self.made.iter().find(|(_, one)| one.is_untold())?;
        Some(format!("what became of {}", one.whom()))
    }

    /// What was said of each is so, and most were told.
    pub(super) async fn check(&self) {
        let told: Vec<_> = self.made.iter().map(|(_, one)| one.told()).collect();
        let store = self.stage.store().await;
        let trail = store.audit_trail(10_000).await.unwrap();
        store.close().await;
        let all = self.made.iter().zip(&told);
        let told = all.map(|((_, one), told)| one.check(told.as_ref(), &trail).unwrap());
        let told = told.filter(|told| *told).count();
        assert!(told > self.made.len() / 2, "{told} of {}", self.made.len());
    }
}
