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

/// The kinds of components that there are (Discord: components/reference, "Component Types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ComponentKind {
    ActionRow,
    Button,
    StringSelect,
    TextInput,
    UserSelect,
    RoleSelect,
    MentionableSelect,
    ChannelSelect,
    Section,
    TextDisplay,
    Thumbnail,
    MediaGallery,
    File,
    Separator,
    Container,
    Label,
    FileUpload,
    RadioGroup,
    CheckboxGroup,
    Checkbox,
}

impl ComponentKind {
    /// The kind of Discord's number.
    pub(crate) const fn of(number: u64) -> Option<Self> {
        Some(match number {
            1 => Self::ActionRow,
            2 => Self::Button,
            3 => Self::StringSelect,
            4 => Self::TextInput,
            5 => Self::UserSelect,
            6 => Self::RoleSelect,
            7 => Self::MentionableSelect,
            8 => Self::ChannelSelect,
            9 => Self::Section,
            10 => Self::TextDisplay,
            11 => Self::Thumbnail,
            12 => Self::MediaGallery,
            13 => Self::File,
            14 => Self::Separator,
            17 => Self::Container,
            18 => Self::Label,
            19 => Self::FileUpload,
            21 => Self::RadioGroup,
            22 => Self::CheckboxGroup,
            23 => Self::Checkbox,
            _ => return None,
        })
    }

    /// Whether people choose from it.
    pub(crate) const fn is_select(self) -> bool {
        matches!(
            self,
            Self::StringSelect
                | Self::UserSelect
                | Self::RoleSelect
                | Self::MentionableSelect
                | Self::ChannelSelect
        )
    }
}

impl Component {
    /// What kind it is, if Discord has such a kind.
    pub(crate) fn known(&self) -> Option<ComponentKind> {
        ComponentKind::of(u64::from(self.kind))
    }

    pub(crate) fn is_select(&self) -> bool {
        self.known().is_some_and(ComponentKind::is_select)
    }

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
