//! What a patch does to each of its files, in what a person can read of it.

use std::iter;

use serde_json::Value;

use crate::{
    approval::{Change, ChangeKind, changes},
    observe::Secrets,
};

/// A file that a patch changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patched {
    /// Which file.
    pub file: String,
    /// Where it is moved to, if it is.
    pub to: Option<String>,
    /// What is done to it.
    pub kind: ChangeKind,
    /// A unified diff of what is updated, all that stands in what is added or deleted; `None` if nobody may see it.
    pub text: Option<String>,
}

/// What Codex writes behind the diff of a file that it moves.
const MOVED: &str = "\n\nMoved to: ";

/// What a call does, if it is a patch that can be read.
pub(super) fn patched(tool: &str, input: &Value) -> Option<Vec<Patched>> {
    let all = changes(tool, input)?.into_iter().map(|change| {
        let Change {
            path: file,
            kind,
            move_path: to,
            diff,
        } = change;
        let moved = to.as_ref().map(|to| format!("{MOVED}{to}"));
        let alone = |diff: String| match moved.and_then(|moved| diff.strip_suffix(&*moved)) {
            Some(alone) => alone.to_owned(),
            None => diff,
        };
        Patched {
            text: diff.map(alone),
            file,
            to,
            kind,
        }
    });
    Some(all.collect())
}

/// The file that a patch writes, and what it writes, if it does nothing else.
pub(super) fn written(tool: &str, input: &Value) -> Option<(String, String)> {
    let mut all = changes(tool, input)?;
    let only = all.pop().filter(|_| all.is_empty())?;
    let is_written = only.kind == ChangeKind::Add && only.move_path.is_none();
    is_written.then_some((only.path, only.diff?))
}

/// The input of a patch without secrets of several lines, which in a diff do not stand one behind the other as they
/// are: each line has a sign before it, and lines that go stand between those that come. `None` if there are none.
pub(super) fn without_longer_secrets(
    secrets: &Secrets,
    tool: &str,
    input: &Value,
) -> Option<Value> {
    let mut cleaned = None;
    for (n, change) in changes(tool, input)?.into_iter().enumerate() {
        let diff = change.diff.filter(|_| change.kind == ChangeKind::Update);
        let clean = diff.as_ref().map(|diff| clean(secrets, diff));
        if clean != diff {
            let input = cleaned.get_or_insert_with(|| input.clone());
            input["changes"][n]["diff"] = clean.into();
        }
    }
    cleaned
}

fn clean(secrets: &Secrets, diff: &str) -> String {
    let mut lines: Vec<String> = diff.split('\n').map(str::to_owned).collect();
    for side in [['-', ' '], ['+', ' ']] {
        let stands = |line: &str| line.is_empty() || line.starts_with(side);
        let all = lines.iter().enumerate();
        let of_side: Vec<usize> = all
            .filter(|(_, line)| stands(line))
            .map(|(n, _)| n)
            .collect();
        let text = |n: &usize| lines[*n].get(1..).unwrap_or_default();
        let texts: Vec<&str> = of_side.iter().map(text).collect();
        // Some end with the end of a line.
        let whole: String = texts.iter().flat_map(|text| [*text, "\n"]).collect();
        let seen = secrets.redact(&whole);
        if seen == whole {
            continue;
        }
        let seen: Vec<&str> = seen
            .strip_suffix('\n')
            .unwrap_or(&seen)
            .split('\n')
            .collect();
        let same = |(old, new): &(&&str, &&str)| old == new;
        let before = iter::zip(&texts, &seen).take_while(same).count();
        let most = texts.len().min(seen.len()) - before;
        let behind = iter::zip(texts.iter().rev(), seen.iter().rev());
        let behind = behind.take(most).take_while(same).count();
        for n in &of_side[before..of_side.len() - behind] {
            let sign = lines[*n].get(..1).unwrap_or(" ").to_owned();
            lines[*n] = sign + "[redacted]";
        }
    }
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_a_secret_of_several_lines_nothing_is_seen_wherever_it_stands_in_a_diff() {
        let secrets = Secrets::new(["first-half\nsecond-half".into()]);
        let hidden = "[redacted]";
        for (diff, seen) in [
            (
                "@@ -1,2 +1,3 @@\n a\n+first-half\n+second-half\n b\n",
                format!("@@ -1,2 +1,3 @@\n a\n+{hidden}\n+{hidden}\n b\n"),
            ),
            (
                "@@ -1 +1 @@\n first-half\n-old\n+second-half\n+c",
                format!("@@ -1 +1 @@\n {hidden}\n-old\n+{hidden}\n+c"),
            ),
            (
                "@@ -1 +1 @@\n-first-half\n+new\n-second-half",
                format!("@@ -1 +1 @@\n-{hidden}\n+new\n-{hidden}"),
            ),
            // What stands there twice is seen where it is no part of it.
            (
                "@@ -1 +1 @@\n second-half\n+first-half\n second-half",
                format!("@@ -1 +1 @@\n second-half\n+{hidden}\n {hidden}"),
            ),
            (
                "@@ -1 +1 @@\n-first\n\n+new\n",
                "@@ -1 +1 @@\n-first\n\n+new\n".to_owned(),
            ),
        ] {
            assert_eq!(clean(&secrets, diff), seen);
        }
        // One that ends with the end of a line takes the next line with it.
        let secrets = Secrets::new(["first-half\nsecond-half\n".into()]);
        let diff = "@@ -1 +1,3 @@\n+first-half\n+second-half\n b\n c";
        let seen = format!("@@ -1 +1,3 @@\n+{hidden}\n+{hidden}\n {hidden}\n c");
        assert_eq!(clean(&secrets, diff), seen);
    }
}
