//! What an agent wants to be told, and the ways in which any of its questions can be answered.

use serde_json::Value;

use super::controls::BUTTONS_IN_A_ROW;
use crate::words::{ApprovalKind, Choice};

/// Questions that are asked at once. One message has room for a list each, and for a row of buttons
/// (Discord: components/reference#action-row).
pub const MOST_INQUIRIES: usize = 4;

/// Options of one question that can be chosen (Discord: components/reference#string-select).
const MOST_OPTIONS: usize = 25;

/// The member of a question that says under what its answer goes back, where that is not its words.
const ANSWER_KEY: &str = "answer_key";

/// One thing that an agent wants to be told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inquiry {
    /// Under what the answer goes back: what the agent program has given it for that, or its words.
    /// Two fields of a form may be asked for in the same words.
    pub key: String,
    /// The question.
    pub question: String,
    /// What it is about, in a word or two.
    pub header: String,
    /// What there is to choose from.
    pub options: Vec<InquiryOption>,
    /// How many of them.
    pub pick: Pick,
}

/// Something to choose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InquiryOption {
    /// Its name, which is the answer.
    pub label: String,
    /// What it means.
    pub description: String,
}

/// How many options may be chosen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pick {
    /// One.
    One,
    /// Any number.
    Many,
}

/// Whether a call can be allowed for longer than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lasting {
    /// It can.
    Grantable,
    /// The project wants a person each time.
    EachTime,
}

/// What the input of a choice asks; none if it asks nothing that can be answered with Discord's means.
pub fn inquiries(input: &Value) -> Vec<Inquiry> {
    let all = input["questions"].as_array().map_or(&[][..], Vec::as_slice);
    let read: Option<Vec<Inquiry>> = all.iter().map(inquiry).collect();
    read.filter(|all| all.len() <= MOST_INQUIRIES)
        .unwrap_or_default()
}

fn inquiry(value: &Value) -> Option<Inquiry> {
    let options = value["options"].as_array().map_or(&[][..], Vec::as_slice);
    let options: Vec<InquiryOption> = options.iter().filter_map(option).collect();
    let question = value["question"].as_str()?.to_owned();
    Some(Inquiry {
        key: value[ANSWER_KEY]
            .as_str()
            .map_or_else(|| question.clone(), str::to_owned),
        question,
        header: value["header"].as_str().unwrap_or("").to_owned(),
        options: options.into_iter().take(MOST_OPTIONS).collect(),
        pick: if value["multiSelect"] == true {
            Pick::Many
        } else {
            Pick::One
        },
    })
}

fn option(value: &Value) -> Option<InquiryOption> {
    let label = value["label"].as_str().filter(|label| !label.is_empty())?;
    Some(InquiryOption {
        label: label.to_owned(),
        description: value["description"].as_str().unwrap_or("").to_owned(),
    })
}

/// The ways in which a question can be answered, each of which gets a control of its own.
pub fn choices(kind: ApprovalKind, lasting: Lasting, input: &Value) -> Vec<Choice> {
    match (kind, lasting) {
        (ApprovalKind::Call, Lasting::Grantable) => vec![
            Choice::Once,
            Choice::Session,
            Choice::Deny,
            Choice::DenyWithReason,
            Choice::Always,
            Choice::Details,
        ],
        (ApprovalKind::Call, Lasting::EachTime) => vec![
            Choice::Once,
            Choice::Deny,
            Choice::DenyWithReason,
            Choice::Details,
        ],
        (ApprovalKind::Plan, _) => vec![Choice::ApprovePlan, Choice::RejectPlan],
        (ApprovalKind::Choice, _) => of_inquiries(&inquiries(input)),
    }
}

fn of_inquiries(inquiries: &[Inquiry]) -> Vec<Choice> {
    let mut choices = Vec::new();
    for (question, inquiry) in (0..).zip(inquiries) {
        let options = inquiry.options.len();
        let as_buttons =
            inquiries.len() == 1 && inquiry.pick == Pick::One && options <= BUTTONS_IN_A_ROW;
        if as_buttons {
            let each = (0..).zip(&inquiry.options);
            choices.extend(each.map(|(option, _)| Choice::Answer { question, option }));
        } else if options > 0 {
            choices.push(Choice::Select { question });
        }
    }
    let each = (0..).zip(inquiries);
    choices.extend(each.map(|(question, _)| Choice::Other { question }));
    choices.push(Choice::Deny);
    choices
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn asks(questions: usize, options: usize, many: bool) -> Value {
        let options: Vec<Value> = (0..options)
            .map(|n| json!({"label": format!("o{n}"), "description": "d"}))
            .collect();
        let one = json!({"question": "q", "header": "h", "options": options, "multiSelect": many});
        json!({"questions": vec![one; questions]})
    }

    fn ways(input: &Value) -> Vec<String> {
        let all = choices(ApprovalKind::Choice, Lasting::EachTime, input);
        all.iter().map(Choice::to_string).collect()
    }

    #[test]
    fn one_question_with_few_options_has_buttons_and_others_have_lists() {
        let two = ["answer:0:0", "answer:0:1", "other:0", "deny"];
        assert_eq!(ways(&asks(1, 2, false)), two);
        for one in [asks(1, 2, true), asks(1, 6, false)] {
            assert_eq!(ways(&one), ["select:0", "other:0", "deny"]);
        }
        assert_eq!(
            ways(&asks(2, 2, false)),
            ["select:0", "select:1", "other:0", "other:1", "deny"]
        );
    }

    #[test]
    fn without_options_there_are_words_and_what_cannot_be_shown_can_be_dismissed() {
        assert_eq!(ways(&asks(1, 0, false)), ["other:0", "deny"]);
        for odd in [asks(5, 2, false), json!({}), json!({"questions": [{}]})] {
            assert_eq!(ways(&odd), ["deny"], "{odd}");
        }
    }

    #[test]
    fn what_the_project_always_asks_for_is_allowed_once_only() {
        let lasting = [Choice::Session, Choice::Always];
        let call = |how| choices(ApprovalKind::Call, how, &Value::Null);
        assert!(
            lasting
                .iter()
                .all(|it| call(Lasting::Grantable).contains(it))
        );
        assert!(
            !lasting
                .iter()
                .any(|it| call(Lasting::EachTime).contains(it))
        );
    }
}
