//! The last thing that went wrong, for the health page.

use std::{fmt, sync::Arc, time::Instant};

use parking_lot::Mutex;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{Layer, layer::Context};

/// What is told of a panic, whose own words may hold anything.
const PANIC: &str = "a part of Baton has a fault and broke off";

/// The last error of the log: Baton's own sentence, without the fields beside it, which may hold
/// people's words. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct LastError(Arc<Mutex<Option<(Instant, String)>>>);

impl LastError {
    /// When it was, and the sentence.
    pub fn get(&self) -> Option<(Instant, String)> {
        self.0.lock().clone()
    }
}

impl<S: Subscriber> Layer<S> for LastError {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        let meta = event.metadata();
        // Other crates' sentences are not ours to vouch for.
        if *meta.level() != Level::ERROR || !meta.target().starts_with("baton") {
            return;
        }
        let sentence = if meta.target() == "baton::panic" {
            PANIC.to_owned()
        } else {
            let mut sentence = Sentence(String::new());
            event.record(&mut sentence);
            sentence.0
        };
        *self.0.lock() = Some((Instant::now(), sentence));
    }
}

/// The message of an event.
struct Sentence(String);

impl Visit for Sentence {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        if field.name() == "message" {
            self.0 = format!("{value:?}");
        }
    }
}

#[cfg(test)]
mod tests {
    use tracing_subscriber::{Registry, layer::SubscriberExt as _};

    use super::*;

    fn last(work: impl FnOnce()) -> Option<String> {
        let last = LastError::default();
        tracing::subscriber::with_default(Registry::default().with(last.clone()), work);
        last.get().map(|(_, sentence)| sentence)
    }

    #[test]
    fn the_sentence_of_the_last_error_is_kept_and_nothing_beside_it() {
        let told = last(|| {
            tracing::error!("the first");
            tracing::error!(
                text = "a person's words",
                "a message could not be {}",
                "taken"
            );
            tracing::warn!("a warning is no error");
        });
        assert_eq!(told.unwrap(), "a message could not be taken");
    }

    #[test]
    fn what_others_say_and_what_panics_say_is_not_repeated() {
        let told = last(|| {
            tracing::error!(target: "baton::panic", "byte index 3 of `a person's words`");
            tracing::error!(target: "serenity", "a person's words");
        });
        assert_eq!(told.unwrap(), PANIC);
    }
}
