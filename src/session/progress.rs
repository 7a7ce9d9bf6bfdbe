//! What can be seen of a run while it works.

use serde_json::Value;
use tokio::sync::watch;

use super::LiveWait;
use crate::{
    clock::Millis,
    runtime::{BlockId, RunEvent},
    words::{ChannelId, RunId, SessionId},
};

/// Longest description of a tool call.
const TOOL_CHARS: usize = 100;

/// A run that has its turn, announced to whoever shows it.
#[derive(Debug)]
pub struct LiveRun {
    /// The run.
    pub run: RunId,
    /// Its session.
    pub session: SessionId,
    /// Where the session posts when the turn begins.
    pub channel: ChannelId,
    /// The newest state.
    pub progress: watch::Receiver<Progress>,
}

/// What there is to be shown.
#[derive(Debug)]
pub enum Shown {
    /// A run at work.
    Run(LiveRun),
    /// A run that waits for its turn.
    Wait(LiveWait),
}

/// The newest state of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Progress {
    /// When its turn began.
    pub started: Millis,
    /// The tool at work, in one line.
    pub tool: Option<String>,
    /// Tool calls so far.
    pub tool_calls: u32,
    /// Whether more is to come.
    pub state: ProgressState,
    finished: String,
    writing: Option<(BlockId, String)>,
}

/// Whether more is to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProgressState {
    /// The agent works.
    Working,
    /// The run has ended.
    Ended,
}

impl Progress {
    pub(super) const fn new(started: Millis) -> Self {
        Self {
            started,
            tool: None,
            tool_calls: 0,
            state: ProgressState::Working,
            finished: String::new(),
            writing: None,
        }
    }

    /// What the agent has written so far, Markdown.
    pub fn text(&self) -> String {
        let writing = self.writing.as_ref().map_or("", |(_, text)| text);
        let gap = if self.finished.is_empty() || writing.is_empty() {
            ""
        } else {
            "\n\n"
        };
        [&self.finished, gap, writing].concat()
    }

    /// Takes in an event; says whether anything can be seen of it.
    pub(super) fn take(&mut self, event: &RunEvent) -> bool {
        match event {
            RunEvent::TextDelta { block, text } => self.add(block, text),
            RunEvent::Text { block, text } => self.replace(block, text),
            RunEvent::ToolStarted { tool, input, .. } => {
                self.tool = Some(describe(tool, input));
                self.tool_calls += 1;
            }
            RunEvent::ToolEnded { .. } => self.tool = None,
            RunEvent::TextDropped(block) => self.drop_block(block),
            RunEvent::Ready
            | RunEvent::StartFailed { .. }
            | RunEvent::SessionNamed(_)
            | RunEvent::Acknowledged(_)
            | RunEvent::Thinking
            | RunEvent::Asked(_)
            | RunEvent::AskWithdrawn(_)
            | RunEvent::Retrying { .. }
            | RunEvent::Limit(_)
            | RunEvent::OwnTurnEnded(_)
            | RunEvent::TurnEnded(_) => return false,
        }
        true
    }

    fn add(&mut self, block: &BlockId, text: &str) {
        match &mut self.writing {
            Some((current, written)) if current == block => written.push_str(text),
            Some(_) | None => {
                self.close_block();
                self.writing = Some((block.clone(), text.to_owned()));
            }
        }
    }

    /// A finished block is what counts, whatever its deltas added up to.
    fn replace(&mut self, block: &BlockId, text: &str) {
        if !self
            .writing
            .as_ref()
            .is_some_and(|(current, _)| current == block)
        {
            self.close_block();
        }
        self.writing = None;
        self.append(text);
    }

    fn drop_block(&mut self, block: &BlockId) {
        if self
            .writing
            .as_ref()
            .is_some_and(|(current, _)| current == block)
        {
            self.writing = None;
        }
    }

    fn close_block(&mut self) {
        if let Some((_, text)) = self.writing.take() {
            self.append(&text);
        }
    }

    fn append(&mut self, text: &str) {
        if !text.trim().is_empty() {
            if !self.finished.is_empty() {
                self.finished.push_str("\n\n");
            }
            self.finished.push_str(text);
        }
    }
}

/// A tool call in one line: the tool and the part of its input that tells most.
fn describe(tool: &str, input: &Value) -> String {
    const TELLING: [&str; 7] = [
        "command",
        "file_path",
        "path",
        "pattern",
        "url",
        "query",
        "description",
    ];
    let detail = TELLING.iter().find_map(|key| input.get(key)?.as_str());
    let line = detail.map_or_else(|| tool.to_owned(), |detail| format!("{tool}: {detail}"));
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= TOOL_CHARS {
        return line;
    }
    line.chars().take(TOOL_CHARS - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn block(index: u32) -> BlockId {
        BlockId {
            message: "m".into(),
            index,
        }
    }

    fn delta(index: u32, text: &str) -> RunEvent {
        RunEvent::TextDelta {
            block: block(index),
            text: text.into(),
        }
    }

    #[test]
    fn a_finished_block_replaces_its_deltas_and_the_next_one_follows() {
        let mut progress = Progress::new(Millis::new(0));
        for event in [
            delta(0, "Hel"),
            delta(0, "lo"),
            RunEvent::Text {
                block: block(0),
                text: "Hello!".into(),
            },
            delta(1, "And"),
        ] {
            assert!(progress.take(&event));
        }
        assert_eq!(progress.text(), "Hello!\n\nAnd");
    }

    #[test]
    fn a_tool_is_told_in_one_short_line() {
        let mut progress = Progress::new(Millis::new(0));
        progress.take(&RunEvent::ToolStarted {
            id: "t".into(),
            tool: "Bash".into(),
            input: json!({"command": format!("echo {}\nls", "x".repeat(200)), "description": "d"}),
        });
        let line = progress.tool.clone().unwrap();
        assert_eq!(line.chars().count(), 100);
        assert!(line.starts_with("Bash: echo xxx") && line.ends_with('…'));
        progress.take(&RunEvent::ToolEnded {
            id: "t".into(),
            end: crate::runtime::ToolEnd::Done,
        });
        assert_eq!((progress.tool.clone(), progress.tool_calls), (None, 1));
    }
}
