//! Registration of application commands (Discord: interactions/application-commands).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::locale::Locale;

/// A command as a bot registers it.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct CommandBody {
    pub(crate) id: Option<Value>,
    pub(crate) name: String,
    pub(crate) name_localizations: Option<BTreeMap<String, String>>,
    pub(crate) description: Option<String>,
    pub(crate) description_localizations: Option<BTreeMap<String, String>>,
    pub(crate) options: Option<Vec<OptionBody>>,
    pub(crate) default_member_permissions: Option<Value>,
    pub(crate) default_permission: Option<bool>,
    pub(crate) dm_permission: Option<bool>,
    pub(crate) integration_types: Option<Vec<u8>>,
    pub(crate) contexts: Option<Vec<u8>>,
    #[serde(rename = "type")]
    pub(crate) kind: Option<u8>,
    pub(crate) nsfw: Option<bool>,
    pub(crate) handler: Option<u8>,
}

impl CommandBody {
    /// Its name as somebody is shown it.
    pub(crate) fn shown(&self, locale: Locale) -> &str {
        locale.shown(&self.name, self.name_localizations.as_ref())
    }

    /// Takes over what another body says.
    pub(crate) fn change(&mut self, patch: Self) {
        if !patch.name.is_empty() {
            self.name = patch.name;
        }
        macro_rules! take {
            ($($field:ident),*) => {$(
                if patch.$field.is_some() {
                    self.$field = patch.$field;
                }
            )*};
        }
        take!(
            name_localizations,
            description,
            description_localizations,
            options,
            default_member_permissions,
            default_permission,
            dm_permission,
            integration_types,
            contexts,
            nsfw,
            handler
        );
    }
}

/// An option, subcommand (type 1) or subcommand group (type 2) of a command.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct OptionBody {
    #[serde(rename = "type")]
    pub(crate) kind: u8,
    pub(crate) name: String,
    pub(crate) name_localizations: Option<BTreeMap<String, String>>,
    pub(crate) description: Option<String>,
    pub(crate) description_localizations: Option<BTreeMap<String, String>>,
    pub(crate) required: Option<bool>,
    pub(crate) choices: Option<Vec<ChoiceBody>>,
    pub(crate) options: Option<Vec<Self>>,
    pub(crate) channel_types: Option<Vec<u8>>,
    pub(crate) min_value: Option<Value>,
    pub(crate) max_value: Option<Value>,
    pub(crate) min_length: Option<u16>,
    pub(crate) max_length: Option<u16>,
    pub(crate) autocomplete: Option<bool>,
}

impl OptionBody {
    /// Its name as somebody is shown it.
    pub(crate) fn shown(&self, locale: Locale) -> &str {
        locale.shown(&self.name, self.name_localizations.as_ref())
    }
}

impl ChoiceBody {
    /// Its name as somebody is shown it.
    pub(crate) fn shown(&self, locale: Locale) -> &str {
        locale.shown(&self.name, self.name_localizations.as_ref())
    }
}

/// A fixed value of an option.
#[derive(Clone, Debug, Default, PartialEq, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct ChoiceBody {
    pub(crate) name: String,
    pub(crate) name_localizations: Option<BTreeMap<String, String>>,
    pub(crate) value: Value,
}
