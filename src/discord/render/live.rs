//! The message that changes while an agent works.

use std::time::Duration;

use super::{MESSAGE_LIMIT, escape_markdown, fence::Tracker, text::one_line};
use crate::session::ToolAtWork;

/// How much of a tool's name and input is shown, in code points; and of one that stands below another.
const TOOL: usize = 150;
const TOOL_BELOW: usize = 60;

/// The newest state of a run within one message: the end of the text so far, what the agent and its
/// sub-agents do, and how long it has been at it.
pub fn live(text: &str, tools: &[ToolAtWork], elapsed: Duration) -> String {
    let status = if tools.is_empty() {
        format!("-# ⏳ {}", said(elapsed))
    } else {
        let mut lines: Vec<String> = tools.iter().map(tool_line).collect();
        lines[0] = format!("{} · {}", lines[0], said(elapsed));
        lines.join("\n")
    };
    let text = text.trim();
    if text.is_empty() {
        return status;
    }
    // A line end between the two.
    let room = MESSAGE_LIMIT - status.chars().count() - 1;
    format!("{}\n{status}", end_of(text, room))
}

/// A tool at work. Discord takes away spaces at the beginning of a line, but not these.
fn tool_line(tool: &ToolAtWork) -> String {
    match tool.depth {
        0 => format!("-# ⚙️ {}", escape_markdown(&one_line(&tool.line, TOOL))),
        depth => format!(
            "-# {}↳ {}",
            "\u{2003}".repeat(depth),
            escape_markdown(&one_line(&tool.line, TOOL_BELOW))
        ),
    }
}

/// The last of a text within `room` code points, with the code block that it is in.
fn end_of(text: &str, room: usize) -> String {
    const CUT: &str = "…\n";
    let frame = room / 4;
    let mut tracker = Tracker::new(frame);
    let whole = text.chars().count();
    if whole + frame <= room {
        tracker.lines(text);
        return closed(text, &tracker);
    }
    // What fits for certain, whatever is to be closed and reopened.
    let most = room - frame - CUT.chars().count();
    let start = text
        .char_indices()
        .nth(whole.saturating_sub(most))
        .map_or(0, |(at, _)| at);
    // From the beginning of a line, unless that would show much less.
    let start = match text[start..].find('\n') {
        Some(end) if end < most / 2 => start + end + 1,
        Some(_) | None => start,
    };
    tracker.lines(&text[..start]);
    let reopened = match tracker.open() {
        Some(fence) => fence.reopen() + "\n",
        None => String::new(),
    };
    let shown = format!("{reopened}{}", &text[start..]);
    let mut tracker = Tracker::new(frame);
    tracker.lines(&shown);
    format!("{CUT}{}", closed(&shown, &tracker))
}

fn closed(text: &str, tracker: &Tracker) -> String {
    match tracker.open() {
        Some(fence) => format!("{text}\n{}", fence.close()),
        None => text.to_owned(),
    }
}

/// A length of time as people say it.
fn said(elapsed: Duration) -> String {
    let seconds = elapsed.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_state_stands_below_the_text_so_far() {
        assert_snapshot!(live(
            "I will run the tests.\n",
            &[at(0, "Bash: cargo test -- `x`\n&& rm *")],
            Duration::from_secs(12)
        ), @r"
        I will run the tests.
        -# ⚙️ Bash\: cargo test -- \`x\` && rm \* · 12 s
        ");
    }

    fn at(depth: usize, line: &str) -> ToolAtWork {
        let line = line.to_owned();
        ToolAtWork { depth, line }
    }

    #[test]
    fn what_a_sub_agent_does_is_indented_below_its_call() {
        assert_snapshot!(live(
            "I will have two look.",
            &[
                at(0, "Agent: the tests"),
                at(1, "Read: src/lib.rs"),
                at(1, &format!("Bash: {}", "x".repeat(100))),
                at(2, "Grep: fn main"),
                at(0, "Agent: the docs"),
            ],
            Duration::from_secs(12)
        ));
    }

    #[test]
    fn before_the_first_word_there_is_the_state_alone() {
        assert_eq!(live(" ", &[], Duration::from_secs(75)), "-# ⏳ 1 min 15 s");
        assert_eq!(live("", &[], Duration::from_secs(7_300)), "-# ⏳ 2 h 1 min");
    }

    #[test]
    fn a_block_that_is_still_written_is_shown_closed() {
        assert_eq!(
            live("```rust\nfn main() {", &[], Duration::ZERO),
            "```rust\nfn main() {\n```\n-# ⏳ 0 s"
        );
    }

    #[test]
    fn of_a_long_text_the_end_is_shown_with_its_block() {
        let lines: Vec<String> = (0..500).map(|n| format!("let x{n} = {n};")).collect();
        let shown = live(
            &format!("```rust\n{}", lines.join("\n")),
            &[],
            Duration::ZERO,
        );
        assert!(shown.starts_with("…\n```rust\nlet x"), "{shown}");
        assert!(
            shown.ends_with("let x499 = 499;\n```\n-# ⏳ 0 s"),
            "{shown}"
        );
        assert!(shown.chars().count() > 1_400, "{}", shown.chars().count());
    }

    proptest! {
        #[test]
        fn the_live_message_always_fits_and_leaves_nothing_open(
            pieces in prop::collection::vec(
                prop_oneof!["[a-z ]{1,80}", Just("\n```rust\n".to_owned()), Just("\n".to_owned()),
                    Just("\n> ```\n> ".to_owned()), "[`~]{1,900}", "\\PC{1,20}"],
                0..120,
            ),
            tools in prop::collection::vec((0..4_usize, any::<String>()), 0..9),
            seconds in 0..1_000_000_u64,
        ) {
            let shown = {
                let tools: Vec<ToolAtWork> = tools.iter().map(|(depth, line)| at(*depth, line)).collect();
                live(&pieces.concat(), &tools, Duration::from_secs(seconds))
            };
            prop_assert!(shown.chars().count() <= MESSAGE_LIMIT);
            let status = tools.len().max(1);
            let lines: Vec<&str> = shown.split('\n').collect();
            let (text, status) = lines.split_at(lines.len() - status);
            prop_assert!(status.iter().all(|line| line.starts_with("-# ")), "{:?}", status);
            let text = &text.join("\n");
            let mut tracker = Tracker::new(MESSAGE_LIMIT / 8);
            tracker.lines(text);
            prop_assert_eq!(tracker.open(), None);
        }
    }
}
