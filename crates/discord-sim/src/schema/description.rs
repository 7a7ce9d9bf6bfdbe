//! The file: found by path, cut into pieces, understood piece by piece.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::path::Path;
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::bundle::Components;
use super::operation::Operation;

/// An OpenAPI document. The pieces stay text until somebody asks for them: the text of all of them is
/// over a megabyte, and a test uses five.
#[derive(Debug)]
pub(super) struct Description {
    paths: Vec<PathItem>,
    components: Arc<Components>,
    /// The operations that were asked for, by method and template.
    operations: Mutex<HashMap<(String, String), Arc<Operation>>>,
}

#[derive(Debug)]
struct PathItem {
    /// `/channels/{channel_id}/messages`.
    template: String,
    text: Box<RawValue>,
}

#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, Box<RawValue>>,
    #[serde(default)]
    components: BTreeMap<String, BTreeMap<String, Box<RawValue>>>,
}

impl Description {
    /// Reads the file; `Err` says in a sentence what is wrong with it.
    pub(super) fn load(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = fs::read_to_string(path).map_err(|error| {
            format!("Discord's API description {shown} cannot be read: {error}")
        })?;
        let document: Document = serde_json::from_str(&text).map_err(|error| {
            format!(
                "{shown} is no OpenAPI description (JSON with `paths` and `components`): {error}"
            )
        })?;
        let paths = document.paths.into_iter();
        Ok(Self {
            paths: paths
                .map(|(template, text)| PathItem { template, text })
                .collect(),
            components: Arc::new(Components::new(document.components)),
            operations: Mutex::default(),
        })
    }

    /// The operation of a request; `path` is below `/api/v10`. `Err` says that there is none.
    pub(super) fn operation(&self, method: &str, path: &str) -> Result<Arc<Operation>, String> {
        let unknown = || format!("Discord's API description has no operation {method} {path}");
        let item = self.item(path).ok_or_else(unknown)?;
        let method = method.to_lowercase();
        let key = (method, item.template.clone());
        if let Some(known) = self.operations.lock().get(&key) {
            return Ok(Arc::clone(known));
        }
        let read: Value = serde_json::from_str(item.text.get()).unwrap_or_default();
        let found = read.get(&key.0).ok_or_else(unknown)?;
        let operation = Arc::new(Operation::new(
            found,
            read.get("parameters"),
            &self.components,
        ));
        self.operations.lock().insert(key, Arc::clone(&operation));
        Ok(operation)
    }

    /// The template that a path fits; of several the one with the fewest placeholders, because
    /// `/messages/@original` also fits `/messages/{message_id}`.
    fn item(&self, path: &str) -> Option<&PathItem> {
        let steps: Vec<&str> = path.split('/').collect();
        let fitting = self.paths.iter().filter(|item| {
            let template = item.template.split('/');
            template.clone().count() == steps.len()
                && template
                    .zip(&steps)
                    .all(|(wanted, step)| wanted.starts_with('{') || wanted == *step)
        });
        fitting.min_by_key(|item| item.template.matches('{').count())
    }
}
