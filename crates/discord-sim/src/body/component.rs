//! Message components, legacy and V2 (Discord: components/reference).

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[expect(clippy::struct_field_names, reason = "the fields have Discord's names")]
/// One component: all fields of all kinds, because only their names are checked here.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Component {
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    pub(crate) id: Option<u64>,
    pub(crate) custom_id: Option<String>,
    pub(crate) style: Option<u8>,
    pub(crate) label: Option<String>,
    pub(crate) emoji: Option<Value>,
    pub(crate) url: Option<String>,
    pub(crate) sku_id: Option<Value>,
    pub(crate) disabled: Option<bool>,
    pub(crate) options: Option<Vec<SelectOption>>,
    pub(crate) channel_types: Option<Vec<u8>>,
    pub(crate) default_values: Option<Vec<Value>>,
    pub(crate) placeholder: Option<String>,
    pub(crate) min_values: Option<u8>,
    pub(crate) max_values: Option<u8>,
    pub(crate) min_length: Option<u16>,
    pub(crate) max_length: Option<u16>,
    pub(crate) required: Option<bool>,
    pub(crate) value: Option<String>,
    pub(crate) components: Option<Vec<Self>>,
    pub(crate) component: Option<Box<Self>>,
    pub(crate) accessory: Option<Box<Self>>,
    pub(crate) content: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) media: Option<Value>,
    pub(crate) items: Option<Vec<Value>>,
    pub(crate) file: Option<Value>,
    pub(crate) spoiler: Option<bool>,
    pub(crate) divider: Option<bool>,
    pub(crate) spacing: Option<u8>,
    pub(crate) accent_color: Option<u32>,
}

/// A choice of a select menu.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct SelectOption {
    pub(crate) label: String,
    pub(crate) value: String,
    pub(crate) description: Option<String>,
    pub(crate) emoji: Option<Value>,
    pub(crate) default: Option<bool>,
}

impl Component {
    /// An action row.
    pub(crate) const ROW: u8 = 1;

    /// This component and all below it.
    pub(crate) fn all(&self) -> Vec<&Self> {
        let below = self
            .components
            .iter()
            .flatten()
            .chain(self.component.as_deref())
            .chain(self.accessory.as_deref());
        let mut all = vec![self];
        for component in below {
            all.extend(component.all());
        }
        all
    }
}
