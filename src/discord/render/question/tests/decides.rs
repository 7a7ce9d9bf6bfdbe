//! What decides is seen.

use super::*;

#[test]
fn of_what_is_too_much_for_a_file_it_is_said_that_nobody_can_see_it() {
    let line = format!("echo {}; the end", "x".repeat(FILE_LIMIT));
    let post = question(&command(&line), Shape::Whole);
    let note = "so that nobody can see all of it.";
    assert!(post.content.contains(note), "{}", post.content);
    assert!(post.content.contains("; the end"), "{}", post.content);
    assert!(post.file.unwrap().bytes.len() <= FILE_LIMIT);
}

#[test]
fn nothing_that_decides_hides_behind_the_end_of_a_line() {
    let long = |name: &str| format!("/srv/app/{}/{name}", "x".repeat(400));
    let write = json!({"file_path": long("the_file"), "content": "words\n"});
    let asked = Question {
        directory: Some(long("the_directory").into()),
        leads: Leads::To(long("the_target")),
        why: format!("{} at the end", "because ".repeat(90)),
        rule: Some(format!("Edit(/{})", long("the_file"))),
        ..call("Write", &write)
    };
    let post = question(&asked, Shape::Whole);
    let file = String::from_utf8(post.file.unwrap().bytes).unwrap();
    for name in ["the_file", "the_directory", "the_target"] {
        assert!(
            post.content.contains(&format!("/{name}`")),
            "{}",
            post.content
        );
        assert!(file.contains(&long(name)), "{file}");
    }
    assert!(
        post.content.contains("because at the end"),
        "{}",
        post.content
    );
    assert!(file.ends_with("\n\nwords\n"), "{file}");
}

#[test]
fn what_the_agent_asks_hides_no_end_of_a_long_line() {
    let text = format!("Shall I go on {}and delete everything?", "x ".repeat(300));
    let input = json!({"questions": [{"question": text, "header": "h", "multiSelect": false,
        "options": [{"label": "yes", "description": text}]}]});
    let asked = asked(ApprovalKind::Choice, "AskUserQuestion", &input);
    let post = question(&asked, Shape::Whole);
    let ends = post.content.matches("and delete everything?").count();
    assert_eq!(ends, 2, "{}", post.content);
    let file = String::from_utf8(post.file.unwrap().bytes).unwrap();
    assert_eq!(file, format!("{text}\n- yes: {text}\n"));
}

#[test]
fn what_comes_with_a_plan_is_shown_and_said_not_to_be_allowed() {
    let input =
        json!({"plan": "1. run", "allowedPrompts": [{"tool": "Bash", "prompt": "run *tests*"}]});
    let plan = asked(ApprovalKind::Plan, "ExitPlanMode", &input);
    let post = question(&plan, Shape::Whole);
    let line = "is not allowed by approving it: Bash\\: run \\*tests\\*\n";
    assert!(post.content.contains(line), "{}", post.content);
}
