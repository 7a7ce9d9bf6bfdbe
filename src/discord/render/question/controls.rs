//! Buttons and lists below a question.

use super::super::text::one_line;
use crate::{
    delivery::{
        BUTTONS_IN_A_ROW, Button, ControlRow, Inquiry, List, ListOption, Look, Matter, Pick,
        Question,
    },
    words::Choice,
};

/// The longest label of a button and of an option, the longest description and hint, in code points
/// (Discord: components/reference).
const BUTTON: usize = 80;
const OPTION: usize = 100;
const HINT: usize = 150;

/// All that a question can be answered with; nothing once it has ended.
pub(super) fn whole(question: &Question) -> Vec<ControlRow> {
    if question.end.is_some() {
        return Vec::new();
    }
    let inquiries: &[Inquiry] = if let Matter::Inquiries(all) = &question.matter {
        all
    } else {
        &[]
    };
    let (mut rows, mut buttons) = (Vec::new(), Vec::new());
    let mut options = Vec::new();
    for (id, choice) in &question.controls {
        match *choice {
            Choice::Select { question } => {
                if let Some(inquiry) = inquiries.get(usize::from(question)) {
                    rows.push(ControlRow::List(list(id, inquiry)));
                }
            }
            Choice::Answer { question, option } => {
                let inquiry = inquiries.get(usize::from(question));
                let option = inquiry.and_then(|it| it.options.get(usize::from(option)));
                options.extend(option.map(|it| button(id, &it.label, Look::Main)));
            }
            other @ (Choice::Once
            | Choice::Session
            | Choice::Always
            | Choice::Deny
            | Choice::DenyWithReason
            | Choice::Details
            | Choice::ApprovePlan
            | Choice::RejectPlan
            | Choice::Other { .. }) => buttons.extend(
                labelled(question, inquiries, other).map(|(label, look)| button(id, &label, look)),
            ),
        }
    }
    for some in [options, buttons] {
        let some = some.chunks(BUTTONS_IN_A_ROW);
        rows.extend(some.map(|row| ControlRow::Buttons(row.to_vec())));
    }
    rows
}

/// What shows the question to those who may answer.
pub(super) fn veiled(question: &Question) -> Vec<ControlRow> {
    if question.end.is_some() {
        return Vec::new();
    }
    let mut controls = question.controls.iter();
    let details = controls.find(|(_, choice)| *choice == Choice::Details);
    let row =
        details.map(|(id, _)| ControlRow::Buttons(vec![button(id, "Show details", Look::Main)]));
    row.into_iter().collect()
}

/// What stands on a button, if there is one.
fn labelled(question: &Question, inquiries: &[Inquiry], choice: Choice) -> Option<(String, Look)> {
    let (label, look) = match choice {
        Choice::Once => ("Allow once", Look::Yes),
        // What nobody can read, nobody allows for longer.
        Choice::Session if question.rule.is_some() => ("Allow for this session", Look::Plain),
        Choice::Deny if matches!(question.matter, Matter::Inquiries(_)) => ("Dismiss", Look::Plain),
        Choice::Deny => ("Deny", Look::No),
        Choice::DenyWithReason => ("Deny with a reason…", Look::Plain),
        Choice::Always if question.rule.is_some() => ("Always in this project…", Look::Plain),
        Choice::ApprovePlan => ("Approve", Look::Yes),
        Choice::RejectPlan => ("Reject with a reason…", Look::No),
        Choice::Other { .. } if inquiries.len() == 1 => ("Something else…", Look::Plain),
        Choice::Other { question } => {
            let inquiry = inquiries.get(usize::from(question))?;
            let about = match one_line(&inquiry.header, BUTTON / 2) {
                header if header.is_empty() => (question + 1).to_string(),
                header => header,
            };
            return Some((format!("Something else: {about}…"), Look::Plain));
        }
        Choice::Session
        | Choice::Always
        | Choice::Details
        | Choice::Select { .. }
        | Choice::Answer { .. } => {
            return None;
        }
    };
    Some((label.to_owned(), look))
}

fn button(id: &str, label: &str, look: Look) -> Button {
    Button {
        id: id.to_owned(),
        label: seen(&one_line(label, BUTTON)),
        look,
    }
}

fn list(id: &str, inquiry: &Inquiry) -> List {
    let options = inquiry.options.iter().map(|option| ListOption {
        label: seen(&one_line(&option.label, OPTION)),
        description: one_line(&option.description, OPTION),
    });
    let most = match inquiry.pick {
        Pick::One => 1,
        Pick::Many => u8::try_from(inquiry.options.len()).unwrap_or(1),
    };
    List {
        id: id.to_owned(),
        hint: seen(&one_line(&inquiry.question, HINT)),
        options: options.collect(),
        most,
    }
}

/// A label must not be empty.
fn seen(label: &str) -> String {
    if label.is_empty() {
        "…".to_owned()
    } else {
        label.to_owned()
    }
}
