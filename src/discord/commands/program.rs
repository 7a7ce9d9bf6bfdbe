//! The agent programs, as an option of a command.

use poise::ChoiceParameter as _;
use serenity::all::ResolvedValue;

use super::Context;
use crate::words::RuntimeKind;

/// The agent programs that people may know.
#[derive(Clone, Copy, Debug, poise::ChoiceParameter)]
pub(super) enum Program {
    #[name = "claude"]
    Claude,
    #[name = "codex"]
    Codex,
}

impl From<Program> for RuntimeKind {
    fn from(program: Program) -> Self {
        match program {
            Program::Claude => Self::Claude,
            Program::Codex => Self::Codex,
        }
    }
}

/// The one that somebody has chosen already who types another option.
pub(super) fn chosen(context: Context<'_>) -> Option<RuntimeKind> {
    let mut options = context.args.iter();
    // Choices are sent by their number.
    let ResolvedValue::Integer(at) = options.find(|option| option.name == "runtime")?.value else {
        return None;
    };
    let at = usize::try_from(at).ok()?;
    Program::from_index(at).map(RuntimeKind::from)
}
