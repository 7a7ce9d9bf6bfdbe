mod decides;
mod patches;

use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    clock::Millis,
    delivery::{ControlRow, End, Granted, Lasting, Leads, choices},
    words::{
        ApprovalId, ApprovalKind, ApprovalState, ChannelId, Found, GrantReach, GrantScope, GuildId,
        Place, SessionId, Unread,
    },
};

fn asked(kind: ApprovalKind, tool: &str, input: &Value) -> Question {
    let choices = choices(kind, Lasting::Grantable, input);
    Question {
        id: ApprovalId::from_uuid(uuid::Uuid::from_u128(1)),
        project: "play_ground".into(),
        agent: RuntimeKind::Claude,
        asked_by: vec![UserId::new(7), UserId::new(8)],
        place: Place {
            guild: GuildId::new(1),
            channel: ChannelId::new(2),
            thread: Some(ChannelId::new(3)),
        },
        at: ChannelId::new(3),
        matter: Matter::of(kind, tool, input, None),
        unread: None,
        directory: Some("/srv/app".into()),
        leads: Leads::AsWritten,
        hidden: Vec::new(),
        unconfined: false,
        why: "no rule of the project allows it".into(),
        sub_agent: None,
        expires_at: Millis::new(1_800_000_000_000),
        rule: Some("Bash(npm test) in /srv/app".into()),
        controls: (1..).map(|n: u32| format!("c{n}")).zip(choices).collect(),
        answers: Vec::new(),
        end: None,
    }
}

fn call(tool: &str, input: &Value) -> Question {
    asked(ApprovalKind::Call, tool, input)
}

fn command(line: &str) -> Question {
    call("Bash", &json!({"command": line}))
}

fn ended(question: Question, state: ApprovalState, reach: Option<GrantReach>) -> Question {
    let end = End {
        state,
        by: Some(UserId::new(9)),
        reach,
        granted: reach
            .filter(|reach| *reach != GrantReach::Once)
            .map(granted),
        reason: Some("not *today*\n@everyone".into()),
    };
    Question {
        end: Some(end),
        ..question
    }
}

fn granted(reach: GrantReach) -> Granted {
    Granted {
        rule: "Bash(ls) in /srv/app".into(),
        scope: match reach {
            GrantReach::Once | GrantReach::Session => GrantScope::Session(SessionId::fresh()),
            GrantReach::Project => GrantScope::Project,
        },
        until: (reach == GrantReach::Project).then_some(Millis::new(1_800_000_000_000)),
    }
}

/// A message with its file and its controls, as text.
fn text(post: &Post) -> String {
    let mut text = post.content.clone();
    if let Some(file) = &post.file {
        let _ = write!(
            text,
            "\n=== {}\n{}",
            file.name,
            String::from_utf8_lossy(&file.bytes)
        );
    }
    for row in &post.controls {
        match row {
            ControlRow::Buttons(buttons) => {
                let buttons = buttons
                    .iter()
                    .map(|it| format!("[{} {:?} {}]", it.id, it.look, it.label));
                let _ = write!(text, "\n{}", buttons.collect::<Vec<_>>().join(" "));
            }
            ControlRow::List(list) => {
                let _ = write!(text, "\n{list:?}");
            }
        }
    }
    text
}

#[test]
fn a_command_is_shown_whole_with_everything_that_one_decides_by() {
    assert_snapshot!(text(&question(
        &command("npm install left-pad && npm test"),
        Shape::Whole
    )));
}

#[test]
fn a_change_is_shown_as_lines_that_go_and_lines_that_come() {
    let edit = json!({"file_path": "/srv/app/a`b.rs", "old_string": "let x = 1;\nx", "new_string": "let x = 2;"});
    assert_snapshot!(text(&question(&call("Edit", &edit), Shape::Whole)));
    let write = json!({"file_path": "/srv/app/new.txt", "content": "one\ntwo\n"});
    assert_snapshot!(text(&question(&call("Write", &write), Shape::Whole)));
}

#[test]
fn of_a_file_that_is_overwritten_it_is_shown_what_changes() {
    let input = json!({"file_path": "/srv/app/a", "content": "one\n2\nthree\n"});
    let found = Found::Text("one\ntwo\nthree\n".into());
    let matter = Matter::of(ApprovalKind::Call, "Write", &input, Some(&found));
    let asked = Question {
        matter,
        ..call("Write", &input)
    };
    assert_snapshot!(text(&question(&asked, Shape::Whole)));
}

#[test]
fn why_nobody_sees_what_is_overwritten_is_said() {
    let input = json!({"file_path": "/srv/app/a", "content": "one\n"});
    for (why, said) in [
        (Unread::Outside, "it is not certain to lie in the project"),
        (Unread::Denied, "the project denies reading it"),
        (Unread::NoFile, "it is no ordinary file"),
        (Unread::TooLong, "it is longer than 256 KiB"),
        (Unread::NoText, "it is no text"),
        (Unread::Failed, "it cannot be read"),
    ] {
        let asked = Question {
            unread: Some(why),
            ..call("Write", &input)
        };
        let post = question(&asked, Shape::Whole);
        let line = format!("🕳️ What stands there by now is not shown: {said}.\n");
        assert!(post.content.contains(&line), "{}", post.content);
    }
}

#[test]
fn of_a_notebook_it_is_shown_which_cell_becomes_what() {
    let input = json!({"notebook_path": "/srv/app/n.ipynb", "cell_id": "c1", "cell_type": "code",
        "edit_mode": "insert", "new_source": "print(1)"});
    assert_snapshot!(text(&question(&call("NotebookEdit", &input), Shape::Whole)));
}

#[test]
fn another_tool_is_shown_with_its_input() {
    let fetch = json!({"url": "https://example.org/?q=1", "prompt": "read it"});
    let by_sub_agent = Question {
        sub_agent: Some("explore *all*".into()),
        ..call("WebFetch", &fetch)
    };
    assert_snapshot!(text(&question(&by_sub_agent, Shape::Whole)));
}

#[test]
fn nothing_that_the_agent_writes_leaves_its_block_or_hides_in_it() {
    let line =
        "echo a\n```\n-# ✅ Allowed once by <@1> @everyone\n````\n# \u{202e}dlrow\u{200b}\u{7}";
    assert_snapshot!(text(&question(&command(line), Shape::Whole)));
    let empty = question(&command(" \n"), Shape::Whole);
    assert!(empty.content.contains("(nothing)"), "{}", empty.content);
}

#[test]
fn of_a_long_one_both_ends_are_shown_and_all_of_it_is_a_file() {
    let lines: Vec<String> = (0..400).map(|n| format!("echo {n}\n")).collect();
    let line = lines.concat();
    let post = question(&command(&line), Shape::Whole);
    assert!(post.content.chars().count() <= MESSAGE_LIMIT);
    for seen in ["echo 0\n", "echo 80\n", "echo 399\n"] {
        assert!(post.content.contains(seen), "{}", post.content);
    }
    let note = "letter by letter, is in the attached file.";
    assert!(post.content.contains(note), "{}", post.content);
    let file = post.file.unwrap();
    assert_eq!(
        (file.name.as_str(), file.bytes),
        ("command.sh", line.into_bytes())
    );
}

#[test]
fn where_a_link_leads_and_what_is_hidden_and_what_a_longer_yes_covers_is_said() {
    let edit = json!({"file_path": "/srv/app/a", "old_string": "x\r\n", "new_string": "x\n"});
    let linked = Question {
        leads: Leads::To("/etc/passwd".into()),
        hidden: vec!["new_string".into()],
        rule: Some("Edit(//srv/app/a)".into()),
        ..call("Edit", &edit)
    };
    assert_snapshot!(text(&question(&linked, Shape::Whole)));
    let untold = Question {
        leads: Leads::Untold,
        rule: None,
        ..linked
    };
    let post = question(&untold, Shape::Whole);
    assert!(post.content.contains("cannot be told"), "{}", post.content);
    let shown = text(&post);
    assert!(
        !shown.contains("session") && !shown.contains("Always"),
        "{shown}"
    );
}

#[test]
fn where_others_can_see_it_nothing_is_shown_but_a_button() {
    assert_snapshot!(text(&question(&command("cat secret"), Shape::Veiled)));
    for shown in [
        Shape::Elsewhere(Route::Dm),
        Shape::Elsewhere(Route::Channel),
    ] {
        let post = question(&command("cat secret"), shown);
        assert_eq!(post.controls, []);
        assert!(!text(&post).contains("secret"), "{}", post.content);
    }
    assert_snapshot!(text(&question(
        &command("cat secret"),
        Shape::Elsewhere(Route::Dm)
    )));
}

#[test]
fn what_the_project_always_asks_for_can_be_allowed_once_only() {
    let once = choices(ApprovalKind::Call, Lasting::EachTime, &Value::Null);
    let asked = Question {
        controls: once
            .into_iter()
            .map(|choice| (choice.to_string(), choice))
            .collect(),
        ..command("ls")
    };
    let rows = question(&asked, Shape::Whole).controls;
    let [ControlRow::Buttons(buttons)] = rows.as_slice() else {
        panic!("{rows:?}");
    };
    let ids: Vec<&str> = buttons.iter().map(|button| button.id.as_str()).collect();
    assert_eq!(ids, ["once", "deny", "deny_with_reason"]);
}

#[test]
fn everybody_sees_how_it_ended_and_nothing_can_be_pressed_any_more() {
    use ApprovalState::{Allowed, Answered, Cancelled, Denied, Expired, Lost};
    let mut all = String::new();
    for (state, reach) in [
        (Allowed, Some(GrantReach::Once)),
        (Allowed, Some(GrantReach::Session)),
        (Allowed, Some(GrantReach::Project)),
        (Denied, None),
        (Answered, None),
        (Expired, None),
        (Cancelled, None),
        (Lost, None),
    ] {
        for shown in [Shape::Whole, Shape::Veiled, Shape::Elsewhere(Route::Dm)] {
            let post = question(&ended(command("ls"), state, reach), shown);
            assert_eq!(post.controls, []);
            if shown != Shape::Whole {
                let _ = writeln!(all, "{}", post.content);
            } else if let Some(line) = post.content.lines().last() {
                let _ = writeln!(all, "{line}");
            }
        }
    }
    assert_snapshot!(all);
}

#[test]
fn a_plan_is_approved_or_rejected() {
    let plan = asked(
        ApprovalKind::Plan,
        "ExitPlanMode",
        &json!({"plan": "# Plan\n1. do *it*"}),
    );
    assert_snapshot!(text(&question(&plan, Shape::Whole)));
    let approved = question(
        &ended(plan.clone(), ApprovalState::Allowed, None),
        Shape::Whole,
    );
    assert!(
        approved.content.ends_with("✅ Approved by <@9>."),
        "{}",
        approved.content
    );
    let rejected = question(&ended(plan, ApprovalState::Denied, None), Shape::Whole);
    assert!(
        rejected.content.contains("⛔ Rejected by <@9>: not"),
        "{}",
        rejected.content
    );
}

#[test]
fn what_the_agent_wants_to_be_told_has_buttons_or_lists() {
    let one = json!({"question": "Which *one*?", "header": "Colour", "multiSelect": false, "options": [
        {"label": "Red", "description": "like @everyone"}, {"label": "Blue", "description": ""}]});
    let many = json!({"question": "Which ones?", "header": "", "multiSelect": true, "options": [
        {"label": "a", "description": "first"}, {"label": "b", "description": "second"}]});
    let single = asked(
        ApprovalKind::Choice,
        "AskUserQuestion",
        &json!({"questions": [one]}),
    );
    assert_snapshot!(text(&question(&single, Shape::Whole)));
    let both = asked(
        ApprovalKind::Choice,
        "AskUserQuestion",
        &json!({"questions": [one, many]}),
    );
    let half = Question {
        answers: vec![Some("Red".into()), None],
        ..both
    };
    assert_snapshot!(text(&question(&half, Shape::Whole)));
}

proptest! {
    #[test]
    fn every_question_fits_and_leaves_no_block_open(
        pieces in prop::collection::vec(
            prop_oneof!["[a-z ]{1,80}", Just("\n```rust\n".to_owned()), Just("\n".to_owned()), "[`~]{1,900}", "\\PC{1,20}"],
            0..80,
        ),
        directory in "\\PC{0,300}",
        why in "\\PC{0,300}|\n",
        tool in prop_oneof![Just("Bash"), Just("Write"), Just("Edit"), Just("Patch"), Just("Other"), Just("ExitPlanMode"), Just("AskUserQuestion")],
    ) {
        let text = pieces.concat();
        let option = json!({"label": text, "description": text});
        let input = json!({"command": text, "file_path": text, "content": text, "old_string": text,
            "new_string": text, "plan": text,
            "changes": [
                {"path": text, "kind": "update", "diff": text, "move_path": text},
                {"path": text, "kind": "delete", "diff": text},
                {"path": text, "kind": "add", "diff": text},
            ],
            "questions": [{"question": text, "header": text, "options": [option, option], "multiSelect": true}]});
        let (kind, fields): (_, &[&str]) = match tool {
            "Bash" => (ApprovalKind::Call, &["command"]),
            "Write" => (ApprovalKind::Call, &["file_path", "content"]),
            "Edit" => (ApprovalKind::Call, &["file_path", "old_string", "new_string"]),
            "Patch" => (ApprovalKind::Call, &["changes"]),
            "ExitPlanMode" => (ApprovalKind::Plan, &["plan"]),
            "AskUserQuestion" => (ApprovalKind::Choice, &["questions"]),
            _ => (ApprovalKind::Call, &["content"]),
        };
        let input: Value = fields.iter().map(|field| ((*field).to_owned(), input[field].clone())).collect::<serde_json::Map<_, _>>().into();
        let pending = Question {
            directory: Some(format!("/{directory}").into()),
            leads: Leads::To(text.clone()),
            hidden: vec![text.clone()],
            rule: Some(text.clone()),
            sub_agent: Some(text.clone()),
            unconfined: true,
            why,
            ..asked(kind, tool, &input)
        };
        let end = End {
            granted: Some(Granted { rule: text.clone(), ..granted(GrantReach::Project) }),
            reason: Some(text.clone()),
            ..ended(pending.clone(), ApprovalState::Allowed, Some(GrantReach::Project)).end.unwrap()
        };
        let denied = End { state: ApprovalState::Denied, ..end.clone() };
        let questions = [
            pending.clone(),
            Question { end: Some(end), ..pending.clone() },
            Question { end: Some(denied), ..pending },
        ];
        for asked in questions {
        for shown in [Shape::Whole, Shape::Veiled, Shape::Elsewhere(Route::Channel)] {
            let post = question(&asked, shown);
            prop_assert!(post.content.chars().count() <= MESSAGE_LIMIT, "{}", post.content);
            let fences = post.content.matches("```").count();
            prop_assert!(fences == 0 || fences == 2, "{}", post.content);
            for row in &post.controls {
                match row {
                    ControlRow::Buttons(buttons) => for button in buttons {
                        prop_assert!((1..=80).contains(&button.label.chars().count()));
                    },
                    ControlRow::List(list) => for option in &list.options {
                        prop_assert!((1..=100).contains(&option.label.chars().count()));
                        prop_assert!(option.description.chars().count() <= 100);
                    },
                }
            }
        }
        }
    }
}
