//! How the turns of the short conversation end, and whether they should end so.

use anyhow::{Result, ensure};
use discord_sim::{MessageId, MessageView};

/// With what a sentence that ends a turn without an answer begins; a warning of a limit ends nothing.
const NOTICES: [char; 5] = ['🛑', '⌛', '🚫', '⚠', '💤'];

/// How a turn should end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// With an answer that has one of these words in it, in whatever case.
    Answer(&'static [&'static str]),
    /// With the word that it was cancelled.
    Cancelled,
}

/// What the bot has said since a message, once it has come to an end.
pub(super) fn since(message: MessageId, messages: &[MessageView]) -> Option<Vec<String>> {
    let said: Vec<String> = messages
        .iter()
        .filter(|it| it.author == "bot" && it.id > message)
        .map(|it| it.content.clone())
        .collect();
    said.iter().any(|text| is_end(text)).then_some(said)
}

/// Whether a message of the bot is the last of its turn: the account stands below an answer only.
pub(super) fn is_end(text: &str) -> bool {
    let is_notice = text.starts_with(NOTICES) && !text.contains("When it is reached");
    text.contains(" tokens · ") || is_notice
}

impl End {
    /// Whether this is it, once; otherwise a sentence about what came instead.
    pub(super) fn check(self, said: &[String]) -> Result<()> {
        let ends = said.iter().filter(|text| is_end(text)).count();
        let whole = said.join("\n");
        ensure!(
            ends == 1 && self.is_met_by(&whole),
            "{} was expected, and this came:\n{whole}",
            self.told()
        );
        Ok(())
    }

    fn is_met_by(self, said: &str) -> bool {
        match self {
            Self::Answer(words) => {
                let lower = said.to_lowercase();
                said.contains(" tokens · ") && words.iter().any(|word| lower.contains(word))
            }
            Self::Cancelled => said.contains("🛑 Cancelled"),
        }
    }

    fn told(self) -> String {
        match self {
            Self::Answer(words) => format!("one answer with \"{}\" in it", words.join("\" or \"")),
            Self::Cancelled => "one word that the run was cancelled".to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIX: End = End::Answer(&["six", "6:00"]);

    fn complaint(end: End, said: &[&str]) -> Option<String> {
        let said: Vec<String> = said.iter().map(|text| (*text).to_owned()).collect();
        end.check(&said).err().map(|error| error.to_string())
    }

    #[test]
    fn what_should_come_is_accepted() {
        let answer = "The harbour opens at Six.\n-# 36 tokens · $0.01 · 2 s";
        assert_eq!(complaint(SIX, &["⏳ This is next.", answer]), None);
        let warned = "⚠️ 90 % of the limit are used. When it is reached, what is asked waits.";
        assert_eq!(complaint(SIX, &[warned, answer]), None);
        assert_eq!(complaint(End::Cancelled, &["🛑 Cancelled. Go on."]), None);
    }

    #[test]
    fn what_should_not_come_is_told() {
        let wrong = "I do not know.\n-# 36 tokens · $0.01 · 2 s";
        let right = "At six.\n-# 36 tokens · $0.01 · 2 s";
        let failed = "⚠️ The agent program did not start at six.\n-# reference 0a1b";
        for said in [
            [wrong].as_slice(),
            &[failed],
            &["🛑 Cancelled. Six."],
            &[right, right],
            &[right, failed],
        ] {
            let told = complaint(SIX, said).unwrap();
            let expected = format!(
                "one answer with \"six\" or \"6:00\" in it was expected, and this came:\n{}",
                said.join("\n")
            );
            assert_eq!(told, expected);
        }
        let told = complaint(End::Cancelled, &[right]).unwrap();
        let expected = "one word that the run was cancelled was expected, and this came:\n";
        assert_eq!(told, format!("{expected}{right}"));
    }
}
