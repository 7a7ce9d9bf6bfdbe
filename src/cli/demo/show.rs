//! What happens in the demo's Discord, as lines in the terminal.

use std::{
    collections::HashMap,
    io::{self, Write as _},
    sync::Arc,
};

use discord_sim::{Entry, Fact, MessageId, MessageRef, Sim};
use parking_lot::Mutex;

/// Longest text of a live message that is shown.
const LIVE_CHARS: usize = 60;

/// The terminal, on which everything appears in the order in which it happened.
pub(super) struct Screen {
    sim: Arc<Sim>,
    shown: Mutex<Shown>,
}

/// What has been shown.
struct Shown {
    entries: usize,
    /// Who wrote which message.
    authors: HashMap<MessageId, String>,
}

impl Screen {
    /// A screen that shows what happens from now on.
    pub(super) fn new(sim: Arc<Sim>) -> Self {
        let shown = Shown {
            entries: sim.journal().len(),
            authors: HashMap::new(),
        };
        Self {
            sim,
            shown: Mutex::new(shown),
        }
    }

    /// Shows what happens, until it is dropped.
    pub(super) async fn follow(&self) -> io::Result<()> {
        loop {
            let from = self.shown.lock().entries;
            self.sim.follow(from).await;
            self.refresh()?;
        }
    }

    /// Shows a line of the demo's own, after all that has happened before.
    pub(super) fn say(&self, text: &str) -> io::Result<()> {
        self.refresh()?;
        writeln!(io::stdout().lock(), "{text}")
    }

    fn refresh(&self) -> io::Result<()> {
        let mut shown = self.shown.lock();
        let journal = self.sim.journal();
        for entry in journal.iter().skip(shown.entries) {
            if let Some(line) = line(&self.sim, &mut shown.authors, entry) {
                writeln!(io::stdout().lock(), "{line}")?;
            }
        }
        shown.entries = journal.len();
        Ok(())
    }
}

fn line(sim: &Sim, names: &mut HashMap<MessageId, String>, entry: &Entry) -> Option<String> {
    match &entry.fact {
        Fact::MessageCreated {
            channel,
            message,
            content,
            ..
        } => {
            let place = sim.look(|world| world.channel_name(*channel).map(str::to_owned));
            let at = MessageRef {
                channel: *channel,
                id: *message,
            };
            let author = sim
                .message(at)
                .map_or_else(|| "somebody".into(), |view| view.author);
            names.insert(*message, author.clone());
            let place = without_script(&place.unwrap_or_default());
            let text = without_script(content);
            (!text.is_empty()).then(|| format!("  #{place} · {author}: {}", indent(&text)))
        }
        Fact::MessageEdited { content, .. } => {
            let first = content.lines().next().unwrap_or_default();
            let text: String = first.chars().take(LIVE_CHARS).collect();
            Some(format!("      ✎ {text}"))
        }
        Fact::MessageDeleted { .. } => Some("      ✎ (live message removed)".to_owned()),
        Fact::ReactionAdded { emoji, message, .. } => {
            let author = names.get(message).map_or("a", String::as_str);
            Some(format!("      {emoji} on {author}'s message"))
        }
        Fact::Rest(_)
        | Fact::Gateway(_)
        | Fact::NonceRepeated { .. }
        | Fact::ReactionRemoved { .. }
        | Fact::Typing { .. }
        | Fact::ThreadCreated { .. }
        | Fact::ChannelChanged { .. }
        | Fact::MemberChanged { .. }
        | Fact::CommandsRegistered { .. }
        | Fact::InteractionCreated { .. }
        | Fact::InteractionAnswered { .. }
        | Fact::Faulted { .. }
        | Fact::Chaos { .. }
        | Fact::Violation(_) => None,
    }
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n      ")
}

/// What a person wrote, without the script for the model simulator in it.
fn without_script(text: &str) -> String {
    text.split("STUB:")
        .next()
        .unwrap_or_default()
        .trim()
        .to_owned()
}
