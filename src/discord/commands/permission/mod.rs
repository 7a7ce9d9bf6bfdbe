//! `/permission`: who is what where.

mod list;
mod revoke;
mod set;
mod show;
mod subject;

use super::{CommandError, Context, answer};
use crate::words::{Place, Scope};

/// Who may work with the agents, and who may not
#[expect(
    clippy::unused_async,
    reason = "poise wants a future; Discord never calls a command that has subcommands"
)]
#[poise::command(
    slash_command,
    guild_only,
    subcommands("set::set", "show::show", "list::list", "revoke::revoke"),
    subcommand_required
)]
pub(in crate::discord::commands) async fn permission(
    _context: Context<'_>,
) -> Result<(), CommandError> {
    Ok(())
}

/// A scope within a sentence.
fn shown_scope(scope: Scope) -> String {
    match scope {
        Scope::Global => "everywhere".to_owned(),
        Scope::Channel(id) | Scope::Thread(id) => format!("in <#{id}>"),
    }
}

/// Whether a scope holds at a place.
fn holds_at(scope: Scope, place: Place) -> bool {
    place.scopes().any(|here| here == scope)
}
