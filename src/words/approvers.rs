//! Who may say yes to what an agent wants to do.

use super::RoleId;

/// Who may say yes in a project. Owners always may, unless nobody is asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Approvers {
    /// Owners.
    #[default]
    Owners,
    /// Members, and owners.
    Members,
    /// Who has one of these roles, and owners.
    Roles(Vec<RoleId>),
    /// Nobody is asked: what no rule allows is denied.
    Nobody,
}

/// Whether who asked the agent may say yes to what it wants to do for him.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eyes {
    /// He may.
    #[default]
    Two,
    /// Somebody else has to.
    Four,
}
