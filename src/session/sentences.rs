//! What the session room says to people.

use std::time::Duration;

use crate::{access::Refusal, admission::Caps, runtime::Usage};

pub(super) const EYES: &str = "👀";
pub(super) const NO_ENTRY: &str = "🚫";

pub(super) const NOTHING_ASKED: &str =
    "Write what you want me to do after the mention, in the same message.";
pub(super) const CANCELLED: &str = "🛑 Cancelled. The conversation goes on with your next message.";
pub(super) const WITHDRAWN: &str = "🛑 Cancelled before it began.";
pub(super) const EXPIRED: &str =
    "⌛ This waited too long for a free agent and was given up. Send it again when it is quieter.";
pub(super) const MEMORY_LOST: &str = "⚠️ The agent does not remember this conversation any more, so it \
                                      starts afresh. Tell it again what it has to know.";
pub(super) const INTERRUPTED: &str = "⚠️ The agent was ended from outside while it worked. What it did so \
                                      far stays in its memory: send a message to go on.";

pub(super) const LEFT_OUT: &str = "💤 I was away for so long that I have not read everything that was \
                                   written here meanwhile. If something is still to be done, say it \
                                   again.";

pub(super) const UNKEPT: &str = "The agent did more than Baton can keep a record of, so it was ended. What it \
                                 did so far stays in its memory: send a message to go on. If it happens \
                                 again, ask the operator to look at the log.";

/// The queue has no room.
pub(super) fn queue_full(caps: Caps) -> String {
    format!(
        "The queue is full: {} at work and {} waiting. Try again in a few minutes.",
        caps.active, caps.queued
    )
}

/// The session's mailbox has no room.
pub(super) fn mailbox_full(cap: usize) -> String {
    let (wait, them) = match cap {
        1 => ("1 message waits".to_owned(), "it"),
        n => (format!("{n} messages wait"), "them"),
    };
    format!("{wait} in this thread already. Let the agent answer {them} first, or use `/cancel`.")
}

/// The run has to wait for a slot.
pub(super) fn waiting(ahead: usize) -> String {
    match ahead {
        0 => "⏳ Everybody is at work; yours is next.".to_owned(),
        1 => "⏳ Everybody is at work; one other is before yours.".to_owned(),
        n => format!("⏳ Everybody is at work; {n} others are before yours."),
    }
}

/// The project of a session is not in the settings any more.
pub(super) fn project_gone(name: &str) -> String {
    format!(
        "The project `{name}` of this thread is not set up any more. Start anew with a mention in the \
         project's channel."
    )
}

/// A request whose person was permitted when it was accepted, and is not any more.
pub(super) fn refused_meanwhile(refusal: Refusal) -> String {
    format!("🚫 A message that waited here was not worked on. {refusal}")
}

/// A failed run.
pub(super) fn failed(sentence: &str, reference: &str) -> String {
    format!("⚠️ {sentence}\n-# reference {reference}")
}

/// What a settled live message says.
pub(super) fn worked(tool_calls: u32) -> Option<String> {
    match tool_calls {
        0 => None,
        1 => Some("-# ⚙️ 1 tool call".to_owned()),
        n => Some(format!("-# ⚙️ {n} tool calls")),
    }
}

/// Tokens, cost and time in one line.
pub(super) fn footer(usage: Usage, cost_microusd: u64, took: Duration) -> String {
    // Both come from the agent program, which may say anything.
    let tokens = usage.input.saturating_add(usage.output);
    let mut parts = vec![format!("{} tokens", thousands(tokens))];
    if cost_microusd > 0 {
        parts.push(dollars(cost_microusd));
    }
    parts.push(span(took));
    parts.join(" · ")
}

fn thousands(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::new();
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn dollars(micro: u64) -> String {
    if micro < 10_000 {
        return "under $0.01".to_owned();
    }
    let cents = micro.saturating_add(5_000) / 10_000;
    format!("${}.{:02}", cents / 100, cents % 100)
}

fn span(took: Duration) -> String {
    let seconds = took.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", took.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        _ => format!("{} h {} min", seconds / 3_600, seconds % 3_600 / 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_footer_is_short_and_readable() {
        let usage = Usage {
            input: 1_234_000,
            output: 567,
        };
        assert_eq!(
            footer(usage, 123_456, Duration::from_millis(12_345)),
            "1,234,567 tokens · $0.12 · 12 s"
        );
        assert_eq!(
            footer(Usage::default(), 0, Duration::from_millis(950)),
            "0 tokens · 0.9 s"
        );
        assert_eq!(
            footer(
                Usage {
                    input: 999,
                    output: 0
                },
                9_999,
                Duration::from_mins(121)
            ),
            "999 tokens · under $0.01 · 2 h 1 min"
        );
        assert_eq!(
            footer(
                Usage {
                    input: u64::MAX,
                    output: 1
                },
                u64::MAX,
                Duration::MAX
            ),
            "18,446,744,073,709,551,615 tokens · $18446744073709.55 · 5124095576030431 h 0 min"
        );
    }

    #[test]
    fn a_waiting_person_is_told_how_many_are_before_him() {
        assert_eq!(
            waiting(2),
            "⏳ Everybody is at work; 2 others are before yours."
        );
    }
}
