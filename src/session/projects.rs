//! The projects of the settings, as sessions need them.

use std::{collections::HashMap, path::PathBuf, sync::Arc, time::Duration};

use crate::{
    admission::ProjectCaps,
    approval::{ProjectTools, may_decide},
    runtime::ProcessBounds,
    words::{Background, Busy, ChannelId, Eyes, Guests, Person, RuntimeKind, Tier},
};

/// A project with what its sessions need.
#[derive(Debug)]
pub struct ProjectAgent {
    /// Its name.
    pub name: String,
    /// Its directory, absolute.
    pub directory: PathBuf,
    /// Where people talk about it.
    pub channels: Vec<ChannelId>,
    /// The agent program of the conversations that do not choose one.
    pub runtime: RuntimeKind,
    /// The model, as that program names it.
    pub model: Option<String>,
    /// How much of it may be going on at once.
    pub caps: ProjectCaps,
    /// What becomes of messages while its agents work.
    pub busy: Busy,
    /// What its agents may go on with by themselves.
    pub background: Vec<Background>,
    /// What its guests may do.
    pub guests: Guests,
    /// What its tools may do, for whom, and who may say yes to more.
    pub tools: ProjectTools,
    /// What stands before the agent's command; empty for nothing.
    pub launcher: Vec<String>,
    /// What bounds its agents.
    pub bounds: AgentBounds,
}

/// What bounds the agents of a project.
#[derive(Clone, Copy, Debug, Default)]
pub struct AgentBounds {
    /// By the system.
    pub process: ProcessBounds,
    /// How long one turn may take, if not as long as everywhere.
    pub turn: Option<Duration>,
    /// Bytes that an agent may write in one turn.
    pub output: Option<u64>,
}

/// All projects. A channel belongs to one at most; with a project for the others, to one exactly.
#[derive(Debug, Default)]
pub struct Projects {
    by_name: HashMap<String, Arc<ProjectAgent>>,
    by_channel: HashMap<ChannelId, Arc<ProjectAgent>>,
    of_others: Option<Arc<ProjectAgent>>,
}

impl Projects {
    /// Takes the projects of the settings.
    pub fn new(projects: Vec<ProjectAgent>) -> Self {
        let mut by_name = HashMap::new();
        let mut by_channel = HashMap::new();
        for project in projects.into_iter().map(Arc::new) {
            for channel in &project.channels {
                by_channel.insert(*channel, Arc::clone(&project));
            }
            by_name.insert(project.name.clone(), project);
        }
        Self {
            by_name,
            by_channel,
            of_others: None,
        }
    }

    /// The same with a project that has every channel that none of them has.
    #[must_use]
    pub fn with_others(mut self, project: ProjectAgent) -> Self {
        let project = Arc::new(project);
        self.by_name
            .insert(project.name.clone(), Arc::clone(&project));
        self.of_others = Some(project);
        self
    }

    /// The project that people talk about in a channel.
    pub fn of_channel(&self, channel: ChannelId) -> Option<&Arc<ProjectAgent>> {
        self.by_channel.get(&channel).or(self.of_others.as_ref())
    }

    /// A project by its name.
    pub fn named(&self, name: &str) -> Option<&Arc<ProjectAgent>> {
        self.by_name.get(name)
    }

    /// Whether somebody who is no member may decide on what the agents of some project want to do.
    pub(super) fn have_approver(&self, person: &Person) -> bool {
        let mut all = self.by_name.values();
        all.any(|project| {
            let approvers = &project.tools.approvers;
            may_decide(approvers, Eyes::Two, person, Tier::Guest, &[]).is_ok()
        })
    }

    /// What each may have going on at once.
    pub(super) fn caps(&self) -> HashMap<Arc<str>, ProjectCaps> {
        let projects = self.by_name.values();
        projects
            .map(|one| (Arc::from(one.name.as_str()), one.caps))
            .collect()
    }

    /// The names of all projects, in order.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.by_name.keys().map(String::as_str).collect();
        names.sort_unstable();
        names
    }

    /// The directories of all of them.
    pub fn directories(&self) -> Vec<PathBuf> {
        let all = self.by_name.values();
        all.map(|project| project.directory.clone()).collect()
    }

    /// The models that projects of an agent program ask for.
    pub(super) fn models(&self, of: RuntimeKind) -> impl Iterator<Item = &str> {
        let own = self.by_name.values().filter(move |one| one.runtime == of);
        own.filter_map(|one| one.model.as_deref())
    }

    /// The launcher with which the projects of an agent program start it, if that is one and the same; where none
    /// has it, that of all projects.
    pub(super) fn launcher_of(&self, kind: RuntimeKind) -> Option<&[String]> {
        let all = || self.by_name.values();
        let mut its_own = all().filter(|one| one.runtime == kind).peekable();
        let mut any = all();
        let launchers: &mut dyn Iterator<Item = &Arc<ProjectAgent>> = if its_own.peek().is_some() {
            &mut its_own
        } else {
            &mut any
        };
        let mut launchers = launchers.map(|one| one.launcher.as_slice());
        let first = launchers.next().unwrap_or_default();
        launchers.all(|other| other == first).then_some(first)
    }

    /// Every channel that is named as a project's.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> {
        self.by_channel.keys().copied()
    }
}
