//! The forms of questions, and what is written into them.

use std::{collections::HashMap, ops::RangeInclusive, time::Duration};

use serenity::all::{CreateActionRow, CreateInputText, CreateModal, InputTextStyle};

use crate::{
    approval::GrantRule,
    discord::render,
    session::{Breadth, Control},
    words::Choice,
};

/// Names of fields.
const REASON: &str = "reason";
const ANSWER: &str = "answer";
const RULE: &str = "rule";
const BREADTH: &str = "scope";
const SPAN: &str = "for";

/// The longest reason and answer, in code points.
const WORDS: u16 = 1_000;

/// The longest text of a field (Discord: components/reference#text-input).
const FIELD: usize = 4_000;

/// How long a yes may hold.
const SPANS: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(365 * 24);

/// The form that a button opens, if it opens one. Its id is the button's.
pub(super) fn wanted(control: &Control, id: &str) -> Option<CreateModal> {
    let text = |style, label: &str, name| CreateInputText::new(style, label, name);
    let (title, fields) = match control.choice {
        Choice::DenyWithReason | Choice::RejectPlan => {
            let field = text(InputTextStyle::Paragraph, "What the agent is told", REASON);
            let title = if control.choice == Choice::RejectPlan {
                "Reject the plan"
            } else {
                "Deny"
            };
            (title, vec![field.max_length(WORDS)])
        }
        Choice::Other { question } => {
            let inquiry = control.inquiries.get(usize::from(question))?;
            let label = render::thread_name(&inquiry.question);
            // A label has 45 code points at most (Discord: components/reference#text-input).
            let label: String = label.chars().take(45).collect();
            let field = text(InputTextStyle::Paragraph, &label, ANSWER).max_length(WORDS);
            ("Your answer", vec![field])
        }
        Choice::Always => {
            let rule = control
                .rule
                .as_deref()
                .filter(|rule| rule.chars().count() <= FIELD)?;
            let fields = vec![
                text(InputTextStyle::Paragraph, "The rule", RULE).value(rule),
                text(
                    InputTextStyle::Short,
                    "Where: project, channel or thread",
                    BREADTH,
                )
                .value("project"),
                text(InputTextStyle::Short, "For how long: 1h, 7d, …", SPAN).value("7d"),
            ];
            ("Always allow this", fields)
        }
        Choice::Once
        | Choice::Session
        | Choice::Deny
        | Choice::Details
        | Choice::Answer { .. }
        | Choice::Select { .. }
        | Choice::ApprovePlan => return None,
    };
    let rows = fields.into_iter().map(CreateActionRow::InputText).collect();
    Some(CreateModal::new(id, title).components(rows))
}

/// The reason that was written.
pub(super) fn reason(fields: &HashMap<&str, &str>) -> Option<String> {
    let reason = fields.get(REASON)?.trim();
    (!reason.is_empty()).then(|| reason.to_owned())
}

/// The answer that was written, or what is wrong with it.
pub(super) fn answer(fields: &HashMap<&str, &str>) -> Result<String, String> {
    match fields.get(ANSWER).map_or("", |text| text.trim()) {
        "" => Err("The answer is empty. Press the button again and write one.".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// A rule for longer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Lasting {
    pub(super) rule: GrantRule,
    pub(super) breadth: Breadth,
    pub(super) span: Duration,
}

/// What was written into the form of a rule, or what is wrong with it.
pub(super) fn lasting(fields: &HashMap<&str, &str>) -> Result<Lasting, String> {
    let field = |name| fields.get(name).map_or("", |text| text.trim());
    let rule = GrantRule::parse(field(RULE))
        .map_err(|error| format!("The rule cannot be understood: {error}"))?;
    let breadth = match field(BREADTH).to_lowercase().as_str() {
        "project" => Breadth::Project,
        "channel" => Breadth::Channel,
        "thread" => Breadth::Thread,
        _ => {
            return Err(
                "Where it holds is written as `project`, `channel` or `thread`. Press the button \
                 again."
                    .to_owned(),
            );
        }
    };
    let span = humantime::parse_duration(field(SPAN)).ok();
    let span = span.filter(|span| SPANS.contains(span)).ok_or(
        "How long it holds is written as a number with its unit, from a minute to 365 days: `90min`, `12h`, `7d`. \
         Press the button again.",
    )?;
    Ok(Lasting {
        rule,
        breadth,
        span,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        delivery::{Inquiry, Pick},
        words::{ApprovalId, ApprovalState, ChannelId, GuildId, Place},
    };

    fn filled<'a>(rule: &'a str, scope: &'a str, span: &'a str) -> HashMap<&'a str, &'a str> {
        HashMap::from([(RULE, rule), (BREADTH, scope), (SPAN, span)])
    }

    #[test]
    fn every_form_is_made_of_rows_which_is_all_that_serenity_reads() {
        let choices = [
            Choice::DenyWithReason,
            Choice::RejectPlan,
            Choice::Other { question: 0 },
            Choice::Always,
        ];
        for choice in choices {
            let form = wanted(&control(choice), "id").unwrap();
            let form = serde_json::to_value(form).unwrap();
            let rows = form["components"].as_array().unwrap();
            assert!(!rows.is_empty());
            for row in rows {
                assert_eq!(row["type"], 1, "{choice:?}");
                assert_eq!(row["components"][0]["type"], 4, "{choice:?}");
            }
        }
    }

    /// What is behind a button of a question.
    fn control(choice: Choice) -> Control {
        let place = Place {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: None,
        };
        let inquiry = Inquiry {
            key: "Which?".to_owned(),
            question: "Which?".to_owned(),
            header: "which".to_owned(),
            options: Vec::new(),
            pick: Pick::One,
        };
        Control {
            approval: ApprovalId::fresh(),
            choice,
            state: ApprovalState::Pending,
            place,
            posted: None,
            route: None,
            rule: Some("Bash(ls)".to_owned()),
            inquiries: vec![inquiry],
        }
    }

    #[test]
    fn a_form_says_what_where_and_for_how_long() {
        let read = lasting(&filled(" Bash(npm test) ", "Channel", "7d"));
        let wanted = Lasting {
            rule: GrantRule::parse("Bash(npm test)").unwrap(),
            breadth: Breadth::Channel,
            span: Duration::from_hours(7 * 24),
        };
        assert_eq!(read, Ok(wanted));
    }

    #[test]
    fn what_cannot_be_understood_gets_a_sentence() {
        for (rule, scope, span, said) in [
            ("Bash(", "project", "7d", "The rule"),
            ("", "project", "7d", "The rule"),
            ("Bash(ls)", "everywhere", "7d", "Where it holds"),
            ("Bash(ls)", "project", "a while", "How long it holds"),
            ("Bash(ls)", "project", "30s", "How long it holds"),
            ("Bash(ls)", "project", "400d", "How long it holds"),
            ("Bash(ls)", "project", "", "How long it holds"),
        ] {
            let error = lasting(&filled(rule, scope, span)).unwrap_err();
            assert!(error.starts_with(said), "{rule} {scope} {span}: {error}");
        }
        assert!(answer(&HashMap::from([(ANSWER, " ")])).is_err());
        assert_eq!(
            reason(&HashMap::from([(REASON, " no ")])),
            Some("no".into())
        );
    }
}
