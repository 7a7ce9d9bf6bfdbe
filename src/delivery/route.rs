//! Which way a question goes: to where those who may decide see it, and nobody else.

use std::collections::HashMap;

use super::{Audience, Chat, ChatError, Standing, send::Trouble};
use crate::{
    access::Gate,
    approval::may_decide,
    observe::Secrets,
    store::{ApprovalRow, SessionRow, Store, Subject},
    words::{
        ApprovalKind, Approvers, ChannelId, Eyes, Person, Place, RoleId, Routing, Tier, UserId, Way,
    },
};

/// Owners who are tried one after the other in direct messages.
const MOST_OWNERS: usize = 3;

/// What has a say in where questions go, and in what is seen of them.
#[derive(Clone, Debug)]
pub struct Asking {
    /// Who is what.
    pub gate: Gate,
    /// What nobody gets to see.
    pub secrets: Secrets,
    /// What the settings wish.
    pub routing: Routing,
    /// The channel for questions.
    pub channel: Option<ChannelId>,
    /// The owner of the settings.
    pub owner: Option<UserId>,
    /// Who may decide in which project. Where nothing is known, owners.
    pub projects: HashMap<String, (Approvers, Eyes)>,
}

impl Asking {
    /// Everything is asked where the session is.
    pub fn in_place(gate: Gate) -> Self {
        Self {
            gate,
            secrets: Secrets::default(),
            routing: Routing::Thread,
            channel: None,
            owner: None,
            projects: HashMap::new(),
        }
    }
}

/// A question on its way.
pub(super) struct Router<'a> {
    pub(super) asking: &'a Asking,
    pub(super) store: &'a Store,
    pub(super) chat: &'a dyn Chat,
    pub(super) row: &'a ApprovalRow,
    pub(super) session: &'a SessionRow,
}

impl Router<'_> {
    /// The ways, best first; the last is to where the session is, so there is always one.
    pub(super) async fn ways(&self) -> Result<Vec<Way>, Trouble> {
        let here = self.session.post_channel_id;
        // What an agent wants to be told it is told in its conversation, as its answers are.
        if self.row.kind != ApprovalKind::Call {
            return Ok(vec![Way::Here(here)]);
        }
        let is_among_approvers = self.is_among_approvers(here).await?;
        let last = if is_among_approvers {
            Way::Here(here)
        } else {
            Way::Veiled(here)
        };
        let mut ways = match self.asking.routing {
            Routing::Thread => Vec::new(),
            Routing::Auto if is_among_approvers => Vec::new(),
            Routing::Auto | Routing::Dm => {
                let mut ways = self.owners().await?;
                ways.extend(self.channel().await?);
                ways
            }
            Routing::Channel => {
                let mut ways = self.channel().await?;
                ways.extend(self.owners().await?);
                ways
            }
        };
        ways.push(last);
        Ok(ways)
    }

    /// The channel of the settings, if there is one that can be looked at.
    async fn channel(&self) -> Result<Vec<Way>, Trouble> {
        let Some(channel) = self.asking.channel else {
            return Ok(Vec::new());
        };
        Ok(match self.is_among_approvers(channel).await {
            Ok(true) => vec![Way::Channel(channel)],
            Ok(false) => vec![Way::Veiled(channel)],
            // It is gone or closed to the bot.
            Err(Trouble::Chat(ChatError::Refused { .. })) => Vec::new(),
            Err(error) => return Err(error),
        })
    }

    /// Owners of everything, known by name, who may decide on this.
    async fn owners(&self) -> Result<Vec<Way>, Trouble> {
        let mut known: Vec<UserId> = self.asking.owner.into_iter().collect();
        for row in self.store.memberships().await? {
            if let (Subject::User(id), Tier::Owner) = (row.subject, row.tier)
                && !known.contains(&id)
            {
                known.push(id);
            }
        }
        let mut ways = Vec::new();
        for id in known {
            if ways.len() == MOST_OWNERS {
                break;
            }
            let Standing::Member(roles) = self.chat.standing(id).await? else {
                continue;
            };
            let owner = someone(Some(id), roles);
            if self.may(&owner, &self.row.asked_by).await? == Some(Tier::Owner) {
                ways.push(Way::Direct(id));
            }
        }
        Ok(ways)
    }

    /// Whether nobody sees a channel but who may decide.
    async fn is_among_approvers(&self, channel: ChannelId) -> Result<bool, Trouble> {
        let (roles, people) = match self.chat.audience(channel).await? {
            Audience::Unknown => return Ok(false),
            Audience::Of { roles, people } => (roles, people),
        };
        // Who asked is no stranger to his own question: he may read it where he may not decide.
        let none = [];
        for role in roles {
            if self.may(&someone(None, vec![role]), &none).await?.is_none() {
                return Ok(false);
            }
        }
        for id in people {
            let roles = match self.chat.standing(id).await? {
                Standing::Member(roles) => roles,
                Standing::Stranger => Vec::new(),
            };
            if self.may(&someone(Some(id), roles), &none).await?.is_none() {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// What somebody is at the place of the session, if he may decide on what these have asked.
    async fn may(&self, person: &Person, asked_by: &[UserId]) -> Result<Option<Tier>, Trouble> {
        let place: Place = self.session.place();
        let scopes: Vec<_> = place.scopes().collect();
        let tier = self.asking.gate.tier_in(person, &scopes).await?;
        let known = self.asking.projects.get(&self.row.project);
        let (approvers, eyes) =
            known.map_or((&Approvers::Owners, Eyes::Two), |(who, eyes)| (who, *eyes));
        let may = may_decide(approvers, eyes, person, tier, asked_by);
        Ok(may.is_ok().then_some(tier))
    }
}

/// Somebody with these roles; without an id, whoever has them.
fn someone(id: Option<UserId>, roles: Vec<RoleId>) -> Person {
    Person {
        // Nobody has this number (Discord: reference#snowflakes), so only the role counts.
        id: id.unwrap_or(UserId::new(0)),
        name: String::new(),
        roles,
    }
}
