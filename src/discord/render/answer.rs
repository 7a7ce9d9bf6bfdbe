//! An answer of an agent as messages.

use super::{MESSAGE_LIMIT, split::split, text::one_line};
use crate::delivery::{Answer, Attachment, Post};

/// More messages than this would bury the conversation.
const MOST_PARTS: usize = 5;

/// How much of a long answer is shown beside the file, in code points.
const BEGINNING: usize = 1_500;

/// The longest footer, in code points.
const FOOTER: usize = 300;

/// The largest file, in bytes: below the 10 MiB that Discord takes of everybody
/// (Discord: reference#uploading-files).
pub(super) const FILE_LIMIT: usize = 8 << 20;

/// Cuts an answer into messages, with the footer below the last one; an answer of more than five
/// becomes one message with its beginning and a file with all of it. The same answer always
/// gives the same messages.
pub fn lay_out(answer: &Answer) -> Vec<Post> {
    let footer = match one_line(&answer.footer, FOOTER).as_str() {
        "" => String::new(),
        line => format!("-# {line}"),
    };
    // Room for the footer and its line end in every message, because any may become the last.
    let room = MESSAGE_LIMIT - footer.chars().count() - 1;
    let mut parts = split(&answer.markdown, room);
    if parts.is_empty() {
        parts.push("The agent finished without a text answer.".to_owned());
    }
    let mut posts: Vec<Post> = if parts.len() > MOST_PARTS {
        vec![with_file(&answer.markdown)]
    } else {
        parts.iter().map(|part| post(part, None)).collect()
    };
    if let Some(last) = posts.last_mut().filter(|_| !footer.is_empty()) {
        last.content = format!("{}\n{footer}", last.content);
    }
    posts
}

fn post(content: &str, file: Option<Attachment>) -> Post {
    Post {
        // As Discord keeps it, so that a message that is read back can be told by its text.
        content: content.trim().to_owned(),
        file,
        ..Post::default()
    }
}

fn with_file(markdown: &str) -> Post {
    let beginning = split(markdown, BEGINNING)
        .into_iter()
        .next()
        .unwrap_or_default();
    let count = grouped(markdown.chars().count());
    let content = format!(
        "{}\n\n… The whole answer ({count} characters) is in the attached file.",
        beginning.trim_end()
    );
    let file = Attachment {
        name: "answer.md".to_owned(),
        bytes: file(markdown, FILE_LIMIT).into_bytes(),
    };
    post(&content, Some(file))
}

/// The file, cut if it is too large for Discord.
pub(super) fn file(markdown: &str, limit: usize) -> String {
    if markdown.len() <= limit {
        return markdown.to_owned();
    }
    let count = grouped(markdown.chars().count());
    let note =
        format!("\n\n… Cut here: the whole text has {count} characters, too many for Discord.\n");
    let end = markdown.floor_char_boundary(limit.saturating_sub(note.len()));
    format!("{}{note}", &markdown[..end])
}

/// A number as people read it: 12,345.
pub(super) fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn answer(markdown: impl Into<String>, footer: &str) -> Answer {
        Answer {
            markdown: markdown.into(),
            footer: footer.to_owned(),
        }
    }

    fn contents(answer: &Answer) -> Vec<String> {
        lay_out(answer)
            .into_iter()
            .map(|post| post.content)
            .collect()
    }

    #[test]
    fn a_short_answer_is_one_message_with_its_footer() {
        assert_eq!(
            contents(&answer("Done.", "12 s · 3,000 tokens")),
            ["Done.\n-# 12 s · 3,000 tokens"]
        );
        assert_eq!(contents(&answer("Done.", "")), ["Done."]);
    }

    #[test]
    fn no_answer_is_said_in_a_sentence() {
        assert_eq!(
            contents(&answer(" \n", "2 s")),
            ["The agent finished without a text answer.\n-# 2 s"]
        );
    }

    #[test]
    fn five_parts_are_five_messages_and_only_the_last_has_the_footer() {
        let posts = contents(&answer("x".repeat(9_500), "foot"));
        assert_eq!(posts.len(), 5);
        let with_footer = posts.iter().filter(|post| post.contains("-# foot"));
        assert_eq!(with_footer.collect::<Vec<_>>(), [&posts[4]]);
    }

    #[test]
    fn a_longer_answer_is_a_beginning_and_a_file() {
        let markdown = format!(
            "# All of it\n\nIt begins so.\n\n```\n{}```\n",
            "line\n".repeat(3_000)
        );
        let [post] = lay_out(&answer(markdown.clone(), "foot"))
            .try_into()
            .unwrap();
        let beginning = "# All of it\n\nIt begins so.\n\n```\nline\n";
        assert!(post.content.starts_with(beginning), "{}", post.content);
        let end =
            "line\n```\n\n… The whole answer (15,036 characters) is in the attached file.\n-# foot";
        assert!(post.content.ends_with(end), "{}", post.content);
        let file = post.file.unwrap();
        assert_eq!(file.name, "answer.md");
        assert_eq!(file.bytes, markdown.into_bytes());
    }

    #[test]
    fn a_file_that_discord_would_refuse_is_cut_with_a_note() {
        let cut = file(&"ä".repeat(1_000), 500);
        assert!(cut.len() <= 500);
        let note = "ä\n\n… Cut here: the whole text has 1,000 characters, too many for Discord.\n";
        assert!(cut.ends_with(note), "{cut}");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(100))]

        #[test]
        fn every_message_fits_whatever_the_footer(
            pieces in prop::collection::vec("\\PC{0,300}|\n|```x\n", 0..60),
            footer in "\\PC{0,400}|\n",
        ) {
            let answer = answer(pieces.concat(), &footer);
            let posts = lay_out(&answer);
            prop_assert!(!posts.is_empty() && posts.len() <= MOST_PARTS);
            for post in &posts {
                prop_assert!(post.content.chars().count() <= MESSAGE_LIMIT);
                prop_assert!(!post.content.trim().is_empty());
            }
            prop_assert_eq!(posts, lay_out(&answer));
        }
    }
}
