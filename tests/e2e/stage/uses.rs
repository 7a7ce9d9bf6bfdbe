//! A command that leaves a trace: the owner makes somebody a member. What he is told of it can be held against
//! what was done.

use baton::store::AuditLine;
use discord_sim::{InteractionRef, MessageView};

use super::Stage;

/// What the command says when it has done what was asked.
const DONE: &str = "can work with the agents";

/// One use of it.
pub(crate) struct Promotion {
    whom: String,
    user: String,
    pub(crate) used: InteractionRef,
}

impl Promotion {
    /// The owner makes somebody of this name a member.
    pub(crate) async fn of(stage: &Stage, whom: &str) -> Self {
        let user = stage.sim.user(whom).id().to_string();
        let options = [
            ("user", user.as_str()),
            ("tier", "member"),
            ("scope", "everywhere"),
        ];
        let owner = stage.sim.user("owner");
        let says = owner.slash("permission set", options).in_(stage.channel());
        Self {
            whom: whom.to_owned(),
            used: says.await,
            user,
        }
    }

    /// Whether he got a sign and is not told anything yet.
    pub(crate) fn is_untold(&self) -> bool {
        self.used.is_acknowledged() && self.used.told().is_none()
    }

    /// Whose membership it is about.
    pub(crate) fn whom(&self) -> &str {
        &self.whom
    }

    /// What the owner is told, if he is yet.
    pub(crate) fn told(&self) -> Option<MessageView> {
        self.used.told()
    }

    /// What was said to be done was done, nothing was done twice, and nobody was answered twice. Whether he was
    /// told that it was done: `told` was looked at before the trail was read, because a late command is carried out
    /// at any time.
    pub(crate) fn check(
        &self,
        told: Option<&MessageView>,
        trail: &[AuditLine],
    ) -> Result<bool, String> {
        let object = format!("user {}", self.user);
        let lines = trail.iter().filter(|line| line.action == "membership_set");
        let done = lines.filter(|line| line.object == object).count();
        if !self.used.follow_ups().is_empty() {
            return Err(format!("{} was answered twice", self.whom));
        }
        let says_so = told.map(|told| told.content.contains(DONE));
        // Who was told nothing does not know.
        if says_so.map_or(done < 2, |says_so| done == usize::from(says_so)) {
            return Ok(says_so == Some(true));
        }
        let whom = &self.whom;
        Err(format!("{whom} was made a member {done} times: {told:?}"))
    }
}
