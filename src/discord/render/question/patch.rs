//! What a patch does to its files, one after the other.

use std::fmt::Write as _;

use super::{block::in_line, facts::code, lines::difference};
use crate::{approval::ChangeKind, delivery::Patched};

/// What stands in place of a text that nobody may see.
const UNSEEN: &str = "\\ (what stands in it is not shown: the project denies reading it)";

/// What a patch wants to do, behind "wants to".
pub(super) fn wanted(all: &[Patched]) -> String {
    let [one] = all else {
        return format!("change {} files", all.len());
    };
    let what = match (&one.to, one.kind) {
        (Some(to), _) => return format!("move {} to {}", code(&one.file), code(to)),
        (None, ChangeKind::Add) => "write",
        (None, ChangeKind::Update) => "change",
        (None, ChangeKind::Delete) => "delete",
    };
    format!("{what} {}", code(&one.file))
}

/// Each file below a line that says what becomes of it, with the lines that go and the lines that come.
pub(super) fn patch(all: &[Patched]) -> String {
    let mut shown = String::new();
    for (n, one) in all.iter().enumerate() {
        let which = match all.len() {
            1 => String::new(),
            count => format!("{} of {count}: ", n + 1),
        };
        // Writing to a string does not fail.
        let _ = writeln!(shown, "=== {which}{} ===", becomes(one));
        shown.push_str(&text(one));
    }
    shown
}

fn becomes(one: &Patched) -> String {
    let what = match one.kind {
        ChangeKind::Add => "is written, whatever was there",
        ChangeKind::Update => "is changed",
        ChangeKind::Delete => "is deleted",
    };
    let moved = one
        .to
        .as_ref()
        .map(|to| format!(", and moved to `{}`", in_line(to)));
    format!(
        "`{}` {what}{}",
        in_line(&one.file),
        moved.unwrap_or_default()
    )
}

fn text(one: &Patched) -> String {
    match (&one.text, one.kind) {
        (None, _) => format!("{UNSEEN}\n"),
        (Some(text), ChangeKind::Add) => difference("", text),
        (Some(text), ChangeKind::Delete) => difference(text, ""),
        (Some(diff), ChangeKind::Update) => hunks(diff),
    }
}

/// A unified diff, in which no line begins as those do that stand between the files.
fn hunks(diff: &str) -> String {
    let mut shown = String::new();
    for line in diff.split_terminator('\n') {
        let is_known = line.starts_with([' ', '+', '-', '@', '\\']);
        let _ = writeln!(shown, "{}{line}", if is_known { "" } else { " " });
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_of_a_diff_looks_like_one_between_two_files() {
        let one = Patched {
            file: "/srv/app/a\n=== /srv/app/b is deleted ===".into(),
            to: None,
            kind: ChangeKind::Update,
            text: Some("@@ -1 +1 @@\n-a\n=== /srv/app/c is deleted ===\n\n+b".into()),
        };
        assert_eq!(
            patch(&[one]),
            "=== `/srv/app/a\\u{a}=== /srv/app/b is deleted ===` is changed ===\n@@ -1 +1 @@\n-a\n \
             === /srv/app/c is deleted ===\n \n+b\n"
        );
    }
}
