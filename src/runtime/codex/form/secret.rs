//! Whether a text asks for what others must not read.

use serde_json::Value;
use unicode_normalization::UnicodeNormalization as _;

/// What secrets are called, however it is written: in one word, or in several.
const NAMES: [&str; 20] = [
    "2fa",
    "access key",
    "api key",
    "credential",
    "login code",
    "mnemonic",
    "one time code",
    "pass code",
    "pass phrase",
    "pass word",
    "passwd",
    "private key",
    "recovery code",
    "recovery phrase",
    "secret",
    "security code",
    "seed phrase",
    "token",
    "two factor",
    "verification code",
];

/// The same for what is too short to be looked for within words.
const WORDS: [&str; 7] = ["cvc", "cvv", "mfa", "otp", "pin", "pwd", "totp"];

/// All texts of these values, the names of fields with them.
pub(super) fn texts<'a>(values: &[&'a Value]) -> Vec<&'a str> {
    let mut texts = Vec::new();
    let mut left = values.to_vec();
    while let Some(value) = left.pop() {
        match value {
            Value::String(text) => texts.push(text.as_str()),
            Value::Array(all) => left.extend(all),
            Value::Object(all) => {
                texts.extend(all.keys().map(String::as_str));
                left.extend(all.values());
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
    texts
}

/// Whether a secret is named in a text.
pub(super) fn is_named_in(text: &str) -> bool {
    let mut words = String::from(" ");
    // The same, where signs part no words and parts of names neither.
    let mut run_together = String::new();
    let mut is_after_small = false;
    for c in text.nfkc() {
        let is_sign = !c.is_alphanumeric();
        let parts = is_sign || (is_after_small && c.is_uppercase());
        if parts && !words.ends_with(' ') {
            words.push(' ');
        }
        if c.is_whitespace() {
            run_together.push(' ');
        }
        if !is_sign {
            words.extend(c.to_lowercase());
            run_together.extend(c.to_lowercase());
        }
        is_after_small = c.is_lowercase();
    }
    words.push(' ');
    let is_there = |name: &&str| {
        words.contains(&format!(" {name}")) || run_together.contains(&name.replace(' ', ""))
    };
    NAMES.iter().any(is_there) || words.split(' ').any(|word| WORDS.contains(&word))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_seen_however_it_is_written_and_other_words_are_none() {
        for text in [
            "Your Password",
            "db_password",
            "pass\u{200b}word",
            "\u{ff50}assword",
            "PASSWD",
            "userPwd",
            "enter the 6-digit PIN",
            "user_pin",
            "OTP?",
            "2FA code",
            "accessKey",
            "API-key",
            "the one-time code",
            "seed phrase",
            "Pass code",
            "privateKey",
            "GITHUB_TOKEN",
            "Verification  code",
        ] {
            assert!(is_named_in(text), "{text}");
        }
        for text in [
            "Which fruit",
            "shipping",
            "opinion",
            "to Kenya",
            "Compass: words",
            "laptop",
            "minLength",
        ] {
            assert!(!is_named_in(text), "{text}");
        }
    }
}
