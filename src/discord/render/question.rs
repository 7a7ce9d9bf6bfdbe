//! A question about a tool call as a message.
//!
//! What the agent wants is shown in a block of code from which it cannot break out, with everything that
//! would not be seen written as a number: a person decides by what he sees.

mod block;
mod controls;
mod diff;
mod facts;
mod inquiries;
mod lines;
mod patch;
#[cfg(test)]
mod tests;

use super::{
    MESSAGE_LIMIT,
    answer::{FILE_LIMIT, file, grouped},
    outcome::{Before, outcome, quoted},
};
use crate::{
    delivery::{Attachment, Matter, Over, Post, Question, Shape},
    words::{Route, RuntimeKind, UserId},
};
use block::Block;
use facts::Facts;
pub(super) use facts::{code, meaning};

/// People that are named; more are counted.
const NAMED: usize = 5;

/// Makes a message of a question, or of how it ended.
pub fn question(question: &Question, shown: Shape) -> Post {
    match shown {
        Shape::Whole => whole(question),
        Shape::Veiled => Post {
            content: veiled(question),
            controls: controls::veiled(question),
            ..Post::default()
        },
        Shape::Elsewhere(route) => Post {
            content: elsewhere(question, route),
            ..Post::default()
        },
    }
}

fn whole(question: &Question) -> Post {
    let head = head(question);
    let facts = Facts::of(question);
    let tail = format!("{}{}", facts.shown(), last(question));
    // A line end on either side of what is between.
    let taken = head.chars().count() + tail.chars().count() + 2;
    let room = MESSAGE_LIMIT.saturating_sub(taken);
    let body = body(question, facts.cut(), room);
    let between = body.shown.trim_end();
    Post {
        content: format!("{head}\n{between}\n{tail}"),
        file: body.file,
        controls: controls::whole(question),
        ..Post::default()
    }
}

/// Who wants what, and for whom.
fn head(question: &Question) -> String {
    let wants = match &question.matter {
        Matter::Command(_) => "wants to run a command".to_owned(),
        Matter::Change { file, .. } => format!("wants to change {}", code(file)),
        Matter::Rewrite { file, .. } => format!("wants to overwrite {}", code(file)),
        Matter::Content { file, over, .. } => match over {
            Over::Nothing => format!("wants to write the new file {}", code(file)),
            Over::Unseen => format!("wants to write {}", code(file)),
        },
        Matter::Cell(cell) => format!("wants to change the notebook {}", code(&cell.file)),
        Matter::Patch(all) => format!("wants to {}", patch::wanted(all)),
        Matter::Plan { .. } => "has a plan and wants to know whether to go on".to_owned(),
        Matter::Inquiries(_) => "wants to know something".to_owned(),
        Matter::Other { tool, .. } => format!("wants to use {}", code(tool)),
    };
    format!(
        "🔐 **{}** in project **{}** {wants}, for {}, in <#{}>.",
        agent(question.agent),
        quoted(&question.project),
        people(&question.asked_by),
        question.at
    )
}

/// Until when it can be answered; or how it ended.
fn last(question: &Question) -> String {
    match &question.end {
        Some(end) => outcome(question, end, Before::Approvers),
        None => format!("-# ⏳ To be answered {}.", until(question)),
    }
}

/// What is asked, within so many code points, and all of it as a file if that is not enough.
struct Body {
    shown: String,
    file: Option<Attachment>,
}

/// `cut` is what of the other lines is too long to be shown whole.
fn body(question: &Question, cut: &str, room: usize) -> Body {
    let block = match &question.matter {
        Matter::Command(line) => Block::new("sh", line, "command.sh"),
        Matter::Change { hunks, .. } => Block::new("diff", &diff::diff(hunks), "change.diff"),
        Matter::Rewrite { old, new, .. } => {
            Block::new("diff", &lines::difference(old, new), "change.diff")
        }
        Matter::Cell(cell) => Block::new("diff", &diff::cell(cell), "change.diff"),
        Matter::Patch(all) => Block::new("diff", &patch::patch(all), "change.diff"),
        Matter::Content { text, .. } => Block::new("", &diff::content(text), "content.txt"),
        Matter::Plan { text, .. } => Block::new("md", text, "plan.md"),
        Matter::Other { input, .. } => Block::new("json", input, "input.json"),
        Matter::Inquiries(all) => return inquiries::body(question, all, cut, room),
    };
    let whole = block.within(room);
    if let Some(shown) = whole.filter(|_| block.is_literal() && cut.is_empty()) {
        return Body { shown, file: None };
    }
    let count = grouped(block.text().chars().count());
    let note = if block.text().len() + cut.len() < FILE_LIMIT {
        format!("-# 📎 All of it ({count} characters), letter by letter, is in the attached file.")
    } else {
        format!(
            "-# 📎 These are {count} characters, more than Discord takes: the attached file has only the \
             beginning, so that nobody can see all of it."
        )
    };
    let shown = block.ends(room.saturating_sub(note.chars().count() + 1));
    Body {
        shown: format!("{shown}\n{note}"),
        file: Some(attached(block.name(), cut, block.text())),
    }
}

/// A file with what was too long for its line, if anything was, and then the matter itself.
fn attached(name: &str, cut: &str, text: &str) -> Attachment {
    let (name, all) = if cut.is_empty() {
        (name, text.to_owned())
    } else {
        ("question.txt", format!("{cut}\n{text}"))
    };
    Attachment {
        name: name.to_owned(),
        bytes: file(&all, FILE_LIMIT).into_bytes(),
    }
}

fn veiled(question: &Question) -> String {
    match &question.end {
        Some(end) => format!(
            "🔐 Something that an agent wanted to do. {}",
            outcome(question, end, Before::Everybody)
        ),
        None => format!(
            "🔐 **{}** wants to do something that somebody has to allow first. What it is, only those see who \
             may decide.\n-# ⏳ To be answered {}.",
            agent(question.agent),
            until(question)
        ),
    }
}

fn elsewhere(question: &Question, route: Route) -> String {
    let whom = match route {
        Route::Dm => {
            "an owner was asked in a direct message. Whoever else may decide finds it with `/approvals`"
        }
        Route::Channel | Route::Veiled | Route::Thread => {
            "approvers were asked in a channel of theirs"
        }
    };
    match &question.end {
        Some(end) => format!("🔐 {}", outcome(question, end, Before::Everybody)),
        None => format!(
            "🔐 **{}** wants to do something that has to be allowed first, and {whom}.\n-# ⏳ To be answered {}.",
            agent(question.agent),
            until(question)
        ),
    }
}

/// Until when it can be answered, as everybody's own clock says it.
fn until(question: &Question) -> String {
    let seconds = question.expires_at.get() / 1_000;
    format!("until <t:{seconds}:t> (<t:{seconds}:R>)")
}

/// People by mentions, of which none pings.
fn people(people: &[UserId]) -> String {
    let named: Vec<String> = people
        .iter()
        .take(NAMED)
        .map(|id| format!("<@{id}>"))
        .collect();
    match people.len() {
        0 => "nobody who can be named".to_owned(),
        count if count > NAMED => format!("{} and {} more", named.join(", "), count - NAMED),
        _ => named.join(", "),
    }
}

const fn agent(agent: RuntimeKind) -> &'static str {
    agent.name()
}
