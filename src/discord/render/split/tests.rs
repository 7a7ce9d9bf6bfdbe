//! That nothing is lost, nothing too long and nothing blank; and how it looks.

use std::fmt::Write as _;

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

/// The text again: what was put in is left out, and what vanished may only be white space that is
/// too long to be shown, or that the text ends with.
fn joined(text: &str, parts: &[Part], limit: usize) -> Result<(), String> {
    let mut rest = text;
    for part in parts {
        if !rest.starts_with(&part.body) || !long_gap(rest, limit).is_empty() {
            rest = &rest[long_gap(rest, limit).len()..];
        }
        rest = rest
            .strip_prefix(part.body.as_str())
            .ok_or_else(|| format!("{:?} does not follow in {rest:?}", part.body))?;
    }
    if rest.trim().is_empty() {
        Ok(())
    } else {
        Err(format!("lost {rest:?}"))
    }
}

/// The code block that is open behind a message.
fn open_after(message: &str, limit: usize) -> Option<String> {
    let mut tracker = Tracker::new(frame(limit));
    tracker.lines(message);
    tracker.open().map(super::super::fence::Fence::reopen)
}

fn check(text: &str, limit: usize) -> Result<(), TestCaseError> {
    let parts = parts(text, limit);
    let messages = split(text, limit);
    prop_assert_eq!(parts.len(), messages.len());
    for message in &messages {
        prop_assert!(message.chars().count() <= limit, "too long: {:?}", message);
        prop_assert_eq!(open_after(message, limit), None, "left open: {:?}", message);
    }
    for part in &parts {
        prop_assert!(!part.body.trim().is_empty(), "blank: {:?}", part);
    }
    prop_assert_eq!(joined(text, &parts, limit), Ok(()));
    prop_assert_eq!(messages, split(text, limit));
    Ok(())
}

/// Text with all that makes trouble, more often than people write it.
fn markdown() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z]{1,12}",
        3 => Just(" ".to_owned()),
        3 => Just("\n".to_owned()),
        1 => Just("\n\n".to_owned()),
        1 => Just("```".to_owned()),
        1 => Just("\n```rust\n".to_owned()),
        1 => Just("\n```\n".to_owned()),
        1 => Just("\n~~~\n".to_owned()),
        1 => Just("~~~~ ~x".to_owned()),
        1 => Just("`````md\n".to_owned()),
        1 => Just("> ".to_owned()),
        1 => Just("\n> ```py\n> ".to_owned()),
        1 => Just("- ".to_owned()),
        1 => Just("\n1. ```\n   ".to_owned()),
        1 => Just("\r\n".to_owned()),
        1 => Just("👩‍👩‍👧‍👦🇩🇪e\u{301}".to_owned()),
        1 => "[ \t]{1,30}",
        1 => "\\PC{1,10}",
        1 => "[`~]{1,9}",
    ];
    prop::collection::vec(piece, 0..80).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn whatever_is_split_is_whole_bounded_and_closed(text in markdown(), limit in 1_usize..200) {
        check(&text, limit)?;
    }

    #[test]
    fn any_text_at_all_is_split_so(text in any::<String>(), limit in 1_usize..50) {
        check(&text, limit)?;
    }
}

#[test]
fn a_cut_right_behind_a_fence_in_a_quote_closes_it() {
    let text = "~aaaaaaaaaΣ𐬀\u{cca}~~~~ ~xaaaa\n> `````md\naaaaaaaaaaaaaaaaaaaaaaa`````md\n```";
    check(text, 64).unwrap();
}

/// The messages with a rule between them.
fn shown(text: &str, limit: usize) -> String {
    check(text, limit).unwrap();
    let mut shown = String::new();
    for message in split(text, limit) {
        let ruled = "─".repeat(limit.min(40));
        writeln!(shown, "{message}\n{ruled} {}", message.chars().count()).unwrap();
    }
    shown
}

#[test]
fn a_text_that_fits_stays_as_it_is() {
    assert_eq!(split("# Hi\n\n```\nx\n```", 2_000), ["# Hi\n\n```\nx\n```"]);
    assert_eq!(split(" \n\n", 2_000), Vec::<String>::new());
}

#[test]
fn a_block_that_is_left_open_is_closed() {
    assert_eq!(
        split("```rust\nfn main()", 2_000),
        ["```rust\nfn main()\n```"]
    );
}

#[test]
fn a_cut_prefers_blank_lines_then_line_ends_then_sentences_then_words() {
    assert_snapshot!(shown(
        "First paragraph, rather short.\nIts second line.\n\nSecond paragraph. It has two \
         sentences, and the second is long enough to be cut somewhere.\n- an item\n- another item\n\
         - a third\n\nanextremelylongwordthatfitsintonomessageofthislimit,sothatithastobecutanyway",
        60
    ));
}

#[test]
fn a_code_block_that_is_cut_is_closed_and_reopened_with_its_language() {
    let lines: Vec<String> = (1..=9).map(|n| format!("let x{n} = {n};")).collect();
    assert_snapshot!(shown(
        &format!(
            "Look:\n\n```rust\n{}\n```\n\nThat was it.",
            lines.join("\n")
        ),
        70
    ));
}

#[test]
fn a_block_within_a_longer_fence_is_not_mistaken_for_its_end() {
    let inner = "```sh\nls\n```\n".repeat(5);
    assert_snapshot!(shown(&format!("````md\n{inner}````\nDone."), 60));
}

#[test]
fn blocks_in_lists_and_quotes_are_reopened_where_they_stood() {
    assert_snapshot!(shown(
        "- ```sh\n  cargo build --release\n  cargo test --all\n  cargo fmt --check\n  ```\n\
         > ```c\n> int main(void) {\n>   return puts(\"hello\");\n> }\n> ```\n\
         > A quoted line that is so long that it has to be cut in the middle of the quote.",
        64
    ));
}

#[test]
fn a_long_line_of_code_is_cut_within_its_block() {
    assert_snapshot!(shown(&format!("```\n{}\n```", "0123456789".repeat(12)), 50));
}

#[test]
fn what_is_seen_as_one_character_is_not_torn() {
    let family = "👩‍👩‍👧‍👦";
    for message in split(&family.repeat(20), 30) {
        assert_eq!(message.replace(family, ""), "", "{message}");
    }
}

#[test]
fn white_space_that_no_message_can_show_vanishes() {
    let text = format!("a{}  b\n", "\n".repeat(500));
    let parts = split(&text, 100);
    assert_eq!(
        parts.iter().map(|part| part.trim_end()).collect::<Vec<_>>(),
        ["a", "  b"]
    );
}

#[test]
fn a_large_text_is_split_in_one_go() {
    // Not a measurement: with work that grows by the square this would not end.
    for piece in [
        "word ",
        "x",
        "`",
        "\n",
        "```\n",
        "> ",
        "🇩🇪",
        "a\n\n",
        "- ```x\n  ",
    ] {
        let text = piece.repeat(1_000_000 / piece.len());
        let parts = parts(&text, 2_000);
        assert_eq!(joined(&text, &parts, 2_000), Ok(()), "{piece:?}");
    }
}
