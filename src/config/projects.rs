//! `[[projects]]`: the directories that people may work in.

mod approval;
mod in_reach;
mod launcher;
mod name;
mod read;
mod tools;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    Bounds, Discord, Source, ToolJudge, problem::Complaint, reach::Reach, section::Section, values,
};
use crate::words::{Approvers, Background, Busy, ChannelId, Eyes, Guests, RuntimeKind};

pub(super) use in_reach::Started;
use launcher::Launcher;
pub use name::ProjectName;
pub(super) use read::directory as read_directory;

/// One of `[[projects]]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Project {
    /// Its name, unique.
    pub name: ProjectName,
    /// Its directory: absolute, and there when the settings were read.
    pub directory: PathBuf,
    /// The channels that belong to it: at least one, and each to no other project. None for the
    /// default project.
    pub channels: Vec<ChannelId>,
    /// The agent program that works in it.
    pub runtime: RuntimeKind,
    /// The model, as the agent program names it; `None` for its default.
    pub model: Option<String>,
    /// How many runs may work in it at once, if not as many as everywhere together.
    pub max_active: Option<usize>,
    /// How many may wait for it, if not as many as everywhere together.
    pub max_queued: Option<usize>,
    /// What agents of members may use without a question, as Claude Code writes such rules.
    pub allowed_tools: Vec<String>,
    /// The same for agents of owners.
    pub owner_tools: Vec<String>,
    /// The same for agents of guests, who only look.
    pub guest_tools: Vec<String>,
    /// What a person is asked for every time.
    pub asked_tools: Vec<String>,
    /// What no agent may use.
    pub denied_tools: Vec<String>,
    /// Who may say yes to what is not allowed without a question.
    pub approvers: Approvers,
    /// Whether who asked the agent may be the one.
    pub eyes: Eyes,
    /// What becomes of a message that comes while its agent works.
    pub busy: Busy,
    /// What its agents may go on with by themselves.
    pub background: Vec<Background>,
    /// What its guests may do.
    pub guests: Guests,
    /// What stands before the agent's command, a program first; empty for nothing.
    pub launcher: Vec<String>,
    /// What bounds its agents.
    pub bounds: Bounds,
}

/// What the rest of the settings says that a project has to go by.
#[derive(Clone, Copy)]
pub(super) struct Ground<'a> {
    pub(super) data_dir: Option<&'a Path>,
    pub(super) discord: Option<&'a Discord>,
    pub(super) tools: ToolJudge,
}

/// What is known of all projects that were read: what may be given away once only, and what of one may not
/// lie in another.
#[derive(Default)]
pub(super) struct Taken {
    names: BTreeMap<ProjectName, Source>,
    channels: BTreeMap<ChannelId, String>,
    reach: Reach,
    launchers: Vec<Launcher>,
}

impl Taken {
    /// Reports launchers that are not there, and what agents could change of all that is executed or trusted.
    pub(super) fn look_at_what_runs(self, root: &mut Section<'_>, started: Started<'_>) {
        for launcher in self.launchers {
            launcher.look(root, &self.reach, started.path);
        }
        in_reach::look(root, &self.reach, started);
    }
}

impl Project {
    pub(super) fn read(
        mut section: Section<'_>,
        taken: &mut Taken,
        ground: Ground<'_>,
    ) -> Option<Self> {
        let source = section.source("name");
        let name = section.required(
            "name",
            "Write a short `name` for the project, such as \"website\".",
            read::name,
        );
        if let (Some(name), Some(source)) = (&name, source)
            && let Some(first) = taken.names.insert(name.clone(), source.clone())
        {
            section.report(
                "name",
                Some(source),
                Complaint::new(
                    format!("There is a project `{name}` already ({first})."),
                    "Give each project a name of its own.",
                ),
            );
        }
        let directory = section.required(
            "directory",
            "Write the absolute path of the project as `directory`.",
            |value| read::directory(value, ground.data_dir),
        );
        if let Some(directory) = &directory {
            taken.reach.add(directory);
        }
        let shown = name.as_ref().map_or("another project", ProjectName::as_str);
        let source = section.source("channels");
        let channels = section.required(
            "channels",
            "Write the ids of the project's channels: channels = [1098765432109876543].",
            read::channels,
        );
        for channel in channels.iter().flatten() {
            if let Some(first) = taken.channels.insert(*channel, shown.to_owned()) {
                section.report(
                    "channels",
                    source.clone(),
                    Complaint::new(
                        format!("The channel {channel} belongs to `{first}` already."),
                        "A channel belongs to one project, once: remove it from one of the lists.",
                    ),
                );
            }
        }
        let runtime = section.or("runtime", RuntimeKind::Claude.as_str(), read::runtime);
        let model = section.optional("model", "the agent's default", values::word);
        let as_all = "bounded by [admission] only";
        let max_active = section.optional("max_active", as_all, values::count(1..=1_000));
        let max_queued = section.optional("max_queued", as_all, values::count(1..=100_000));
        let asked = section.source("asked_tools");
        let judge = (ground.tools, runtime.unwrap_or(RuntimeKind::Claude));
        let mut tools = |name, default: &[&str]| tools::list(&mut section, name, default, judge);
        let allowed_tools = tools("allowed_tools", &tools::ALLOWED);
        let owner_tools = tools("owner_tools", &tools::OWNER);
        let guest_tools = tools("guest_tools", &tools::GUEST);
        let asked_tools = tools("asked_tools", &[]);
        let denied_tools = tools("denied_tools", &[]);
        let asks = asked_tools.as_ref().is_some_and(|tools| !tools.is_empty());
        let approval = approval::read(&mut section, asked.filter(|_| asks), ground.discord);
        let busy = section.or("busy", Busy::Queue.as_str(), read::busy);
        let background = section.or("background", Vec::<String>::new(), read::background);
        let guests = section.or("guests", Guests::None.as_str(), read::guests);
        let source = section.source("launcher");
        let launcher = section.optional("launcher", "none: the agent is started", launcher::read);
        let bounds = Bounds::read(&mut section);
        if let Ok(Some(words)) = &launcher {
            taken.launchers.push(Launcher {
                key: section.key("launcher"),
                source,
                words: words.clone(),
                directory: directory.clone(),
            });
        }
        section.finish();
        let (approvers, eyes) = approval?;
        Some(Self {
            name: name?,
            directory: directory?,
            channels: channels?,
            runtime: runtime?,
            model: model.ok()?,
            max_active: max_active.ok()?,
            max_queued: max_queued.ok()?,
            allowed_tools: allowed_tools?,
            owner_tools: owner_tools?,
            guest_tools: guest_tools?,
            asked_tools: asked_tools?,
            denied_tools: denied_tools?,
            approvers,
            eyes,
            busy: busy?,
            background: background?,
            guests: guests?,
            launcher: launcher.ok()?.unwrap_or_default(),
            bounds: bounds?,
        })
    }
}

impl Project {
    /// A project as it ships, called like its directory.
    pub(super) fn of_directory(directory: PathBuf, taken: &mut Taken) -> Result<Self, Complaint> {
        let name = ProjectName::of_directory(&directory);
        // No other name is made up: conversations find their project by its name.
        if let Some(other) = taken.names.get(&name) {
            return Err(Complaint::new(
                format!(
                    "This project is called `{name}`, like its directory, and there is a project \
                     `{name}` already ({other})."
                ),
                "Conversations find their project by its name, so rename the newer of the two: by \
                 `name` in `[[projects]]`, or by a directory with another name here.",
            ));
        }
        taken.reach.add(&directory);
        Ok(Self {
            name,
            directory,
            channels: Vec::new(),
            runtime: RuntimeKind::Claude,
            model: None,
            max_active: None,
            max_queued: None,
            allowed_tools: tools::ALLOWED.map(str::to_owned).to_vec(),
            owner_tools: tools::OWNER.map(str::to_owned).to_vec(),
            guest_tools: tools::GUEST.map(str::to_owned).to_vec(),
            asked_tools: Vec::new(),
            denied_tools: Vec::new(),
            approvers: Approvers::default(),
            eyes: Eyes::default(),
            busy: Busy::Queue,
            background: Vec::new(),
            guests: Guests::None,
            launcher: Vec::new(),
            bounds: Bounds::default(),
        })
    }
}
