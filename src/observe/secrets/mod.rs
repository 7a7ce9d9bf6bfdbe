//! Takes secrets out of text that people or files get to see.

mod forms;
mod known;
mod table;
#[cfg(test)]
mod tests;

use std::{fmt, sync::Arc};

use parking_lot::{Mutex, RwLock};
use secrecy::SecretString;
use serde_json::Value;

use table::{Known, Table};

/// What stands in a secret's place.
const MARK: &str = "[redacted]";

/// A shorter value is no secret, and taking it out would only garble words.
const SHORTEST: usize = 8;

/// The most bytes of a character.
const LONGEST_CHARACTER: usize = 4;

/// The secrets that this process knows. Cheap to clone, and all clones know the same: what one learns, those that
/// were made before it take out as well.
#[derive(Clone, Default)]
pub struct Secrets(Arc<Shared>);

#[derive(Default)]
struct Shared {
    known: Mutex<Known>,
    /// What is looked for, as of now. Whoever reads a text takes it with him and keeps nobody waiting.
    table: RwLock<Arc<Table>>,
}

/// That somebody uses some values. When the last lease of a value is dropped it is forgotten a day later.
#[must_use = "what nobody uses is forgotten"]
pub struct Lease {
    of: Arc<Shared>,
    values: Vec<SecretString>,
}

impl Secrets {
    /// Registers values for good; those shorter than eight bytes are not taken for secrets. Each is known again as it
    /// is, as JSON writes it (also within JSON), in Base64 of either alphabet, also within longer data, and as
    /// addresses and forms write it.
    pub fn new(values: impl IntoIterator<Item = SecretString>) -> Self {
        let mut known = Known::default();
        for value in values {
            known.keep(value);
        }
        Self(Arc::new(Shared {
            table: RwLock::new(Arc::new(known.table())),
            known: Mutex::new(known),
        }))
    }

    /// Registers values that come and go, such as tokens. When nobody uses one any more it is known for
    /// [`FORGOTTEN_AFTER`](table::FORGOTTEN_AFTER) all the same: an old token may live on, and so may texts with it.
    pub fn learn(&self, values: impl IntoIterator<Item = SecretString>) -> Lease {
        let values: Vec<SecretString> = values.into_iter().collect();
        let mut known = self.0.known.lock();
        if known.learn(&values) {
            *self.0.table.write() = Arc::new(known.table());
        }
        drop(known);
        Lease {
            of: Arc::clone(&self.0),
            values,
        }
    }

    /// The text without the registered values and without what looks like a token.
    pub fn redact(&self, text: &str) -> String {
        let table = self.table();
        let Some(finder) = &table.finder else {
            return redact(text);
        };
        // Of two that overlap nothing is left.
        let mut found: Vec<(usize, usize)> = Vec::new();
        for one in finder.find_overlapping_iter(text) {
            let (mut start, end) = (one.start(), one.end());
            while let Some((before, _)) = found.pop_if(|(_, until)| *until > start) {
                start = start.min(before);
            }
            found.push((start, end));
        }
        if found.is_empty() {
            return redact(text);
        }
        let mut clean = String::with_capacity(text.len());
        let mut kept = 0;
        for (start, end) in found {
            clean.push_str(&text[kept..start]);
            clean.push_str(MARK);
            kept = end;
        }
        clean.push_str(&text[kept..]);
        redact(&clean)
    }

    /// The first `most` characters of the text without secrets. Of a long text only so much is looked through that
    /// nothing is left of a secret which stands across the end of that.
    pub fn beginning(&self, text: &str, most: usize) -> String {
        let longest = self.table().longest().max(known::LONGEST);
        let marks = most / MARK.len() + 2;
        let enough = most
            .saturating_mul(LONGEST_CHARACTER)
            .saturating_add(marks.saturating_mul(longest));
        let seen = &text[..text.floor_char_boundary(enough)];
        self.redact(seen).chars().take(most).collect()
    }

    /// The same of every text in a JSON. No field is lost, even if two names are alike without what was taken out of
    /// them.
    pub fn redact_json(&self, value: &Value) -> Value {
        match value {
            Value::String(text) => Value::String(self.redact(text)),
            Value::Array(all) => all.iter().map(|one| self.redact_json(one)).collect(),
            Value::Object(all) => {
                let mut clean = serde_json::Map::new();
                for (name, one) in all {
                    let mut name = self.redact(name);
                    while clean.contains_key(&name) {
                        name.push('\'');
                    }
                    clean.insert(name, self.redact_json(one));
                }
                clean.into()
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => value.clone(),
        }
    }

    fn table(&self) -> Arc<Table> {
        Arc::clone(&self.0.table.read())
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        self.of.known.lock().release(&self.values);
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.0.known.lock().len())
    }
}

impl fmt::Debug for Lease {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lease({})", self.values.len())
    }
}

/// The text without what looks like a token of a known service (Anthropic, OpenAI, Discord, GitHub, GitLab, AWS,
/// Google, Slack, JSON Web Tokens, private keys), whoever it belongs to.
pub fn redact(text: &str) -> String {
    known::redact(text)
}
