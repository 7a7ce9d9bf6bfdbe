//! Events of the gateway and answers of the API, held against the types of discord-api-types. Discord's
//! own description knows nothing of the gateway and is not at hand everywhere, so somebody else's has to do.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex, OnceLock};

use jsonschema::Validator;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::blame;
use crate::bundle::Components;

/// What `tests/discord-js/install` has written.
static SCHEMA: OnceLock<Result<Schema, String>> = OnceLock::new();
/// Validators by what they are for.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

#[derive(Deserialize)]
struct Written {
    events: BTreeMap<String, Value>,
    answers: BTreeMap<String, Value>,
    components: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

struct Schema {
    /// `event READY`, `answer thread`.
    shapes: BTreeMap<String, Value>,
    components: Components,
}

/// Where `tests/discord-js/install` writes the schema.
fn written() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/discord-js/node_modules/.shapes.json")
}

/// Whether the schema is there. Tests that need no node do not install it; all others and `tests/run` do.
pub(crate) fn at_hand() -> bool {
    written().exists()
}

/// Says what is wrong with an event.
pub(crate) fn event(name: &str, data: &Value) -> Result<(), String> {
    // RESUMED has no data that anybody wrote down.
    if name == "RESUMED" {
        return Ok(());
    }
    check(&format!("event {name}"), data)
}

/// Says what is wrong with the body of an answer, by its name in `shapes.ts`; null for none.
pub(crate) fn answer(name: &str, body: &Value) -> Result<(), String> {
    check(&format!("answer {name}"), body)
}

fn check(shape: &str, value: &Value) -> Result<(), String> {
    let validator = validator(shape)?;
    let errors = validator.iter_errors(value);
    let wrong: Vec<String> = errors.map(|error| blame::words(&error)).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("{shape}: {}\n{value}", wrong.join("; ")))
    }
}

fn validator(shape: &str) -> Result<Arc<Validator>, String> {
    if let Some(known) = VALIDATORS.lock().unwrap().get(shape) {
        return Ok(Arc::clone(known));
    }
    let schema = SCHEMA.get_or_init(read).as_ref()?;
    let wanted = schema.shapes.get(shape);
    let wanted = wanted.ok_or_else(|| format!("shapes.ts does not know the {shape}"))?;
    let made = jsonschema::options().build(&schema.components.bundle(wanted));
    let made = Arc::new(made.map_err(|error| format!("the schema of {shape}: {error}"))?);
    let mut all = VALIDATORS.lock().unwrap();
    all.insert(shape.to_owned(), Arc::clone(&made));
    Ok(made)
}

fn read() -> Result<Schema, String> {
    let path = written();
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    let written: Written =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    let named = |kind: &'static str, shapes: BTreeMap<String, Value>| {
        let shapes = shapes.into_iter();
        shapes.map(move |(name, shape)| (format!("{kind} {name}"), shape))
    };
    let events = named("event", written.events);
    Ok(Schema {
        shapes: events.chain(named("answer", written.answers)).collect(),
        components: Components::new(written.components),
    })
}
