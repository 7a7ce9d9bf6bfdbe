//! The forms in which a secret stands in text: as it is, as JSON writes it, in Base64, and in addresses.

use std::collections::BTreeSet;

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::SHORTEST;

/// How deep in other JSON a secret is known again: a file of JSON that a tool is to write is one.
const NESTED: usize = 2;

/// What addresses write out, by RFC 3986 (2.3).
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// What `encodeURIComponent` of JavaScript writes out.
const COMPONENT: &AsciiSet = &RESERVED
    .remove(b'!')
    .remove(b'*')
    .remove(b'\'')
    .remove(b'(')
    .remove(b')');

/// What forms write out (WHATWG URL, application/x-www-form-urlencoded), but for the space.
const FORM: &AsciiSet = &RESERVED.add(b'~').remove(b'*');

/// The fewest letters of a part of a token that is known again without the others.
const PART: usize = 16;

/// All forms of a value, none shorter than a secret is. Of a token with claims (RFC 7519) those of its claims and of its
/// signature alone belong to them, since programs take it apart; its header is no secret.
pub(super) fn of(value: &str) -> BTreeSet<String> {
    let mut forms = of_one(value);
    let parts: Vec<&str> = value.split('.').collect();
    if parts.len() == 3 && value.starts_with("eyJ") {
        let secret = parts[1..].iter().filter(|part| part.len() >= PART);
        forms.extend(secret.flat_map(|part| of_one(part)));
    }
    forms
}

fn of_one(value: &str) -> BTreeSet<String> {
    let mut forms = in_json(value);
    forms.extend(in_base64(value.as_bytes()));
    let plain: Vec<String> = forms.iter().cloned().collect();
    for form in plain {
        forms.extend(in_addresses(&form));
    }
    forms.retain(|form| form.len() >= SHORTEST);
    forms
}

/// The value as it is, as JSON writes it between its quotes, and as JSON writes that.
fn in_json(value: &str) -> BTreeSet<String> {
    let mut last = value.to_owned();
    let mut forms = BTreeSet::from([last.clone()]);
    for _ in 0..NESTED {
        let written = serde_json::Value::from(&*last).to_string();
        written[1..written.len() - 1].clone_into(&mut last);
        forms.insert(last.clone());
    }
    forms
}

/// The value in both alphabets of Base64: alone, with padding and without, and the letters that it surely gives
/// wherever it begins in longer data. At most four bits of its first and last byte are in letters beside those.
fn in_base64(value: &[u8]) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        let alone = alphabet.encode(value);
        let padding = "=".repeat(alone.len().next_multiple_of(4) - alone.len());
        forms.insert(format!("{alone}{padding}"));
        forms.insert(alone);
        for before in 0..3 {
            let data = [&vec![0; before], value].concat();
            let written = alphabet.encode(&data);
            // A letter has six bits; those with a bit of a neighbour are not known.
            let (first, end) = ((before * 8).div_ceil(6), data.len() * 8 / 6);
            forms.insert(written[first..end].to_owned());
        }
    }
    forms
}

/// The value as addresses and forms have it, with letters of either size.
fn in_addresses(value: &str) -> BTreeSet<String> {
    let mut forms = BTreeSet::new();
    for set in [RESERVED, COMPONENT, FORM] {
        let written = utf8_percent_encode(value, set).to_string();
        forms.insert(small(&written));
        forms.insert(written);
    }
    let form = utf8_percent_encode(value, FORM).to_string();
    let spaces = form.replace("%20", "+");
    forms.insert(small(&spaces));
    forms.insert(spaces);
    forms
}

/// The same with small letters in what is written out.
fn small(written: &str) -> String {
    let mut parts = written.split('%');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| {
        let (code, rest) = part.split_at(2.min(part.len()));
        text + "%" + &code.to_lowercase() + rest
    })
}
