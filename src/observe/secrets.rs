//! Takes secrets out of text that people or files get to see.

use std::{borrow::Cow, fmt, sync::Arc};

use secrecy::{ExposeSecret as _, SecretString};

/// What stands in a secret's place.
const MARK: &str = "[redacted]";

/// A shorter value is no secret, and taking it out would only garble words.
const SHORTEST: usize = 8;

/// The start of every key and token of Anthropic.
const ANTHROPIC: &str = "sk-ant-";

/// The longest that is taken for a key of Anthropic's, and for the last part of a token of Discord's; today's have
/// about 110 and 38 letters. What is longer is none, and would hide something else.
const LONGEST_KEY: usize = 200;
const LONGEST_SIGNATURE: usize = 80;

/// The most bytes of a character.
const LONGEST_CHARACTER: usize = 4;

/// How deep in other JSON a secret is known again: a file of JSON that a tool is to write is one.
const NESTED: usize = 2;

/// The secrets that this process knows. Cheap to clone.
#[derive(Clone, Default)]
pub struct Secrets(Arc<[SecretString]>);

impl Secrets {
    /// Registers values; those shorter than eight bytes are not taken for secrets.
    pub fn new(values: impl IntoIterator<Item = SecretString>) -> Self {
        let mut values: Vec<SecretString> = values
            .into_iter()
            .filter(|value| value.expose_secret().len() >= SHORTEST)
            .flat_map(forms)
            .collect();
        // The longest first, so that no end of it is left if a shorter one is its beginning.
        values.sort_by_key(|value| std::cmp::Reverse(value.expose_secret().len()));
        Self(values.into())
    }

    /// The text without the registered values and without what looks like a token.
    pub fn redact(&self, text: &str) -> String {
        let mut clean = Cow::Borrowed(text);
        for secret in self.0.iter() {
            if clean.contains(secret.expose_secret()) {
                clean = Cow::Owned(clean.replace(secret.expose_secret(), MARK));
            }
        }
        redact(&clean)
    }

    /// The first `most` characters of the text without secrets. Of a long text only so much is looked through that
    /// nothing is left of a secret which stands across the end of that.
    pub fn beginning(&self, text: &str, most: usize) -> String {
        // A token of Discord's is shorter than the longest key.
        let registered = self.0.first().map_or(0, |one| one.expose_secret().len());
        let longest = registered.max(LONGEST_KEY);
        let marks = most / MARK.len() + 2;
        let enough = most
            .saturating_mul(LONGEST_CHARACTER)
            .saturating_add(marks.saturating_mul(longest));
        let seen = &text[..text.floor_char_boundary(enough)];
        self.redact(seen).chars().take(most).collect()
    }
}

/// A value as it is, as JSON writes it, and as JSON writes that: what has quotes, backslashes or line ends in it
/// stands in serialised text in another form.
fn forms(value: SecretString) -> Vec<SecretString> {
    let mut forms = vec![value];
    for _ in 0..NESTED {
        let Some(last) = forms.last() else { break };
        let Some(written) = in_json(last.expose_secret()) else {
            break;
        };
        forms.push(written.into());
    }
    forms
}

/// How JSON writes a text between its quotes; `None` if it writes it as it is.
fn in_json(text: &str) -> Option<String> {
    let written = serde_json::Value::from(text).to_string();
    let written = &written[1..written.len() - 1];
    (written != text).then(|| written.to_owned())
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.len())
    }
}

/// The text without what looks like a token of Discord or Anthropic, whoever it belongs to.
pub fn redact(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find(is_letter) {
        let end = rest[start..]
            .find(|char| !is_letter(char))
            .map_or(rest.len(), |length| start + length);
        clean.push_str(&rest[..start]);
        redact_word(&rest[start..end], &mut clean);
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean
}

/// The letters of tokens, and the dot between the parts of one.
fn is_letter(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.')
}

fn redact_word(word: &str, clean: &mut String) {
    if let Some(at) = word.find(ANTHROPIC) {
        // A key has no dots: what follows one is a name of something.
        let end = word[at..]
            .find('.')
            .map_or(word.len(), |length| at + length);
        redact_word(&word[..at], clean);
        if end - at <= LONGEST_KEY {
            clean.push_str(MARK);
        } else {
            clean.push_str(&word[at..end]);
        }
        redact_word(&word[end..], clean);
        return;
    }
    let parts: Vec<&str> = word.split('.').collect();
    let mut at = 0;
    while at < parts.len() {
        if at > 0 {
            clean.push('.');
        }
        if is_discord(&parts[at..]) {
            clean.push_str(MARK);
            at += 3;
        } else {
            clean.push_str(parts[at]);
            at += 1;
        }
    }
}

/// A token of a Discord bot has three parts: an id in Base64 (24 letters or more), a time (6) and
/// a signature (27 or more; Discord: reference#authentication shows one).
fn is_discord(parts: &[&str]) -> bool {
    let [id, time, signature, ..] = parts else {
        return false;
    };
    (20..=40).contains(&id.len())
        && (5..=8).contains(&time.len())
        && (25..=LONGEST_SIGNATURE).contains(&signature.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn discord_token() -> String {
        format!("{}.GhYzAb.{}", "M".repeat(26), "s".repeat(38))
    }

    #[test]
    fn a_registered_secret_is_taken_out_wherever_it_stands() {
        let secrets = Secrets::new(["correct-horse".into(), "correct-horse-battery".into()]);
        assert_eq!(
            secrets.redact("a=correct-horse-battery, b:\"correct-horse\"xcorrect-horse"),
            "a=[redacted], b:\"[redacted]\"x[redacted]"
        );
    }

    #[test]
    fn a_registered_secret_is_taken_out_however_json_writes_it() {
        let secret = "pa\"ss\\wo\nrd";
        let secrets = Secrets::new([secret.into()]);
        let file = serde_json::json!({ "password": secret }).to_string();
        let input = serde_json::json!({ "content": file, "command": secret }).to_string();
        assert_eq!(
            secrets.redact(&format!("{input} {file} {secret}")),
            r#"{"command":"[redacted]","content":"{\"password\":\"[redacted]\"}"} {"password":"[redacted]"} [redacted]"#
        );
    }

    #[test]
    fn of_a_long_text_the_beginning_is_given_and_no_end_of_a_secret() {
        let secret = "s3cret-".repeat(700);
        let secrets = Secrets::new([secret.as_str().into(), "correct-horse".into()]);
        let text = format!("{secret} ").repeat(40);
        let whole = secrets.redact(&text);
        for most in [0, 1, 9, 10, 11, 100, 300] {
            assert_eq!(secrets.beginning(&text, most), whole[..most], "{most}");
        }
        assert_eq!(secrets.beginning("é correct-horse", 9), "é [redact");
        assert_eq!(secrets.beginning("short", 300), "short");
    }

    #[test]
    fn a_short_value_is_not_taken_for_a_secret() {
        assert_eq!(Secrets::new(["dummy".into()]).redact("a dummy"), "a dummy");
    }

    #[test]
    fn what_looks_like_a_token_is_taken_out_though_nobody_registered_it() {
        let token = discord_token();
        let text = format!("Bot {token}, x.{token}.y (sk-ant-oat01-AbC_9) über sk-ant-api03-x\n");
        assert_eq!(
            redact(&text),
            "Bot [redacted], x.[redacted].y ([redacted]) über [redacted]\n"
        );
    }

    #[test]
    fn what_is_no_token_is_not_hidden_in_the_guise_of_one() {
        let long = "x".repeat(300);
        for (text, shown) in [
            ("curl sk-ant-a.evil.example", "curl [redacted].evil.example"),
            (
                "sh sk-ant-a.sh;sk-ant-b.sh",
                "sh [redacted].sh;[redacted].sh",
            ),
            (&format!("sk-ant-{long}"), &format!("sk-ant-{long}")),
            (
                &format!("{}.GhYzAb.{long}", "M".repeat(26)),
                &format!("{}.GhYzAb.{long}", "M".repeat(26)),
            ),
        ] {
            assert_eq!(redact(text), shown);
        }
    }

    proptest! {
        #[test]
        fn nothing_but_letters_of_tokens_is_ever_taken_out(
            pieces in prop::collection::vec(
                prop_oneof![
                    Just("sk-ant-".to_owned()),
                    Just(discord_token()),
                    "[ ;|&$()<>/'\"\n`-]{1,3}",
                    "[A-Za-z0-9._-]{1,30}",
                    "\\PC{1,3}",
                ],
                0..20,
            ),
        ) {
            let text = pieces.concat();
            let others = |text: &str| text.chars().filter(|c| !is_letter(*c)).collect::<String>();
            prop_assume!(!text.contains('['));
            let shown = redact(&text).replace(MARK, "");
            prop_assert_eq!(others(&shown), others(&text));
        }
    }

    #[test]
    fn ordinary_text_stays_as_it_is() {
        for text in [
            "",
            "https://discord.com/api/v10/channels/1098765432109876543/messages",
            "src/runtime/runner/mod.rs:12 v1.2.3 … 🦀 a.b.c",
            "01890a5d-ac96-774b-bcce-b302099a8057.sock.tmp",
        ] {
            assert_eq!(redact(text), text);
        }
    }

    #[test]
    fn secrets_do_not_show_themselves() {
        let secrets = Secrets::new(["correct-horse".into()]);
        assert_eq!(format!("{secrets:?}"), "Secrets(1)");
    }
}
