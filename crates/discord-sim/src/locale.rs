//! The languages of Discord's client (Discord: reference, "Locales").

use std::collections::BTreeMap;

/// Discord's names of them.
const ALL: [&str; 32] = [
    "id", "da", "de", "en-GB", "en-US", "es-ES", "es-419", "fr", "hr", "it", "lt", "hu", "nl",
    "no", "pl", "pt-BR", "ro", "fi", "sv-SE", "vi", "tr", "cs", "el", "bg", "ru", "uk", "hi", "th",
    "zh-CN", "ja", "zh-TW", "ko",
];

/// A language of Discord's client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Locale(&'static str);

impl Locale {
    /// What people have who chose nothing.
    pub(crate) const DEFAULT: Self = Self("en-US");

    /// That of this name, if Discord has it.
    pub(crate) fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|known| *known == name).map(Self)
    }

    pub(crate) const fn name(self) -> &'static str {
        self.0
    }

    /// A word as somebody with this language is shown it.
    pub(crate) fn shown<'a>(
        self,
        word: &'a str,
        localized: Option<&'a BTreeMap<String, String>>,
    ) -> &'a str {
        let own = localized.and_then(|words| words.get(self.0));
        own.map_or(word, String::as_str)
    }
}
