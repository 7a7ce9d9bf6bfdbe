use proptest::prelude::*;

use super::{LONGEST, Unclear, plain};

#[test]
fn a_plain_line_is_its_commands_by_their_words() {
    let table: &[(&str, &[&[&str]])] = &[
        ("git status", &[&["git", "status"]]),
        ("  git  status\t-s ", &[&["git", "status", "-s"]]),
        (
            "git commit -m 'fix; $HOME and `this` (again)'",
            &[&["git", "commit", "-m", "fix; $HOME and `this` (again)"]],
        ),
        (
            "git commit -m \"one\ntwo\"",
            &[&["git", "commit", "-m", "one\ntwo"]],
        ),
        ("echo a'b'\"c d\"e ''", &[&["echo", "abc de", ""]]),
        (
            "cargo test && git diff; git log -3",
            &[&["cargo", "test"], &["git", "diff"], &["git", "log", "-3"]],
        ),
        ("a || b", &[&["a"], &["b"]]),
        ("a |\n b", &[&["a"], &["b"]]),
        ("a\n\nb;", &[&["a"], &["b"]]),
        ("make 2>&1 | tail -5", &[&["make"], &["tail", "-5"]]),
        ("ls x 2>/dev/null", &[&["ls", "x"]]),
        ("make CC=clang", &[&["make", "CC=clang"]]),
        ("grüße ä", &[&["grüße", "ä"]]),
    ];
    for (line, commands) in table {
        assert_eq!(
            plain(line).as_deref(),
            Ok(own(commands).as_slice()),
            "{line}"
        );
    }
}

fn own(commands: &[&[&str]]) -> Vec<Vec<String>> {
    let words = |command: &&[&str]| command.iter().map(ToString::to_string).collect();
    commands.iter().map(words).collect()
}

/// Ways to have something run that a rule for the first words does not speak of.
#[test]
fn known_tricks_are_not_plain() {
    for line in [
        "git status $(id)",
        "git status `id`",
        "git status \"$(id)\"",
        "git status \"`id`\"",
        "git status $HOME",
        "git status ${IFS}x",
        "git status $'\\x41'",
        "git status $\"x\"",
        "git status <(id)",
        "git status > out",
        "git status >> out",
        "git status >| out",
        "git status 2>out",
        "git status >/dev/null/../../tmp/x",
        "git status >/dev/nullx",
        "git status &>/dev/null",
        "git status < in",
        "git status << end\nx\nend",
        "git status <<< x",
        "git status & id",
        "git status &",
        "git status &&",
        "git status |& sh",
        "(git status)",
        "{ git status; }",
        "! git status",
        "time git status",
        "if git status; then id; fi",
        "while git status; do id; done",
        "for a in b; do id; done",
        "case a in a) id;; esac",
        "function f { id; }",
        "f() { id; }",
        "[[ a ]]",
        "((1))",
        "PAGER=id git log",
        "A=b",
        "A+=b git log",
        "%1",
        "env*",
        "git log *.rs",
        "git log a?",
        "git log [ab]",
        "git log {a,b}",
        "git log ~",
        "git log a:~",
        "git log =ls",
        "git log # id",
        "git log \\\nid",
        "git log a\\ b",
        "git log \"a\\\"b\"",
        "git log \"!!\"",
        "git log !!",
        "git log a^b",
        "git log 'a",
        "git log \"a",
        "git log\rid",
        "git log \u{0}",
        "git log '\u{1b}[2J'",
        "git log \u{2028}id",
        "git log\u{a0}id",
        ">/dev/null id",
        "; id",
        "a ;; b",
        "''",
        "",
        " \n ",
    ] {
        assert!(plain(line).is_err(), "{line:?}: {:?}", plain(line));
    }
}

#[test]
fn a_line_that_is_not_plain_is_told_why() {
    let long = format!("echo {}", "x".repeat(LONGEST));
    let told: Vec<String> = ["", "a $x", "a 'b", "if a", "A=b c", "a &&", "a &> b", &long]
        .iter()
        .map(|line| plain(line).unwrap_err().to_string())
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// What would overflow the stack of a parser that recurses does not reach it.
#[test]
fn nesting_does_no_harm() {
    for part in [
        "(", "{ ", "$(", "<(", "if ", "while ", "! ", "`", "[[ ", "${", "'\"", "a|", "a&&",
    ] {
        let line = part.repeat(LONGEST / part.len());
        assert!(plain(&line).is_err(), "{part}");
    }
    let many = "a;".repeat(LONGEST / 2);
    assert_eq!(plain(&many).map(|commands| commands.len()), Ok(LONGEST / 2));
    let quotes = format!("a {}", "''".repeat(LONGEST / 2 - 1));
    assert_eq!(plain(&quotes), Ok(own(&[&["a", ""]])));
    assert_eq!(plain(&"x".repeat(LONGEST + 1)), Err(Unclear::TooLong));
}

proptest! {
    #[test]
    fn whatever_a_line_is_it_is_read(line in "\\PC{0,60}", odd in ".{0,60}") {
        let _ = plain(&line);
        let _ = plain(&odd);
    }
}
