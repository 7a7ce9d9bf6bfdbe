//! Arguments that are words of the house: who gets one wrong reads which ones there are.

use std::{str::FromStr, time::Duration};

use crate::words::{RuntimeKind, Scope, SlotName, Tier};

pub(super) fn tier(text: &str) -> Result<Tier, String> {
    let all: Vec<&str> = Tier::ALL.iter().map(|tier| tier.as_str()).collect();
    let all = all.join(", ");
    text.parse()
        .map_err(|_| format!("`{text}` is no tier. Write one of: {all}."))
}

pub(super) fn runtime(text: &str) -> Result<RuntimeKind, String> {
    let all: Vec<&str> = RuntimeKind::ALL.iter().map(|kind| kind.as_str()).collect();
    let all = all.join(", ");
    text.parse()
        .map_err(|_| format!("`{text}` is no agent program. Write one of: {all}."))
}

pub(super) fn scope(text: &str) -> Result<Scope, String> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` is no scope. Write global, or channel:ID or thread:ID with the number that Discord \
             gives with \"Copy ID\"."
        )
    })
}

/// An id that Discord gave.
pub(super) fn id<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse().map_err(|_| {
        format!(
            "`{text}` is no id. Write the number that Discord gives with \"Copy ID\" (Settings → Advanced → \
             Developer Mode), such as 1098765432109876543."
        )
    })
}

pub(super) fn span(text: &str) -> Result<Duration, String> {
    humantime::parse_duration(text).map_err(|_| {
        format!("`{text}` is no length of time. Write a number with its unit, such as 12h or 7d.")
    })
}

/// The name of an account in the settings.
pub(super) fn account(text: &str) -> Result<SlotName, String> {
    text.parse().map_err(|_| {
        format!("`{text}` is no name of an account. Write one of `baton auth status`, without the program.")
    })
}
