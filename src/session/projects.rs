//! The projects of the settings, as sessions need them.

use std::{collections::HashMap, path::PathBuf, sync::Arc};

use crate::{
    admission::ProjectCaps,
    approval::ToolPolicy,
    words::{ChannelId, Circle, Guests, Tier},
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
    /// The model, as the agent program names it.
    pub model: Option<String>,
    /// How much of it may be going on at once.
    pub caps: ProjectCaps,
    /// What its guests may do.
    pub guests: Guests,
    /// Its tool rules, as written.
    pub allowed_tools: Vec<String>,
    /// The same, understood.
    pub policy: ToolPolicy,
}

impl ProjectAgent {
    /// The tool rules for a conversation, as its agent program is told them.
    pub fn rules_for(&self, circle: Circle) -> Vec<String> {
        match circle {
            Circle::Members => self.allowed_tools.clone(),
            Circle::Guests => self.policy.looking().texts(),
        }
    }

    /// What decides on the tool calls of a run: by whose conversation it is and, should that ever be
    /// more, by what those are who ask.
    pub fn policy_for(&self, circle: Circle, tier: Tier) -> ToolPolicy {
        match (circle, tier) {
            (Circle::Members, Tier::Owner | Tier::Member) => self.policy.clone(),
            (Circle::Guests, _) | (_, Tier::Guest | Tier::Blocked) => self.policy.looking(),
        }
    }
}

/// All projects. A channel belongs to one at most.
#[derive(Debug, Default)]
pub struct Projects {
    by_name: HashMap<String, Arc<ProjectAgent>>,
    by_channel: HashMap<ChannelId, Arc<ProjectAgent>>,
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
        }
    }

    /// The project that people talk about in a channel.
    pub fn of_channel(&self, channel: ChannelId) -> Option<&Arc<ProjectAgent>> {
        self.by_channel.get(&channel)
    }

    /// A project by its name.
    pub fn named(&self, name: &str) -> Option<&Arc<ProjectAgent>> {
        self.by_name.get(name)
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

    /// The models that projects ask for, in order.
    pub fn models(&self) -> Vec<&str> {
        let models = self.by_name.values();
        let mut models: Vec<&str> = models.filter_map(|one| one.model.as_deref()).collect();
        models.sort_unstable();
        models.dedup();
        models
    }

    /// Every channel of every project.
    pub fn channels(&self) -> impl Iterator<Item = ChannelId> {
        self.by_channel.keys().copied()
    }
}
