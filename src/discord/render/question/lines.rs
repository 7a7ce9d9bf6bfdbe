//! What another content makes of a file, by its lines.

use std::fmt::Write as _;

use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use super::diff::NO_LINE_END;

/// Lines that stay the same and are shown around those that do not.
const AROUND: usize = 3;

/// Lines that are compared with each other, of both contents together. With more of them all that stand between the
/// first and the last difference go and come: to look closer would take long, and nobody would read it.
const COMPARED: usize = 2_000;

/// The lines that go and that come, with what stands around them and where; empty if nothing changes.
pub(super) fn difference(old: &str, new: &str) -> String {
    let (old, new) = (lines(old), lines(new));
    let mut diff = String::new();
    for group in group_diff_ops(compared(&old, &new), AROUND) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else {
            continue;
        };
        let span = |from: usize, to: usize| format!("{},{}", from + 1, to - from);
        // Writing to a string does not fail.
        let _ = writeln!(
            diff,
            "@@ -{} +{} @@",
            span(first.old_range().start, last.old_range().end),
            span(first.new_range().start, last.new_range().end),
        );
        for op in &group {
            let (tag, from, to) = op.as_tag_tuple();
            if tag == DiffTag::Equal {
                put(&mut diff, ' ', &old[from]);
            } else {
                put(&mut diff, '-', &old[from]);
                put(&mut diff, '+', &new[to]);
            }
        }
    }
    diff
}

/// Lines with their ends, by which the last one of a file may differ.
fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

fn compared(old: &[&str], new: &[&str]) -> Vec<DiffOp> {
    let both = || old.iter().zip(new);
    let before = both().take_while(|(old, new)| old == new).count();
    let (old_rest, new_rest) = (&old[before..], &new[before..]);
    let behind = old_rest.iter().rev().zip(new_rest.iter().rev());
    let behind = behind.take_while(|(old, new)| old == new).count();
    let (old_len, new_len) = (old_rest.len() - behind, new_rest.len() - behind);
    if old_len + new_len <= COMPARED {
        return capture_diff_slices(Algorithm::Myers, old, new);
    }
    let same = |old_index, new_index, len| DiffOp::Equal {
        old_index,
        new_index,
        len,
    };
    let all = [
        same(0, 0, before),
        DiffOp::Replace {
            old_index: before,
            old_len,
            new_index: before,
            new_len,
        },
        same(before + old_len, before + new_len, behind),
    ];
    let is_any = |op: &DiffOp| !op.old_range().is_empty() || !op.new_range().is_empty();
    all.into_iter().filter(is_any).collect()
}

fn put(diff: &mut String, mark: char, lines: &[&str]) {
    for line in lines {
        match line.strip_suffix('\n') {
            Some(line) => {
                let _ = writeln!(diff, "{mark}{line}");
            }
            None => {
                let _ = writeln!(diff, "{mark}{line}\n{NO_LINE_END}");
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn numbered(lines: std::ops::Range<usize>) -> String {
        let lines: Vec<String> = lines.map(|n| n.to_string()).collect();
        lines.join("\n") + "\n"
    }

    #[test]
    fn lines_that_change_are_shown_with_three_around_them() {
        let old = numbered(0..20);
        let new = old.replace("\n9\n", "\nnine\n").replace("\n10\n", "\n");
        assert_eq!(
            difference(&old, &new),
            "@@ -7,8 +7,7 @@\n 6\n 7\n 8\n-9\n-10\n+nine\n 11\n 12\n 13\n"
        );
    }

    #[test]
    fn a_file_that_stays_as_it_is_has_no_difference_and_the_end_of_its_last_line_is_one() {
        assert_eq!(difference("a\n", "a\n"), "");
        assert_eq!(difference("", ""), "");
        let wanted = format!("@@ -1,1 +1,1 @@\n-a\n+a\n{NO_LINE_END}\n");
        assert_eq!(difference("a\n", "a"), wanted);
        assert_eq!(difference("a\n", ""), "@@ -1,1 +1,0 @@\n-a\n");
        assert_eq!(difference("", "a\n"), "@@ -1,0 +1,1 @@\n+a\n");
        assert_eq!(difference("a\r\n", "a\n"), "@@ -1,1 +1,1 @@\n-a\r\n+a\n");
    }

    #[test]
    fn what_would_take_long_to_compare_goes_and_comes_as_a_whole() {
        let around = "same\n";
        let all = |name: &str| -> String {
            let lines: Vec<String> = (0..COMPARED).map(|n| format!("{name} {n}")).collect();
            format!("{around}{}\n{around}", lines.join("\n"))
        };
        let shown = difference(&all("old"), &all("new"));
        let mut expected = format!("@@ -1,{0} +1,{0} @@\n same\n", COMPARED + 2);
        for (mark, name) in [('-', "old"), ('+', "new")] {
            for n in 0..COMPARED {
                let _ = writeln!(expected, "{mark}{name} {n}");
            }
        }
        expected.push_str(" same\n");
        assert_eq!(shown, expected);
    }
}
