//! What can be seen of a run while it works.
//!
//! Of a tool call its place sees the tool's name, and what it does only once a rule or a person has allowed it: what
//! is asked in private stays there.

use tokio::sync::watch;

use super::{LiveWait, describe::named};
use crate::{
    clock::Millis,
    observe::Secrets,
    runtime::{BlockId, RunEvent},
    words::{ChannelId, RunId, SessionId},
};

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
    /// The tools at work: calls of the agent itself, the newest last, and below each those of the
    /// sub-agent that it started. A few of each.
    pub tools: Vec<ToolAtWork>,
    /// Tool calls so far.
    pub tool_calls: u32,
    /// Whether more is to come.
    pub state: ProgressState,
    finished: String,
    writing: Option<(BlockId, String)>,
    open: Vec<Call>,
}

/// A tool at work, to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToolAtWork {
    /// How many calls it stands below.
    pub depth: usize,
    /// What it does, in one line.
    pub line: String,
}

impl ToolAtWork {
    /// The same without secrets.
    #[must_use]
    pub fn without(&self, secrets: &Secrets) -> Self {
        Self {
            depth: self.depth,
            line: secrets.redact(&self.line),
        }
    }
}

/// A call that is not over.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Call {
    id: String,
    parent: Option<String>,
    name: String,
    /// What it does, if that may be seen.
    does: Option<String>,
}

impl Call {
    fn line(&self) -> &str {
        self.does.as_deref().unwrap_or(&self.name)
    }
}

/// How many open calls are remembered; the oldest are forgotten first.
const REMEMBERED: usize = 64;

/// How many calls of the agent itself are shown, how many below each call, and how deep.
const SHOWN: usize = 3;
const SHOWN_BELOW: usize = 2;
const DEEPEST: usize = 3;

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
            tools: Vec::new(),
            tool_calls: 0,
            state: ProgressState::Working,
            finished: String::new(),
            writing: None,
            open: Vec::new(),
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
            RunEvent::ToolStarted {
                id, parent, tool, ..
            } => {
                self.begin(id, parent.clone(), named(tool));
                self.tool_calls += 1;
            }
            RunEvent::ToolEnded { id, .. } => self.end(id),
            RunEvent::TextDropped(block) => self.drop_block(block),
            RunEvent::Ready
            | RunEvent::StartFailed { .. }
            | RunEvent::SessionNamed(_)
            | RunEvent::Acknowledged(_)
            | RunEvent::Thinking
            | RunEvent::Asked(_)
            | RunEvent::AskedUnreadably(_)
            | RunEvent::AskWithdrawn(_)
            | RunEvent::Retrying { .. }
            | RunEvent::Limit(_)
            | RunEvent::TaskBegan(_)
            | RunEvent::TaskEnded { .. }
            | RunEvent::Tuned { .. }
            | RunEvent::NotUnderstood
            | RunEvent::OwnTurnEnded(_)
            | RunEvent::TurnEnded(_) => return false,
        }
        true
    }

    /// A call is allowed: from now on its place may see what it does. Says whether anything can be seen of that.
    pub(super) fn allowed(&mut self, call: &str, does: String) -> bool {
        self.tell(call, Some(does))
    }

    /// A call is not allowed, or is asked about all the same: its place sees the tool's name. Says whether anything
    /// can be seen of that.
    pub(super) fn veiled(&mut self, call: &str) -> bool {
        self.tell(call, None)
    }

    fn tell(&mut self, id: &str, does: Option<String>) -> bool {
        let mut open = self.open.iter_mut();
        // One that has not begun is told of by its name when it does.
        let Some(call) = open.find(|call| call.id == id) else {
            return false;
        };
        let is_news = call.does != does;
        call.does = does;
        self.tools = self.at_work();
        is_news
    }

    fn begin(&mut self, id: &str, parent: Option<String>, name: String) {
        if self.open.len() == REMEMBERED {
            self.open.remove(0);
        }
        self.open.push(Call {
            id: id.to_owned(),
            parent,
            name,
            does: None,
        });
        self.tools = self.at_work();
    }

    /// A call is over, and with it whatever its sub-agent was at.
    fn end(&mut self, id: &str) {
        let mut over = vec![id.to_owned()];
        while let Some(id) = over.pop() {
            self.open.retain(|call| call.id != id);
            let (below, rest) = std::mem::take(&mut self.open)
                .into_iter()
                .partition(|call| call.parent.as_deref() == Some(&id));
            self.open = rest;
            over.extend(Vec::<Call>::into_iter(below).map(|call| call.id));
        }
        self.tools = self.at_work();
    }

    fn at_work(&self) -> Vec<ToolAtWork> {
        let is_open = |id: &String| self.open.iter().any(|call| call.id == *id);
        // Whose caller is not known stands for itself.
        let top: Vec<&Call> = self
            .open
            .iter()
            .filter(|call| !call.parent.as_ref().is_some_and(is_open))
            .collect();
        let mut shown = Vec::new();
        for call in newest(&top, SHOWN) {
            self.show(call, 0, &mut shown);
        }
        shown
    }

    fn show(&self, call: &Call, depth: usize, shown: &mut Vec<ToolAtWork>) {
        shown.push(ToolAtWork {
            depth,
            line: call.line().to_owned(),
        });
        if depth == DEEPEST {
            return;
        }
        let below: Vec<&Call> = self
            .open
            .iter()
            .filter(|one| one.parent.as_deref() == Some(&call.id) && one.id != call.id)
            .collect();
        for call in newest(&below, SHOWN_BELOW) {
            self.show(call, depth + 1, shown);
        }
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

fn newest<'a, 'b>(calls: &'b [&'a Call], most: usize) -> &'b [&'a Call] {
    &calls[calls.len().saturating_sub(most)..]
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
    fn what_a_call_does_is_seen_while_it_is_allowed_and_else_the_tools_name() {
        let mut progress = Progress::new(Millis::new(0));
        assert!(!progress.allowed("t", "Bash: ls".into()));
        let input = json!({"command": "ls", "description": "d", "file_path": "/f"});
        progress.take(&RunEvent::ToolStarted {
            id: "t".into(),
            parent: None,
            tool: "Bash".into(),
            input,
        });
        assert_eq!(shown(&progress), ["Bash"]);
        assert!(!progress.veiled("t"));
        assert!(progress.allowed("t", "Bash: ls".into()));
        assert!(!progress.allowed("t", "Bash: ls".into()));
        assert!(!progress.allowed("other", "Bash: rm".into()));
        assert_eq!(shown(&progress), ["Bash: ls"]);
        assert!(progress.veiled("t"));
        assert_eq!(shown(&progress), ["Bash"]);
        ends(&mut progress, "t");
        assert_eq!((progress.tools, progress.tool_calls), (vec![], 1));
    }

    fn starts(progress: &mut Progress, id: &str, parent: Option<&str>) {
        progress.take(&RunEvent::ToolStarted {
            id: id.into(),
            parent: parent.map(str::to_owned),
            tool: id.into(),
            input: json!({}),
        });
    }

    fn ends(progress: &mut Progress, id: &str) {
        let end = crate::runtime::ToolEnd::Done;
        progress.take(&RunEvent::ToolEnded { id: id.into(), end });
    }

    fn shown(progress: &Progress) -> Vec<String> {
        let tools = progress.tools.iter();
        tools
            .map(|tool| format!("{}{}", "-".repeat(tool.depth), tool.line))
            .collect()
    }

    #[test]
    fn what_a_sub_agent_does_stands_below_the_call_that_started_it_and_ends_with_it() {
        let mut progress = Progress::new(Millis::new(0));
        starts(&mut progress, "agent", None);
        starts(&mut progress, "bash", None);
        for (id, parent) in [("read", "agent"), ("grep", "agent"), ("deeper", "agent")] {
            starts(&mut progress, id, Some(parent));
        }
        starts(&mut progress, "write", Some("deeper"));
        starts(&mut progress, "orphan", Some("forgotten"));
        assert_eq!(
            shown(&progress),
            ["agent", "-grep", "-deeper", "--write", "bash", "orphan"]
        );
        ends(&mut progress, "deeper");
        ends(&mut progress, "orphan");
        assert_eq!(shown(&progress), ["agent", "-read", "-grep", "bash"]);
        ends(&mut progress, "agent");
        assert_eq!(shown(&progress), ["bash"]);
        assert_eq!(progress.tool_calls, 7);
    }

    #[test]
    fn however_many_tools_are_at_work_a_few_are_shown() {
        let mut progress = Progress::new(Millis::new(0));
        starts(&mut progress, "itself", Some("itself"));
        for number in 0..1_000 {
            starts(&mut progress, &format!("t{number}"), None);
        }
        assert_eq!(shown(&progress), ["t997", "t998", "t999"]);
        assert_eq!(progress.open.len(), REMEMBERED);
    }
}
