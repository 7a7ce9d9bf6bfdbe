//! The kinds of values. Each is read from what the file holds and from the text of a variable.

use std::{fmt::Display, ops::RangeInclusive, path::PathBuf, time::Duration};

use figment::value::Value;

use super::problem::Complaint;
use crate::observe::redact;

/// How much of a wrong value is repeated, in characters.
const SHOWN: usize = 60;

/// A length of time that a person would wait for something: never none at all.
pub(super) const UP_TO_A_WEEK: RangeInclusive<Duration> =
    Duration::from_millis(1)..=Duration::from_hours(7 * 24);

/// A value as people see it, on one line.
pub(super) fn shown(value: &Value) -> String {
    let text = match value {
        Value::String(_, text) => text.clone(),
        Value::Char(_, char) => char.to_string(),
        Value::Bool(_, bool) => bool.to_string(),
        Value::Num(_, num) => num
            .to_i128()
            .map_or_else(|| "a number".to_owned(), |num| num.to_string()),
        Value::Empty(..) => String::new(),
        Value::Dict(..) => "a table".to_owned(),
        Value::Array(_, items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
    };
    let line: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    redact(&line)
}

/// A wrong value in a sentence.
fn quoted(value: &Value) -> String {
    let text = shown(value);
    let mut short: String = text.chars().take(SHOWN).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    format!("`{short}`")
}

/// "`x` is …", with what to write.
pub(super) fn wrong(value: &Value, is: impl Display, remedy: impl Into<String>) -> Complaint {
    Complaint::new(format!("{} {is}.", quoted(value)), remedy)
}

pub(super) fn text(value: &Value) -> Result<String, Complaint> {
    match value.as_str().map(str::trim) {
        Some("") => Err(Complaint::new(
            "The text is empty.",
            "Write a text in \"quotes\", or remove the line.",
        )),
        Some(text) => Ok(text.to_owned()),
        None => Err(wrong(value, "is no text", "Write a text in \"quotes\".")),
    }
}

/// A whole number, from the file or as the digits of a variable.
fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Num(_, num) => num
            .to_i128()
            .or_else(|| i128::try_from(num.to_u128()?).ok()),
        Value::String(_, text) => text.trim().replace('_', "").parse().ok(),
        Value::Char(..)
        | Value::Bool(..)
        | Value::Empty(..)
        | Value::Dict(..)
        | Value::Array(..) => None,
    }
}

/// How many of something.
pub(super) fn count(range: RangeInclusive<usize>) -> impl Fn(&Value) -> Result<usize, Complaint> {
    move |value| {
        whole(value)
            .and_then(|number| usize::try_from(number).ok())
            .filter(|number| range.contains(number))
            .ok_or_else(|| {
                let (from, to) = (range.start(), range.end());
                let is = format!("is not a number from {from} to {to}");
                wrong(
                    value,
                    is,
                    format!("Write a whole number from {from} to {to}."),
                )
            })
    }
}

/// Yes or no.
pub(super) fn yes_or_no(value: &Value) -> Result<bool, Complaint> {
    let read = match value {
        Value::Bool(_, answer) => Some(*answer),
        Value::String(_, text) => text.trim().parse().ok(),
        Value::Char(..)
        | Value::Num(..)
        | Value::Empty(..)
        | Value::Dict(..)
        | Value::Array(..) => None,
    };
    read.ok_or_else(|| wrong(value, "is neither yes nor no", "Write true or false."))
}

/// An id that Discord gave (Discord: reference#snowflakes): at most 63 bits, never 0. A number, or
/// its digits as text.
pub(super) fn id<T>(new: impl Fn(u64) -> T) -> impl Fn(&Value) -> Result<T, Complaint> {
    move |value| {
        whole(value)
            .and_then(|number| i64::try_from(number).ok())
            .and_then(|number| u64::try_from(number).ok())
            .filter(|number| *number != 0)
            .map(&new)
            .ok_or_else(|| {
                wrong(
                    value,
                    "is no id of Discord",
                    "Write the number that Discord gives with \"Copy ID\" (Settings → Advanced → \
                     Developer Mode), such as 1098765432109876543.",
                )
            })
    }
}

/// How long something takes, within limits.
pub(super) fn span(
    range: RangeInclusive<Duration>,
) -> impl Fn(&Value) -> Result<Duration, Complaint> {
    move |value| {
        let remedy = "Write a number with its unit: \"90s\", \"10min\", \"1h 30min\", \"2d\".";
        let parsed = value
            .as_str()
            .and_then(|text| humantime::parse_duration(text.trim()).ok())
            .ok_or_else(|| wrong(value, "is no length of time", remedy))?;
        if range.contains(&parsed) {
            return Ok(parsed);
        }
        let from = humantime::format_duration(*range.start());
        let to = humantime::format_duration(*range.end());
        let is = format!("is not between {from} and {to}");
        Err(wrong(value, is, remedy))
    }
}

/// Bytes, within limits: a number, or a text such as `16 MiB`.
pub(super) fn bytes(range: RangeInclusive<u64>) -> impl Fn(&Value) -> Result<u64, Complaint> {
    move |value| {
        let remedy = "Write a number of bytes, or a text with a unit: \"512 KiB\", \"16 MiB\", \
                      \"1 GiB\".";
        let parsed = match value.as_str() {
            Some(text) => parse_bytes(text),
            None => whole(value).and_then(|number| u64::try_from(number).ok()),
        };
        let size = parsed.ok_or_else(|| wrong(value, "is no size", remedy))?;
        if range.contains(&size) {
            return Ok(size);
        }
        let (from, to) = (with_unit(*range.start()), with_unit(*range.end()));
        let is = format!("is not between {from} and {to}");
        Err(wrong(value, is, remedy))
    }
}

/// The largest unit that leaves no rest.
fn with_unit(bytes: u64) -> String {
    let units = [
        (1 << 40, "TiB"),
        (1 << 30, "GiB"),
        (1 << 20, "MiB"),
        (1 << 10, "KiB"),
    ];
    units
        .into_iter()
        .find(|(unit, _)| bytes.is_multiple_of(*unit))
        .map_or_else(
            || format!("{bytes} byte{}", if bytes == 1 { "" } else { "s" }),
            |(unit, name)| format!("{} {name}", bytes / unit),
        )
}

fn parse_bytes(text: &str) -> Option<u64> {
    let text = text.trim();
    let end = text
        .find(|char: char| !char.is_ascii_digit() && char != '_')
        .unwrap_or(text.len());
    let number: u64 = text[..end].replace('_', "").parse().ok()?;
    let unit: u64 = match text[end..].trim().to_ascii_lowercase().as_str() {
        "" | "b" => 1,
        "kb" => 1_000,
        "mb" => 1_000_000,
        "gb" => 1_000_000_000,
        "k" | "kib" => 1 << 10,
        "m" | "mib" => 1 << 20,
        "g" | "gib" => 1 << 30,
        _ => return None,
    };
    number.checked_mul(unit)
}

/// A list: of the file, or of a variable as `["a", "b"]` or `a, b`.
pub(super) fn list(value: &Value) -> Result<Vec<Value>, Complaint> {
    const REMEDY: &str = "Write a list: [\"one\", \"two\"]; in a variable also: one, two.";
    match value {
        Value::Array(_, items) => Ok(items.clone()),
        Value::String(_, text) if text.trim_start().starts_with('[') => {
            toml::from_str::<toml::Table>(&format!("list = {text}"))
                .ok()
                .and_then(|table| Value::serialize(table.get("list")?).ok())
                .and_then(Value::into_array)
                .ok_or_else(|| wrong(value, "is no list", REMEDY))
        }
        Value::String(_, text) => Ok(text
            .split(',')
            .map(str::trim)
            .filter(|item| !item.is_empty())
            .map(Value::from)
            .collect()),
        Value::Char(..) | Value::Bool(..) | Value::Num(..) | Value::Empty(..) | Value::Dict(..) => {
            Err(wrong(value, "is no list", REMEDY))
        }
    }
}

/// A program: a name that is looked up in `PATH`, or a path from the root.
pub(super) fn program(value: &Value, remedy: &str) -> Result<PathBuf, Complaint> {
    let program = PathBuf::from(text(value)?);
    // A relative path would be looked up in the project's directory, which others write.
    if program.is_absolute() || program.components().count() == 1 && !program.starts_with("..") {
        return Ok(program);
    }
    Err(wrong(
        value,
        "is neither a name nor an absolute path",
        remedy,
    ))
}

/// A name that becomes an argument of the agent program.
pub(super) fn word(value: &Value) -> Result<String, Complaint> {
    let text = text(value)?;
    if text.starts_with('-') || text.chars().any(char::is_control) {
        return Err(wrong(
            value,
            "may not begin with `-` or have a line break in it",
            "Write the name as the agent program shows it.",
        ));
    }
    Ok(text)
}

/// A path from the root.
pub(super) fn absolute(value: &Value) -> Result<PathBuf, Complaint> {
    let path = PathBuf::from(text(value)?);
    if path.is_absolute() {
        return Ok(path);
    }
    Err(wrong(
        value,
        "is no absolute path",
        "Write the whole path, from `/` on; `~` and variables are not expanded.",
    ))
}
