//! Where a conversation stands.

use super::directive;
use super::{RetryKey, Step};

/// How much of a text an echo repeats, in characters.
const ECHO_LIMIT: usize = 2_000;

/// How the texts begin that a CLI puts in a user's mouth: reminders and command output, an
/// interruption, an instruction file, a skill's introduction, what a summary of an older conversation begins with.
/// Such a text neither ends a script nor is echoed.
const NOT_A_PERSON: [&str; 5] = [
    "<",
    "[Request interrupted",
    "# AGENTS.md",
    "Base directory for",
    "Another language model started to solve this problem",
];

/// One entry of a conversation, as far as a script cares.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Turn {
    /// The texts of one user message.
    User(Vec<String>),
    /// One reply of the model.
    Model,
    /// The result of one tool call.
    Tool(String),
}

/// What is due in a conversation.
#[derive(Debug, PartialEq)]
pub(crate) struct Scene {
    /// The step to play.
    pub(crate) step: Step,
    /// The newest text of a person.
    pub(crate) user_text: String,
    /// Which step of which script it is, for counted failures.
    pub(crate) key: RetryKey,
}

/// Reads a conversation from its beginning. A newer text of a person ends an older script, which is
/// also how a test sees that a steered message arrived.
pub(crate) fn scene(turns: &[Turn]) -> Scene {
    let mut people: Vec<&str> = Vec::new();
    let mut script: Option<Vec<Step>> = None;
    let mut replies = 0;
    let mut last_tool = "";
    for turn in turns {
        match turn {
            Turn::Model => replies += 1,
            Turn::Tool(result) => last_tool = result,
            Turn::User(texts) => {
                for text in texts {
                    let found = directive::steps(text);
                    if is_from_a_person(text) {
                        people.push(text);
                    } else if found.is_none() {
                        continue;
                    }
                    script = found;
                    replies = 0;
                }
            }
        }
    }
    let key = RetryKey {
        script: script.clone().unwrap_or_default(),
        user_texts: people.len(),
        replies,
    };
    let user_text = people.pop().unwrap_or_default();
    let step = match script {
        None => Step::say(format!("echo: {}", beginning(user_text, ECHO_LIMIT))),
        Some(mut steps) if replies < steps.len() => {
            let step = steps.swap_remove(replies);
            if step.recall {
                Step {
                    text: Some(recall(&people)),
                    ..step
                }
            } else {
                step
            }
        }
        Some(_) => Step::say(format!(
            "script finished; last tool result: {}",
            beginning(last_tool, ECHO_LIMIT)
        )),
    };
    Scene {
        step,
        user_text: user_text.to_owned(),
        key,
    }
}

fn is_from_a_person(text: &str) -> bool {
    let text = text.trim_start();
    !text.is_empty()
        && !NOT_A_PERSON
            .iter()
            .any(|beginning| text.starts_with(beginning))
}

fn beginning(text: &str, characters: usize) -> &str {
    text.char_indices()
        .nth(characters)
        .map_or(text, |(end, _)| &text[..end])
}

fn recall(earlier: &[&str]) -> String {
    if earlier.is_empty() {
        return "no earlier user text".to_owned();
    }
    let line = |text: &&str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    earlier.iter().map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(text: &str) -> Turn {
        Turn::User(vec![text.to_owned()])
    }

    fn said(turns: &[Turn]) -> String {
        scene(turns).step.text.unwrap_or_default()
    }

    const TWO_STEPS: &str = r#"STUB:[{"text":"first"},{"text":"second"}]"#;

    #[test]
    fn without_a_script_the_last_text_of_a_person_is_echoed() {
        assert_eq!(said(&[user("one"), Turn::Model, user("two")]), "echo: two");
    }

    #[test]
    fn each_reply_moves_the_script_on_until_it_is_used_up() {
        let mut turns = vec![user(TWO_STEPS)];
        assert_eq!(said(&turns), "first");
        turns.extend([Turn::Model, Turn::Tool("out".into())]);
        assert_eq!(said(&turns), "second");
        turns.extend([Turn::Model, Turn::Tool("more out".into())]);
        assert_eq!(said(&turns), "script finished; last tool result: more out");
    }

    #[test]
    fn what_the_cli_adds_does_not_end_a_script() {
        let turns = [
            user(TWO_STEPS),
            Turn::Model,
            user("<system-reminder>be good</system-reminder>"),
            user("[Request interrupted by user]"),
            user("# AGENTS.md instructions for /work"),
            user("Another language model started to solve this problem and produced a summary"),
        ];
        assert_eq!(said(&turns), "second");
        assert_eq!(scene(&turns).user_text, TWO_STEPS);
    }

    #[test]
    fn a_newer_text_of_a_person_ends_a_script() {
        assert_eq!(
            said(&[user(TWO_STEPS), Turn::Model, user("stop that")]),
            "echo: stop that"
        );
    }

    #[test]
    fn a_script_may_travel_in_a_text_of_the_cli() {
        assert_eq!(
            said(&[
                user("hello"),
                user(r#"<note>STUB:{"text":"hidden"}</note>"#)
            ]),
            "hidden"
        );
    }

    #[test]
    fn recall_lists_the_earlier_texts_of_people_a_line_each() {
        let turns = [
            user("[message from alice]\nI like teal"),
            Turn::Model,
            user("<system-reminder>no</system-reminder>"),
            user("and tea"),
            Turn::Model,
            user(r#"STUB:{"recall":true}"#),
        ];
        assert_eq!(said(&turns), "[message from alice] I like teal\nand tea");
        assert_eq!(said(&turns[5..]), "no earlier user text");
    }
}
