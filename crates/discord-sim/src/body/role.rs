//! Bodies that make or change roles and permission overwrites (Discord: resources/guild,
//! resources/channel).

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::ids::{HolderId, RoleId, UserId};
use crate::permission::Permissions;
use crate::world::{Holder, Overwrite};

/// "Create Guild Role" and "Modify Guild Role".
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct RoleBody {
    pub(crate) name: Option<String>,
    pub(crate) permissions: Option<Permissions>,
    pub(crate) color: Option<u32>,
    pub(crate) colors: Option<Value>,
    pub(crate) hoist: Option<bool>,
    pub(crate) icon: Option<String>,
    pub(crate) unicode_emoji: Option<String>,
    pub(crate) mentionable: Option<bool>,
}

/// An overwrite in a list: the holder is in it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct OverwriteBody {
    /// A role's or user's id, as `type` says.
    id: HolderId,
    #[serde(rename = "type")]
    kind: u8,
    #[serde(default)]
    allow: Option<Permissions>,
    #[serde(default)]
    deny: Option<Permissions>,
}

/// "Edit Channel Permissions": the holder is in the path.
#[derive(Clone, Debug, Deserialize, Serialize)]
pub(crate) struct OverwritePut {
    #[serde(rename = "type")]
    kind: u8,
    #[serde(default)]
    allow: Option<Permissions>,
    #[serde(default)]
    deny: Option<Permissions>,
}

impl OverwriteBody {
    pub(crate) fn overwrite(&self) -> Overwrite {
        overwrite(self.id, self.kind, self.allow, self.deny)
    }
}

impl OverwritePut {
    pub(crate) fn overwrite(&self, holder: HolderId) -> Overwrite {
        overwrite(holder, self.kind, self.allow, self.deny)
    }
}

fn overwrite(
    id: HolderId,
    kind: u8,
    allow: Option<Permissions>,
    deny: Option<Permissions>,
) -> Overwrite {
    let holder = if kind == 0 {
        Holder::Role(RoleId::new(id.get()))
    } else {
        Holder::Member(UserId::new(id.get()))
    };
    Overwrite {
        holder,
        allow: allow.unwrap_or_default(),
        deny: deny.unwrap_or_default(),
    }
}
