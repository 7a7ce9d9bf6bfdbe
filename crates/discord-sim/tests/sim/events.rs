//! Events of the gateway, held against the types of discord-api-types. Discord's own description knows
//! nothing of the gateway, so somebody else's has to do.

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
/// Validators by event.
static VALIDATORS: LazyLock<Mutex<HashMap<String, Arc<Validator>>>> = LazyLock::new(Mutex::default);

#[derive(Deserialize)]
struct Written {
    events: BTreeMap<String, Value>,
    components: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

struct Schema {
    events: BTreeMap<String, Value>,
    components: Components,
}

/// Where `tests/discord-js/install` writes the schema.
fn written() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/discord-js/node_modules/.events.json")
}

/// Whether the schema is there. Tests that need no node do not install it; all others and `tests/run` do.
pub(crate) fn at_hand() -> bool {
    written().exists()
}

/// Says what is wrong with an event.
pub(crate) fn check(name: &str, data: &Value) -> Result<(), String> {
    // RESUMED has no data that anybody wrote down.
    if name == "RESUMED" {
        return Ok(());
    }
    let validator = validator(name)?;
    let errors = validator.iter_errors(data);
    let wrong: Vec<String> = errors.map(|error| blame::words(&error)).collect();
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(format!("event {name}: {}\n{data}", wrong.join("; ")))
    }
}

fn validator(name: &str) -> Result<Arc<Validator>, String> {
    if let Some(known) = VALIDATORS.lock().unwrap().get(name) {
        return Ok(Arc::clone(known));
    }
    let schema = SCHEMA.get_or_init(read).as_ref()?;
    let event = schema.events.get(name);
    let event = event.ok_or_else(|| format!("events.ts does not know the event {name}"))?;
    let made = jsonschema::options().build(&schema.components.bundle(event));
    let made = Arc::new(made.map_err(|error| format!("the schema of {name}: {error}"))?);
    let mut all = VALIDATORS.lock().unwrap();
    all.insert(name.to_owned(), Arc::clone(&made));
    Ok(made)
}

fn read() -> Result<Schema, String> {
    let path = written();
    let text = std::fs::read_to_string(&path);
    let text = text.map_err(|error| format!("{}: {error}", path.display()))?;
    let written: Written =
        serde_json::from_str(&text).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Schema {
        events: written.events,
        components: Components::new(written.components),
    })
}
