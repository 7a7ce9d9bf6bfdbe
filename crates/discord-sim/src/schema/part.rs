//! One direction of an operation: a schema that becomes a validator when it is first used.

use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde_json::Value;

use super::bundle::Components;
use super::{blame, keys};

/// A schema, compiled on its first use.
#[derive(Debug)]
pub(super) struct Part {
    schema: Value,
    components: Arc<Components>,
    compiled: OnceLock<Result<Compiled, String>>,
}

#[derive(Debug)]
struct Compiled {
    validator: Validator,
    bundle: Value,
}

impl Part {
    pub(super) fn new(schema: Value, components: &Arc<Components>) -> Self {
        Self {
            schema,
            components: Arc::clone(components),
            compiled: OnceLock::new(),
        }
    }

    /// What is wrong with a value, in words.
    pub(super) fn wrong(&self, value: &Value) -> Vec<String> {
        match self.compiled() {
            Ok(compiled) => {
                let errors = compiled.validator.iter_errors(value);
                errors.map(|error| blame::words(&error)).collect()
            }
            Err(words) => vec![words.clone()],
        }
    }

    /// The keys of a value that no branch of the schema has, by their dotted paths.
    pub(super) fn unknown_keys(&self, value: &Value) -> Vec<String> {
        self.compiled()
            .as_ref()
            .map(|compiled| keys::unknown(&compiled.bundle, value))
            .unwrap_or_default()
    }

    fn compiled(&self) -> &Result<Compiled, String> {
        self.compiled.get_or_init(|| {
            let bundle = self.components.bundle(&self.schema);
            let validator = jsonschema::options().build(&bundle);
            let validator = validator.map_err(|error| format!("the schema itself: {error}"))?;
            Ok(Compiled { validator, bundle })
        })
    }
}
