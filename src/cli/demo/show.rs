//! What happens in the demo's Discord, as lines in the terminal.

use std::{
    collections::HashMap,
    io::{self, Write as _},
};

use discord_sim::{Entry, Fact, MessageId, MessageRef, Sim};

/// Longest text of a live message that is shown.
const LIVE_CHARS: usize = 60;

/// Prints what people and the bot do, from now on, until it is dropped.
pub(super) async fn show(sim: &Sim) -> io::Result<()> {
    let mut seen = sim.journal().len();
    let mut names = HashMap::new();
    loop {
        for entry in sim.follow(seen).await {
            seen = entry.seq + 1;
            if let Some(line) = line(sim, &mut names, &entry) {
                writeln!(io::stdout().lock(), "{line}")?;
            }
        }
    }
}

fn line(sim: &Sim, names: &mut HashMap<MessageId, String>, entry: &Entry) -> Option<String> {
    match &entry.fact {
        Fact::MessageCreated { channel, message, content, .. } => {
            let place = sim.look(|world| world.channel_name(*channel).map(str::to_owned));
            let at = MessageRef { channel: *channel, id: *message };
            let author = sim.message(at).map_or_else(|| "somebody".into(), |view| view.author);
            names.insert(*message, author.clone());
            let place = place.unwrap_or_default();
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
        _ => None,
    }
}

fn indent(text: &str) -> String {
    text.replace('\n', "\n      ")
}

/// What a person wrote, without the script for the model simulator in it.
fn without_script(text: &str) -> String {
    text.split("STUB:").next().unwrap_or_default().trim().to_owned()
}
