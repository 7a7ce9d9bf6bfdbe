//! What commands and the health page show.

use std::time::Duration;

use super::{AccountView, Engine, SessionError, engine::permit_for};
use crate::{
    access::{Action, Permit},
    admission::{Caps, Outlook},
    clock::Millis,
    store::SessionRow,
    words::{ChannelId, Person, Place, RunState, RuntimeKind, SessionId},
};

/// Sessions whose places are watched besides the projects' channels: those that were used last.
const WATCHED: u32 = 500;

/// Sessions that are looked through for those that somebody may see, or for a name.
const LOOKED_THROUGH: u32 = 200;

/// How far a list of sessions reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// The channel and its threads.
    Here,
    /// Everywhere.
    Everywhere,
}

/// Who can see where a session is, as far as this room knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Audience {
    /// Everybody who sees its channel.
    Channel,
    /// Everybody who sees its thread, which may be a private one.
    Thread,
}

/// A session in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// Where it lives.
    pub place: Place,
    /// Where it is to be found: its thread, or the channel that it posts in.
    pub at: ChannelId,
    /// Who can see that place. The rest is for nobody else.
    pub audience: Audience,
    /// What it is called.
    pub title: String,
    /// Its project.
    pub project: String,
    /// Its agent program.
    pub runtime: RuntimeKind,
    /// Where its run stands, if it has one.
    pub state: Option<RunState>,
    /// When it was last worked in.
    pub used_at: Millis,
    /// Why Discord refuses messages there.
    pub unreachable: Option<String>,
}

/// Where somebody's request stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QueuePosition {
    /// Where its conversation is to be found.
    pub at: ChannelId,
    /// What the conversation is called.
    pub title: String,
    /// How far it is.
    pub standing: Standing,
}

/// How far a request is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The agent works on it.
    AtWork,
    /// The agent waits for a person's decision.
    Asks,
    /// It waits for a free agent.
    Queued(Outlook),
    /// It is about to begin.
    Next,
    /// It goes on at this time.
    Parked(Millis),
    /// It waits until its conversation has time for it.
    InMailbox {
        /// How many messages of the conversation go first, the ones at work not counted.
        ahead: u32,
    },
}

/// How the session room is, as far as it knows by itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pulse {
    /// Runs at work.
    pub active: usize,
    /// Runs that wait.
    pub queued: usize,
    /// The caps of both.
    pub caps: Caps,
    /// The same of one person in one channel.
    pub person: Caps,
    /// The median of what the last runs waited for their turn; `None` while there are too few.
    pub admitted_after: Option<Duration>,
    /// Agents that live.
    pub agents: usize,
    /// Those of them that are kept warm for the next message.
    pub warm: usize,
    /// How long the server runs.
    pub uptime: Duration,
}

/// How the session room is, with what the database knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// What it knows by itself.
    pub pulse: Pulse,
    /// Deliveries that Discord does not have yet.
    pub deliveries_waiting: u32,
    /// Questions that wait for a person.
    pub questions_waiting: u32,
}

impl Engine {
    /// The open sessions of the permit's channel or of all channels where the person may know of
    /// sessions, the last used first. Which places he can see the chat service knows.
    pub async fn sessions(
        &self,
        person: &Person,
        permit: &Permit,
        reach: Reach,
    ) -> Result<Vec<SessionView>, SessionError> {
        permit_for(permit, Action::ListSessions)?;
        let channel = match reach {
            Reach::Here => Some(permit.place().channel),
            Reach::Everywhere => None,
        };
        let mut views = Vec::new();
        for row in self.store.recent_sessions(channel, LOOKED_THROUGH).await? {
            let may_see = self
                .gate
                .authorize(person, row.place(), Action::ListSessions)
                .await?;
            if may_see.is_ok() {
                views.push(self.view(row).await?);
            }
        }
        Ok(views)
    }

    /// The open session at the permit's place, or those of its channel that are called so, the best
    /// match first; a name may also be an id.
    pub async fn find_sessions(
        &self,
        permit: &Permit,
        name: Option<&str>,
    ) -> Result<Vec<SessionView>, SessionError> {
        permit_for(permit, Action::ListSessions)?;
        let place = permit.place();
        let found = match name {
            None => {
                let here = self.store.session_at(place.post_channel()).await?;
                here.into_iter().collect()
            }
            Some(name) => self.sessions_called(place.channel, name.trim()).await?,
        };
        let mut views = Vec::new();
        for row in found {
            views.push(self.view(row).await?);
        }
        Ok(views)
    }

    async fn sessions_called(
        &self,
        channel: ChannelId,
        wanted: &str,
    ) -> Result<Vec<SessionRow>, SessionError> {
        let rows = self
            .store
            .recent_sessions(Some(channel), LOOKED_THROUGH)
            .await?;
        let wanted = wanted.to_lowercase();
        // A given name before a title that a message has made.
        let called = |row: &SessionRow| {
            row.id.to_string() == wanted
                || row
                    .name
                    .as_ref()
                    .is_some_and(|name| name.to_lowercase() == wanted)
        };
        let titled = |row: &SessionRow| row.title.to_lowercase() == wanted;
        let (mut found, others): (Vec<_>, Vec<_>) = rows.into_iter().partition(called);
        found.extend(others.into_iter().filter(titled));
        Ok(found)
    }

    pub(super) async fn view(&self, row: SessionRow) -> Result<SessionView, SessionError> {
        let run = self.store.open_run_of(row.id).await?;
        let is_for_channel = row.post_channel_id == row.channel_id
            || self.store.grows_from_a_message(row.thread_id).await?;
        Ok(SessionView {
            audience: if is_for_channel {
                Audience::Channel
            } else {
                Audience::Thread
            },
            id: row.id,
            place: row.place(),
            at: row.post_channel_id,
            title: row.title,
            project: row.project,
            runtime: row.runtime,
            state: run.map(|run| run.state),
            used_at: row.used_at,
            unreachable: row.unreachable,
        })
    }

    /// Where the requests of the permit's person stand, in the order of acceptance; several that
    /// one run answers are told once.
    pub async fn positions(&self, permit: &Permit) -> Result<Vec<QueuePosition>, SessionError> {
        permit_for(permit, Action::SeeQueue)?;
        let mut positions = Vec::new();
        let mut told = Vec::new();
        for request in self.store.open_requests_of(permit.person()).await? {
            let standing = match request.run_id {
                Some(run) if told.contains(&run) => continue,
                Some(run) => {
                    told.push(run);
                    let outlook = self.turnstile.with(|queue| queue.outlook(run));
                    match (outlook, self.parked.until(run)) {
                        (Some(outlook), _) => Standing::Queued(outlook),
                        (None, Some(until)) => Standing::Parked(until),
                        (None, None) => standing_of(self.store.run(run).await?.state),
                    }
                }
                None => Standing::InMailbox {
                    ahead: self
                        .store
                        .waiting_before(request.session_id, request.n)
                        .await?,
                },
            };
            let session = self.store.session(request.session_id).await?;
            positions.push(QueuePosition {
                at: session.post_channel_id,
                title: session.title,
                standing,
            });
        }
        Ok(positions)
    }

    /// How the session room is, at once.
    pub fn pulse(&self) -> Pulse {
        let (active, queued, caps) = self
            .turnstile
            .with(|queue| (queue.active(), queue.waiting(), queue.caps()));
        let warm = self.agents.idle_count();
        Pulse {
            active,
            queued,
            caps,
            person: self.limits.person,
            admitted_after: self.waited.lock().median(),
            agents: self.agents.working_count() + warm,
            warm,
            uptime: self.clock.now().since(self.started_at),
        }
    }

    /// The same for somebody who may see them.
    pub fn accounts_for(&self, permit: &Permit) -> Result<Vec<AccountView>, SessionError> {
        permit_for(permit, Action::SeeAccounts)?;
        Ok(self.accounts())
    }

    /// The accounts of the agent programs, in the order of the settings.
    pub fn accounts(&self) -> Vec<AccountView> {
        let now = self.clock.now();
        let all = self.agents.runtimes().all_accounts().into_iter();
        all.map(|slot| {
            let account = self.accounts.of(&slot);
            let has_login = self.kept.status(&slot).and_then(|kept| kept.has_login);
            AccountView {
                health: account.health(has_login, now),
                headroom: account.headroom(now),
                has_login,
                slot,
            }
        })
        .collect()
    }

    /// How the session room is.
    pub async fn health(&self) -> Result<Health, SessionError> {
        Ok(Health {
            pulse: self.pulse(),
            deliveries_waiting: self.store.deliveries_waiting().await?,
            questions_waiting: self.store.approvals_waiting().await?,
        })
    }

    /// Where messages may be for Baton: the projects' channels, and where the sessions used last post.
    pub async fn watched(&self) -> Result<Vec<ChannelId>, SessionError> {
        let mut channels: Vec<ChannelId> = self.projects.channels().collect();
        let sessions = self.store.recent_sessions(None, WATCHED).await?;
        channels.extend(sessions.into_iter().map(|session| session.post_channel_id));
        channels.sort_unstable();
        channels.dedup();
        Ok(channels)
    }
}

/// How far a request is whose run is neither in line nor parked.
const fn standing_of(run: RunState) -> Standing {
    match run {
        // Nothing holds it back but who has just been answered.
        RunState::Queued | RunState::Parked => Standing::Next,
        RunState::Waiting => Standing::Asks,
        // Those that are over were it a moment ago.
        RunState::Starting
        | RunState::Running
        | RunState::Completed
        | RunState::Failed
        | RunState::Cancelled
        | RunState::Expired
        | RunState::Interrupted => Standing::AtWork,
    }
}
