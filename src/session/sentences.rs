//! What the session room says to people.

mod limits;

use std::{collections::BTreeSet, time::Duration};

pub(super) use limits::{limit_near, limit_near_for_operators, moved, parked};

use super::Started;
use crate::{
    access::Refusal,
    admission::{Full, Held, Outlook, TooFast},
    runtime::Usage,
    words::{ChannelId, RuntimeKind, UserId, escape_markdown},
};

pub(super) const EYES: &str = "👀";
pub(super) const NO_ENTRY: &str = "🚫";
pub(super) const STOPPED: &str = "🛑";
pub(super) const TOO_FAST: &str = "🐢";

pub(super) const NOTHING_ASKED: &str =
    "Write what you want me to do after the mention, in the same message.";
pub(super) const CANCELLED: &str = "🛑 Cancelled. The conversation goes on with your next message.";
pub(super) const CUT_OFF: &str = "🛑 The agent has stopped.";
pub(super) const WITHDRAWN: &str = "🛑 Cancelled before it began.";
pub(super) const EXPIRED: &str =
    "⌛ This waited too long for a free agent and was given up. Send it again when it is quieter.";
pub(super) const FOLLOW_UP_EXPIRED: &str = "⌛ The agent wanted to go on by itself and waited too long for a free place, so it was stopped. \
     Send a message to go on.";
pub(super) const FOLLOW_UP_REFUSED: &str = "🚫 The agent wanted to go on by itself, but nobody whom it worked for may ask here any more, so it was \
     stopped.";
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
pub(super) const OWNERS_CHANNEL: &str = "In this channel the agent works for owners only. Use `/session start` for a conversation of your own.";
pub(super) const MEMBERS_CONVERSATION: &str = "This conversation is for members. Mention me in the channel, and one of your own begins, in which I only \
     read.";
pub(super) const ONLY_REQUESTS_ARE_SENT: &str = "-# 🔎 What is sent to the model from this channel: only messages to me, that is mentions of me and \
     replies to me, from people who may ask here. Nothing else that is written here leaves it.";

/// What a live message says whose run is parked.
pub(super) const PAUSED: &str = "-# ⏸️ This goes on later.";

/// What a live message says that was replaced by another.
pub(super) const GOES_ON_BELOW: &str =
    "-# ⏬ This is long work: how it went on is shown further down.";

/// What a channel is told whose agent gets what speaks to it.
pub(super) fn addressed_is_sent(history: u8) -> String {
    format!(
        "-# 🔎 What is sent to the model from this channel: messages to me, and with each of them those of \
         the last {history} messages that mention me, reply to me or are mine. Nothing else that is written \
         here leaves it."
    )
}

/// What a channel is told whose agent gets everything.
pub(super) fn everything_is_sent(history: u8) -> String {
    format!(
        "-# 🔎 What is sent to the model from this channel: messages to me, and with each of them the last \
         {history} messages before it, **whoever wrote them and to whom**. Write elsewhere what the model \
         should not see."
    )
}

/// Somebody mentions Baton where no project is.
pub(super) fn no_project(channels: impl Iterator<Item = ChannelId>) -> String {
    let mut channels: Vec<ChannelId> = channels.collect();
    channels.sort_unstable();
    // Those that somebody cannot see Discord shows without their names.
    let some: Vec<String> = channels
        .iter()
        .take(3)
        .map(|id| format!("<#{id}>"))
        .collect();
    format!(
        "No project belongs to this channel. Mention me in {}, or ask an owner to use `/session start` here.",
        some.join(" or ")
    )
}

/// A command has begun a session.
pub(super) fn began(started: Started, by: UserId, title: &str, project: &str) -> String {
    let title = escape_markdown(title);
    match started {
        Started::Opening => {
            format!(
                "🧵 <@{by}> began **{title}** with the agent of `{project}`. Write to it in this thread."
            )
        }
        Started::InThread => format!(
            "🧵 <@{by}> began **{title}** here: every message in this thread is for the agent of `{project}`."
        ),
        Started::InChannel => format!(
            "📌 <@{by}> began **{title}** in this channel: mention me or reply to me, and the agent of \
             `{project}` answers here."
        ),
    }
}

/// A session was ended by a command, with so many messages that waited in it.
pub(super) fn ended(by: UserId, waiting: usize) -> String {
    let lost = match waiting {
        0 => String::new(),
        1 => " One message that waited is not worked on any more.".to_owned(),
        n => format!(" {n} messages that waited are not worked on any more."),
    };
    format!(
        "🛑 <@{by}> ended this conversation.{lost} Begin another with a mention of me or `/session start`."
    )
}

/// A session was begun anew by a command.
pub(super) fn cleared(by: UserId) -> String {
    format!(
        "🧹 <@{by}> cleared this conversation: the agent remembers nothing of what was said before."
    )
}

/// A run was stopped because somebody it worked for is blocked; so many others had asked with him.
pub(super) fn broken_off(others: usize) -> String {
    let stopped = "🚫 The agent was stopped: somebody whom it worked for here is blocked now.";
    match others {
        0 => stopped.to_owned(),
        _ => format!("{stopped} What others asked with him is taken up again."),
    }
}

/// What stands above an answer that nobody asked for.
pub(super) fn follow_up(asked: &str) -> String {
    let asked = escape_markdown(asked);
    format!("-# ↪️ The agent went on by itself with what {asked} asked for.")
}

/// The queue has no room.
pub(super) fn queue_full(full: Full) -> String {
    match full {
        Full::All(caps) => format!(
            "The queue is full: {} at work and {} waiting. Try again in a few minutes.",
            caps.active, caps.queued
        ),
        Full::Kept(caps) => format!(
            "The queue is nearly full: {} may be at work and {} wait, and the last {} places are kept for people \
             who have nothing waiting. Try again when yours have begun, or take one back with `/cancel`.",
            caps.active,
            caps.queued,
            caps.kept()
        ),
        Full::Parked(parked) => format!(
            "There is no more room: {parked} requests wait until the agent's account can go on. Try again when it \
             does, or take one back with `/cancel`.",
        ),
        Full::Project(caps) => format!(
            "The queue of this project is full: {} at work and {} waiting. Try again in a few minutes.",
            caps.active, caps.queued
        ),
        Full::Person(caps) => format!(
            "Your part of the queue is full: in one channel a person may have {} at work and {} waiting. Let \
             one of yours be answered first, or take one back with `/cancel`.",
            caps.active, caps.queued
        ),
    }
}

/// Somebody asks more often than he may.
pub(super) fn too_fast(too_fast: TooFast) -> String {
    format!(
        "That was a lot in a short time, and I have not read this message. Send it again in {} s.",
        too_fast.seconds()
    )
}

/// Somebody asks more than fits into a prompt.
pub(super) fn too_long(bytes: usize, most: usize) -> String {
    format!(
        "This is too long for me: {} bytes, and {} are the most. Send it in parts, or put it into a file of \
         the project and tell me where.",
        thousands(bytes as u64),
        thousands(most as u64)
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
pub(super) fn waiting(outlook: Outlook) -> String {
    let why = match (outlook.held, outlook.ahead) {
        (Held::ByAll, 0) => "Everybody is at work; yours is next.".to_owned(),
        (Held::ByAll, 1) => "Everybody is at work; one other is before yours.".to_owned(),
        (Held::ByAll, n) => format!("Everybody is at work; {n} others are before yours."),
        (Held::ByOwn(caps), _) => format!(
            "Yours are at work in this channel already, {} at once at most; this is next when one of them has \
             ended.",
            caps.active
        ),
        (Held::ByProject(caps), _) => format!(
            "In this project {} may be at work at once, and are; this waits until one of them has ended.",
            caps.active
        ),
    };
    match outlook.wait {
        Some(wait) => format!("⏳ {why} It should begin {}.", roughly(wait)),
        None => format!("⏳ {why}"),
    }
}

/// The turn of a run that waited has come.
pub(super) fn turn_has_come(waited: Duration) -> String {
    format!(
        "▶️ The agent has begun with this, after {} in the queue.",
        span(waited)
    )
}

/// When something will be, as well as that can be known.
pub fn roughly(wait: Duration) -> String {
    let minutes = (wait.as_secs() + 30) / 60;
    match minutes {
        0 => "in less than a minute".to_owned(),
        1 => "in about a minute".to_owned(),
        2..120 => format!("in about {minutes} min"),
        _ => format!("in about {} h", (minutes + 30) / 60),
    }
}

/// The project of a session is not in the settings any more.
pub(super) fn project_gone(name: &str) -> String {
    format!(
        "The project `{name}` of this thread is not set up any more. Start anew with a mention in the \
         project's channel."
    )
}

/// The agent program of a conversation is not there any more.
pub(super) fn no_runtime(kind: RuntimeKind) -> String {
    let name = kind.name();
    format!(
        "This conversation is with {name}, which is not set up here. Ask the operator to add `[{kind}]` to \
         the settings, or begin another conversation with `/session start`."
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

/// What the system said to commands that the sandbox has stopped at once, which agents need not tell of.
pub(super) fn stopped(said: &[String]) -> Option<String> {
    let count = match said.len() {
        0 => return None,
        1 => "a command".to_owned(),
        more => format!("{more} commands"),
    };
    let each: BTreeSet<&str> = said.iter().map(String::as_str).collect();
    let each: Vec<&str> = each.into_iter().collect();
    Some(format!(
        "🔒 the sandbox, or the system, has stopped {count}: {}",
        each.join(", ")
    ))
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
    use crate::admission::Caps;

    #[test]
    fn how_many_commands_were_stopped_is_said_with_each_word_of_the_system_once() {
        let said = |all: &[&str]| {
            let all: Vec<String> = all.iter().map(|one| (*one).to_owned()).collect();
            stopped(&all)
        };
        assert_eq!(said(&[]), None);
        let one = "🔒 the sandbox, or the system, has stopped a command: b";
        assert_eq!(said(&["b"]).as_deref(), Some(one));
        let more = "🔒 the sandbox, or the system, has stopped 3 commands: a, b";
        assert_eq!(said(&["b", "a", "b"]).as_deref(), Some(more));
    }

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
    fn a_waiting_person_is_told_what_he_waits_for_and_how_long() {
        let caps = Caps {
            active: 2,
            queued: 5,
        };
        let told = |held, ahead, seconds: Option<u64>| {
            waiting(Outlook {
                ahead,
                held,
                wait: seconds.map(Duration::from_secs),
            })
        };
        let all = [
            told(Held::ByAll, 0, None),
            told(Held::ByAll, 1, Some(29)),
            told(Held::ByAll, 2, Some(89)),
            told(Held::ByAll, 3, Some(90)),
            told(Held::ByOwn(caps), 4, Some(7_000)),
            told(Held::ByProject(caps), 5, Some(9_000)),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }

    #[test]
    fn a_name_is_shown_as_it_is_wherever_a_conversation_begins() {
        let told = [Started::Opening, Started::InThread, Started::InChannel]
            .map(|started| began(started, UserId::new(7), "**x** <@1> [a](b)", "play"));
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn who_is_not_heard_is_told_why_and_what_to_do() {
        let caps = Caps {
            active: 2,
            queued: 5,
        };
        let again_in = |seconds| {
            too_fast(TooFast {
                again_in: Duration::from_millis(seconds),
            })
        };
        let all = [
            queue_full(Full::All(caps)),
            queue_full(Full::Kept(caps)),
            queue_full(Full::Parked(15)),
            queue_full(Full::Person(caps)),
            queue_full(Full::Project(caps)),
            again_in(200),
            again_in(20_000),
            too_long(40_000, 32_768),
            turn_has_come(Duration::from_secs(200)),
        ];
        insta::assert_snapshot!(all.join("\n"));
    }
}
