//! What looks like a key or a token of a known service, or a password in an address, whoever it belongs to.
//!
//! Whoever decides on a command sees it without secrets. So nothing is taken for a token in which a space, a
//! semicolon or a slash could hide, and nothing that is much longer than tokens are.

use std::borrow::Cow;

use super::MARK;

/// The start of every key and token of Anthropic.
const ANTHROPIC: &str = "sk-ant-";

/// The longest that is taken for a key, and for the last part of a token of Discord's; today's have about 165 and
/// 38 letters. What is longer is none, and would hide something else.
const LONGEST_KEY: usize = 200;
const LONGEST_SIGNATURE: usize = 80;

/// The longest that is taken for a token with claims (RFC 7519), as Codex has them; today's have about 2,000 letters.
pub(super) const LONGEST: usize = 8_192;

/// The fewest letters of a line of a private key, but for the last one (RFC 7468, 2: 64).
const LINE: usize = 16;

/// The most characters between two lines of a private key: the end of a line, what quotes it, or a sign of a patch.
const BETWEEN: usize = 8;

/// The fewest letters of a word that may be a token: `AKIA` and 16.
const SHORTEST_WORD: usize = 12;

/// A word of so many letters is waited for: of the shortest token that is known by its looks half is not there yet.
const LONG_WORD: usize = 20;

/// A kind of key: how it starts, the fewest letters after that, and whether those may have `-` and `_` among them.
struct Kind(&'static str, usize, bool);

/// As the services document their keys, or as their own scanners for leaks know them.
const KINDS: [Kind; 19] = [
    Kind("sk-proj-", 20, true),
    Kind("sk-svcacct-", 20, true),
    Kind("sk-admin-", 20, true),
    Kind("sk-", 32, false),
    Kind("ghp_", 36, false),
    Kind("gho_", 36, false),
    Kind("ghu_", 36, false),
    Kind("ghs_", 36, false),
    Kind("ghr_", 36, false),
    Kind("github_pat_", 22, true),
    Kind("glpat-", 20, true),
    Kind("xoxa-", 10, true),
    Kind("xoxb-", 10, true),
    Kind("xoxe-", 10, true),
    Kind("xoxp-", 10, true),
    Kind("xoxr-", 10, true),
    Kind("xoxs-", 10, true),
    Kind("xapp-", 10, true),
    Kind("AIza", 35, true),
];

/// The text without what looks like a token.
pub(super) fn redact(text: &str) -> String {
    let text = without_private_keys(text);
    let text = without_passwords(&text);
    let mut clean = String::with_capacity(text.len());
    let mut rest = &*text;
    while let Some(start) = rest.find(is_letter) {
        let end = rest[start..]
            .find(|char| !is_letter(char))
            .map_or(rest.len(), |length| start + length);
        let start = start + escape(&rest[..start], &rest[start..end]);
        clean.push_str(&rest[..start]);
        redact_word(&rest[start..end], &mut clean);
        rest = &rest[end..];
    }
    clean.push_str(rest);
    clean
}

/// Where a word begins that the text ends in and that may become a token; the end of the text if there is none. Those
/// that are shorter tell too little of one, and few other words are as long.
pub(super) fn begun(text: &str) -> usize {
    begun_word(text).min(begun_password(text))
}

/// Where the part of an address begins that may become a password: until its `@` comes it may be a port too.
fn begun_password(text: &str) -> usize {
    let Some(at) = text.rfind(SCHEME) else {
        return text.len();
    };
    let start = at + SCHEME.len();
    let authority = &text[start..];
    let user = authority.find(|char| !is_of_address(char));
    match user {
        Some(user) if authority[user..].starts_with(':') => {
            let password = start + user + 1;
            if text[password..].chars().all(is_of_address) {
                password
            } else {
                text.len()
            }
        }
        Some(_) | None => text.len(),
    }
}

/// What stands before an address's user and password.
const SCHEME: &str = "://";

/// The letters of a user and a password in an address.
fn is_of_address(char: char) -> bool {
    is_letter(char) || matches!(char, '~' | '%' | '+' | '=')
}

fn begun_word(text: &str) -> usize {
    let word = text.trim_end_matches(is_letter).len();
    if text.len() - word < LONG_WORD {
        return text.len();
    }
    word
}

/// How many letters of a word belong to a backslash before it: in JSON and in what is logged a line end is two
/// characters, and a token may be the first of its line.
fn escape(before: &str, word: &str) -> usize {
    if !before.ends_with('\\') {
        return 0;
    }
    let hex = |letters: usize| {
        let code = word.get(1..=letters);
        let is_code = code.is_some_and(|code| code.bytes().all(|byte| byte.is_ascii_hexdigit()));
        if is_code { 1 + letters } else { 0 }
    };
    match word.as_bytes().first() {
        Some(b'n' | b'r' | b't' | b'b' | b'f') => 1,
        Some(b'u') => hex(4),
        Some(b'x') => hex(2),
        Some(_) | None => 0,
    }
}

/// The text without the passwords in its addresses (RFC 3986, 3.2.1), if they have nothing in them that a command
/// could hide in.
fn without_passwords(text: &str) -> Cow<'_, str> {
    if !text.contains(SCHEME) || !text.contains('@') {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(SCHEME) {
        let (head, authority) = rest.split_at(at + SCHEME.len());
        clean.push_str(head);
        rest = authority;
        let user = authority.find(|char| !is_of_address(char)).unwrap_or(0);
        let Some(password) = authority[user..].strip_prefix(':') else {
            continue;
        };
        let Some(length) = run(password, LONGEST_KEY, is_of_address) else {
            continue;
        };
        if length > 0 && password[length..].starts_with('@') {
            clean.push_str(&authority[..=user]);
            clean.push_str(MARK);
            rest = &password[length..];
        }
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// The letters of tokens, and the dot between the parts of one.
fn is_letter(char: char) -> bool {
    is_of_key(char) || char == '.'
}

fn is_of_key(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_')
}

fn redact_word(word: &str, clean: &mut String) {
    let (mut at, mut kept) = (0, 0);
    while at < word.len() {
        match token(word, at) {
            Some(length) => {
                clean.push_str(&word[kept..at]);
                clean.push_str(MARK);
                at += length;
                kept = at;
            }
            None => at += 1,
        }
    }
    clean.push_str(&word[kept..]);
}

/// The length of the token that begins there.
fn token(word: &str, at: usize) -> Option<usize> {
    let rest = &word[at..];
    if rest.starts_with(ANTHROPIC) {
        return run(rest, LONGEST_KEY, is_of_key);
    }
    if rest.len() < SHORTEST_WORD {
        return None;
    }
    let before = word[..at].bytes().next_back();
    if before.is_some_and(|byte| byte.is_ascii_alphanumeric()) {
        return None;
    }
    let found = match rest.as_bytes()[0] {
        b's' | b'g' | b'x' => key(rest),
        b'A' => key(rest).or_else(|| of_amazon(rest)),
        b'e' => with_claims(rest),
        _ => None,
    };
    found.or_else(|| match before {
        None | Some(b'.') => of_discord(rest),
        Some(_) => None,
    })
}

/// How many bytes of letters of a kind the text begins with, if they are not too many. What comes behind is not looked
/// at: a text may begin like a token at each of its letters.
fn run(text: &str, most: usize, is_one: impl Fn(char) -> bool) -> Option<usize> {
    let mut length = 0;
    for char in text.chars().take_while(|char| is_one(*char)) {
        length += char.len_utf8();
        if length > most {
            return None;
        }
    }
    Some(length)
}

fn key(text: &str) -> Option<usize> {
    let Kind(start, fewest, has_more) = KINDS.iter().find(|kind| text.starts_with(kind.0))?;
    let is_one =
        |char: char| char.is_ascii_alphanumeric() || *has_more && matches!(char, '-' | '_');
    let length = run(&text[start.len()..], LONGEST_KEY, is_one)?;
    (length >= *fewest).then_some(start.len() + length)
}

/// An id of a key of AWS (IAM: reference_identifiers#identifiers-unique-ids) has 20 capital letters and digits.
fn of_amazon(text: &str) -> Option<usize> {
    let length = run(text, 20, |char| char.is_ascii_alphanumeric())?;
    let is_one = text.starts_with("AKIA") || text.starts_with("ASIA");
    let is_large = !text[..length].bytes().any(|byte| byte.is_ascii_lowercase());
    (is_one && is_large && length == 20).then_some(length)
}

/// A JSON Web Token has a header, claims, and a signature, of which the beginning may be all that is there.
fn with_claims(text: &str) -> Option<usize> {
    const START: &str = "eyJ";
    let is_json = |part: &str| part.len() >= 10 && part.starts_with(START);
    if !text.starts_with(START) {
        return None;
    }
    let mut parts = text[..text.floor_char_boundary(LONGEST + 1)].splitn(4, '.');
    let (header, claims) = (parts.next()?, parts.next()?);
    if !is_json(header) || !is_json(claims) {
        return None;
    }
    let signature = parts.next().map_or(0, |part| 1 + part.len());
    let length = header.len() + 1 + claims.len() + signature;
    (length <= LONGEST).then_some(length)
}

/// A token of a Discord bot has three parts: an id in Base64 (24 letters or more), a time (6) and
/// a signature (27 or more; Discord: reference#authentication shows one).
fn of_discord(text: &str) -> Option<usize> {
    let mut parts = text.splitn(4, '.');
    let (id, time, signature) = (parts.next()?, parts.next()?, parts.next()?);
    let is_one = (20..=40).contains(&id.len())
        && (5..=8).contains(&time.len())
        && (25..=LONGEST_SIGNATURE).contains(&signature.len());
    is_one.then_some(id.len() + 1 + time.len() + 1 + signature.len())
}

/// The text without the letters of private keys (RFC 7468), also of one whose end is not there. What stands between
/// its lines stays, and so do slashes: see above.
fn without_private_keys(text: &str) -> Cow<'_, str> {
    const BEGIN: &str = "-----BEGIN ";
    const KEY: &str = "PRIVATE KEY-----";
    /// `ENCRYPTED`, `OPENSSH` and their like stand between the two.
    const KIND: usize = 16;
    if !text.contains(KEY) {
        return Cow::Borrowed(text);
    }
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(KEY) {
        let (head, body) = rest.split_at(at + KEY.len());
        clean.push_str(head);
        let begins = head.rfind(BEGIN);
        rest = match begins {
            Some(begin) if at <= begin + BEGIN.len() + KIND => hide_lines(body, &mut clean),
            Some(_) | None => body,
        };
    }
    clean.push_str(rest);
    Cow::Owned(clean)
}

/// Hides the lines of a private key that the text begins with; returns what follows them.
fn hide_lines<'a>(text: &'a str, clean: &mut String) -> &'a str {
    let is_of_line = |char: char| char.is_ascii_alphanumeric() || matches!(char, '+' | '/' | '=');
    let mut rest = text;
    let mut was_long = false;
    while let Some(mut start) = rest.find(is_of_line) {
        // The end of a line as JSON writes it.
        while rest[..start].ends_with('\\') {
            start += 1;
            start += rest[start..].find(is_of_line).unwrap_or(0);
        }
        let between = &rest[..start];
        let line = &rest[start..];
        let line = &line[..run(line, line.len(), is_of_line).unwrap_or(0)];
        let is_long = line.len() >= LINE;
        // The last one is as short as a word; it has a line of its own.
        let is_last = was_long && between.contains(['\n', '\\']) && {
            let after = &rest[start + line.len()..];
            !after.starts_with([' ', '\t'])
        };
        if between.len() > BETWEEN || between.contains("-----") || !(is_long || is_last) {
            break;
        }
        clean.push_str(between);
        let marked = line
            .split('/')
            .map(|run| if run.is_empty() { "" } else { MARK });
        clean.push_str(&marked.collect::<Vec<_>>().join("/"));
        rest = &rest[start + line.len()..];
        if !is_long {
            break;
        }
        was_long = true;
    }
    rest
}
