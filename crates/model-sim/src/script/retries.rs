//! Counted failures: the only thing that is remembered between two requests of a conversation.

use parking_lot::Mutex;

use super::{Scene, Step};

/// Which step of which script at which point of a conversation a request asks for.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct RetryKey {
    pub(super) script: Vec<Step>,
    pub(super) user_texts: usize,
    pub(super) replies: usize,
}

/// How often each counted step was asked for, per conversation.
#[derive(Debug, Default)]
pub(crate) struct Retries {
    counts: Mutex<Vec<Count>>,
}

#[derive(Debug)]
struct Count {
    conversation: String,
    key: RetryKey,
    requests: u32,
}

impl Retries {
    /// The step to play now: the scene's, without its failures once they happened often enough.
    /// `conversation` is whatever the API sends to tell conversations apart; equal scripts in different
    /// conversations are counted apart.
    pub(crate) fn due(&self, conversation: &str, scene: &Scene) -> Step {
        let step = scene.step.clone();
        let Some(times) = step.times else { return step };
        let mut counts = self.counts.lock();
        let same =
            |count: &&mut Count| count.conversation == conversation && count.key == scene.key;
        let requests = if let Some(count) = counts.iter_mut().find(same) {
            count.requests += 1;
            count.requests
        } else {
            let conversation = conversation.to_owned();
            counts.push(Count {
                conversation,
                key: scene.key.clone(),
                requests: 1,
            });
            1
        };
        if requests > times {
            step.recovered(times)
        } else {
            step
        }
    }

    pub(crate) fn reset(&self) {
        self.counts.lock().clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Turn, scene};
    use super::*;

    #[test]
    fn a_counted_failure_ends_and_other_conversations_have_their_own_count() {
        let scene = scene(&[Turn::User(vec![
            r#"STUB:{"status":529,"times":2,"stall":9}"#.to_owned(),
        ])]);
        let retries = Retries::default();
        let statuses = |conversation: &str, requests: usize| -> Vec<Option<u16>> {
            (0..requests)
                .map(|_| retries.due(conversation, &scene).status)
                .collect()
        };
        assert_eq!(statuses("a", 2), [Some(529), Some(529)]);
        assert_eq!(statuses("b", 1), [Some(529)]);
        let said = Step::say("recovered after 2 failures");
        assert_eq!(
            retries.due("a", &scene),
            Step {
                times: Some(2),
                ..said
            }
        );
        retries.reset();
        assert_eq!(statuses("a", 1), [Some(529)]);
    }
}
