//! How often somebody may use commands. Asked before anything else is done for him: who floods Baton
//! with commands, buttons or forms costs it a number in memory each, and one answer that only he sees.

use futures::future::BoxFuture;
use poise::CommandInteractionType;

use super::{CommandError, Desk};
use crate::{
    admission::{PerMinute, Rate, TooFast},
    discord::ids,
    words::UserId,
};

/// Looks at what an option offers, for each command: Discord asks while somebody types.
const LOOKS: PerMinute = PerMinute::new(10).unwrap();

/// Counts what each person uses.
pub(crate) struct Haste {
    commands: Rate<UserId>,
    looks: Rate<UserId>,
}

impl Haste {
    /// So many commands a minute.
    pub(crate) fn new(commands: PerMinute) -> Self {
        Self {
            commands: Rate::new(commands),
            looks: Rate::new(commands.saturating_mul(LOOKS)),
        }
    }

    /// Counts a command, or something else that a person uses like one: a button, a list, a form.
    pub(crate) fn count(&self, person: UserId) -> Result<(), TooFast> {
        self.commands.take(&person)
    }

    fn take(&self, person: UserId, kind: CommandInteractionType) -> Result<(), TooFast> {
        match kind {
            CommandInteractionType::Command => self.count(person),
            CommandInteractionType::Autocomplete => self.looks.take(&person),
        }
    }
}

/// Lets a command through that does not come too fast.
pub(super) fn check(
    context: poise::Context<'_, Desk, CommandError>,
) -> BoxFuture<'_, Result<bool, CommandError>> {
    Box::pin(async move {
        if let poise::Context::Application(context) = context {
            let person = ids::user(context.interaction.user.id);
            let haste = &context.data().haste;
            haste.take(person, context.interaction_type)?;
        }
        Ok(true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_and_what_is_offered_for_them_are_counted_apart() {
        let haste = Haste::new(PerMinute::new(2).unwrap());
        let (ann, bob) = (UserId::new(1), UserId::new(2));
        let take = |person, kind| haste.take(person, kind).is_ok();
        let commands = [ann, ann, ann, bob].map(|who| take(who, CommandInteractionType::Command));
        assert_eq!(commands, [true, true, false, true]);
        let looks = (0..21).filter(|_| take(ann, CommandInteractionType::Autocomplete));
        assert_eq!(looks.count(), 20);
    }
}
