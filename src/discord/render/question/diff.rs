//! What is written into a file, with the ends of its lines.

use std::fmt::Write as _;

use crate::delivery::{Cell, CellEdit, Hunk, Places};

/// Says what would not be seen otherwise.
pub(super) const NO_LINE_END: &str = "\\ (no line end here)";

/// Lines that go and lines that come. A carriage return stays in its line, where it is seen.
pub(super) fn diff(hunks: &[Hunk]) -> String {
    let mut diff = String::new();
    for (n, hunk) in hunks.iter().enumerate() {
        let which = (hunks.len() > 1).then(|| format!("{} of {}", n + 1, hunks.len()));
        let whole = which.into_iter().chain(everywhere(hunk.places));
        let whole: Vec<String> = whole.collect();
        if !whole.is_empty() {
            // Writing to a string does not fail.
            let _ = writeln!(diff, "@@ {} @@", whole.join(", "));
        }
        exchange(&mut diff, &hunk.old, &hunk.new);
    }
    diff
}

/// What becomes of a cell of a notebook.
pub(super) fn cell(cell: &Cell) -> String {
    let named = |name: &str| format!("the cell {name:?}");
    let which = cell.cell.as_deref().map(named);
    let what = match (cell.edit, which) {
        (CellEdit::Replace, Some(which)) => format!("{which} is rewritten"),
        (CellEdit::Replace, None) => "a cell that is not named is rewritten".to_owned(),
        (CellEdit::Insert, Some(which)) => format!("a new cell behind {which}"),
        (CellEdit::Insert, None) => "a new cell at the beginning".to_owned(),
        (CellEdit::Delete, Some(which)) => format!("{which} is removed"),
        (CellEdit::Delete, None) => "a cell that is not named is removed".to_owned(),
    };
    let kind = cell.kind.as_ref().map(|kind| format!(", of kind {kind:?}"));
    let mut diff = format!("@@ {what}{} @@\n", kind.unwrap_or_default());
    exchange(&mut diff, cell.old.as_deref().unwrap_or(""), &cell.new);
    diff
}

/// In which places, if it is not one.
fn everywhere(places: Places) -> Option<String> {
    match places {
        Places::One => None,
        Places::All(Some(1)) => Some("everywhere: in 1 place".to_owned()),
        Places::All(Some(count)) => Some(format!("everywhere: in {count} places")),
        Places::All(None) => Some("everywhere, in nobody knows how many places".to_owned()),
    }
}

fn exchange(diff: &mut String, old: &str, new: &str) {
    // A piece of a file mostly ends in the middle of a line: that is news only if it changes.
    let is_told = ends(old) != ends(new);
    for (mark, text) in [('-', old), ('+', new)] {
        for line in text.split_terminator('\n') {
            let _ = writeln!(diff, "{mark}{line}");
        }
        if is_told && !text.is_empty() && !ends(text) {
            let _ = writeln!(diff, "{NO_LINE_END}");
        }
    }
}

/// A file as it is to be.
pub(super) fn content(text: &str) -> String {
    if text.is_empty() || ends(text) {
        text.to_owned()
    } else {
        format!("{text}\n{NO_LINE_END}")
    }
}

fn ends(text: &str) -> bool {
    text.ends_with('\n')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hunk(old: &str, new: &str, places: Places) -> Hunk {
        let (old, new) = (old.to_owned(), new.to_owned());
        Hunk { old, new, places }
    }

    fn change(old: &str, new: &str) -> String {
        diff(&[hunk(old, new, Places::One)])
    }

    #[test]
    fn what_is_replaced_everywhere_says_so() {
        for (places, shown) in [
            (Places::One, "-a\n+b\n"),
            (
                Places::All(Some(1)),
                "@@ everywhere: in 1 place @@\n-a\n+b\n",
            ),
            (
                Places::All(Some(3)),
                "@@ everywhere: in 3 places @@\n-a\n+b\n",
            ),
            (
                Places::All(None),
                "@@ everywhere, in nobody knows how many places @@\n-a\n+b\n",
            ),
        ] {
            assert_eq!(diff(&[hunk("a", "b", places)]), shown, "{places:?}");
        }
        let two = [
            hunk("a", "b", Places::One),
            hunk("c", "d", Places::All(Some(2))),
        ];
        assert_eq!(
            diff(&two),
            "@@ 1 of 2 @@\n-a\n+b\n@@ 2 of 2, everywhere: in 2 places @@\n-c\n+d\n"
        );
    }

    #[test]
    fn of_a_cell_it_is_said_which_and_what_becomes_of_it() {
        for (edit, name, kind, old, shown) in [
            (
                CellEdit::Replace,
                Some("a"),
                None,
                Some("x"),
                "@@ the cell \"a\" is rewritten @@\n-x\n+y\n",
            ),
            (
                CellEdit::Insert,
                Some("a"),
                Some("code"),
                None,
                "@@ a new cell behind the cell \"a\", of kind \"code\" @@\n+y\n",
            ),
            (
                CellEdit::Insert,
                None,
                None,
                None,
                "@@ a new cell at the beginning @@\n+y\n",
            ),
            (
                CellEdit::Delete,
                Some("a\nb"),
                None,
                Some("x"),
                "@@ the cell \"a\\nb\" is removed @@\n-x\n",
            ),
        ] {
            let one = Cell {
                file: "/n".into(),
                cell: name.map(str::to_owned),
                kind: kind.map(str::to_owned),
                edit,
                old: old.map(str::to_owned),
                new: if edit == CellEdit::Delete { "" } else { "y" }.to_owned(),
            };
            assert_eq!(cell(&one), shown);
        }
    }

    #[test]
    fn a_change_of_nothing_but_the_ends_of_lines_is_one() {
        for (old, new, shown) in [
            ("a", "b", "-a\n+b\n"),
            ("a\r\n", "a\n", "-a\r\n+a\n"),
            ("a\n", "a", "-a\n+a\n\\ (no line end here)\n"),
            ("a", "a\n\n", "-a\n\\ (no line end here)\n+a\n+\n"),
            ("a\n", "", "-a\n"),
        ] {
            assert_eq!(change(old, new), shown, "{old:?} {new:?}");
        }
    }

    #[test]
    fn a_file_without_a_line_end_at_its_end_says_so() {
        assert_eq!(content("a\n"), "a\n");
        assert_eq!(content("a"), "a\n\\ (no line end here)");
        assert_eq!(content(""), "");
    }
}
