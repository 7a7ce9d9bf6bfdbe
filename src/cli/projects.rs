//! The projects of the settings, with all that can be wrong about them.

use anyhow::{Context as _, Result};

use crate::{
    admission::ProjectCaps,
    approval::{PolicyError, ProjectTools, ToolLists, faults},
    config::{Complaint, Project, Settings},
    runtime::{ProcessBounds, lacks},
    session::{AgentBounds, ProjectAgent, Projects},
    words::RuntimeKind,
};

/// What is wrong with the rules of one of a project's lists, for the settings.
pub fn judge_tools(list: &'static str, rules: &[String], runtime: RuntimeKind) -> Vec<Complaint> {
    let told = |PolicyError { rule, is, advice }| {
        let mut remedy = advice;
        if let Some(first) = remedy.get_mut(..1) {
            first.make_ascii_uppercase();
        }
        Complaint::new(format!("`{rule}` {is}."), format!("{remedy}."))
    };
    let faults = faults(list, rules).into_iter().map(told);
    faults.chain(not_to_be_had(list, rules, runtime)).collect()
}

/// What is allowed that agents of a program never have: whoever allows it counts on it.
fn not_to_be_had(list: &str, rules: &[String], runtime: RuntimeKind) -> Vec<Complaint> {
    if !matches!(list, "allowed_tools" | "owner_tools") {
        return Vec::new();
    }
    let why = |rule: &str| lacks(runtime).iter().find(|(tool, _)| *tool == rule);
    let named = rules.iter().filter_map(|rule| why(rule.trim()));
    let told = |(tool, why): &(&str, &str)| {
        let name = runtime.name();
        Complaint::new(
            format!("`{tool}` cannot be allowed where {name} works: {why}."),
            "Leave it out, or choose another `runtime`.",
        )
    };
    named.map(told).collect()
}

/// Reads the tool rules and finds the directories; fails without any project.
pub(super) fn of(settings: &Settings) -> Result<Projects> {
    settings.require_projects()?;
    let projects: Result<Vec<_>> = settings.projects.iter().map(agent).collect();
    let projects = Projects::new(projects?);
    Ok(match &settings.default_project {
        Some(project) => projects.with_others(agent(project)?),
        None => projects,
    })
}

fn agent(project: &Project) -> Result<ProjectAgent> {
    let lists = ToolLists {
        denied: project.denied_tools.clone(),
        asked: project.asked_tools.clone(),
        guest: project.guest_tools.clone(),
        member: project.allowed_tools.clone(),
        owner: project.owner_tools.clone(),
        approvers: project.approvers.clone(),
        eyes: project.eyes,
    };
    let tools = ProjectTools::parse(&lists).with_context(|| {
        format!(
            "the tools of project `{}` cannot be understood",
            project.name
        )
    })?;
    // Agent programs name files without symbolic links; their rules have to do the same.
    let directory = project
        .directory
        .canonicalize()
        .with_context(|| format!("`directory` of project `{}` cannot be read", project.name))?;
    Ok(ProjectAgent {
        name: project.name.to_string(),
        directory,
        channels: project.channels.clone(),
        runtime: project.runtime,
        model: project.model.clone(),
        caps: ProjectCaps {
            active: project.max_active,
            queued: project.max_queued,
        },
        busy: project.busy,
        background: project.background.clone(),
        guests: project.guests,
        tools,
        launcher: project.launcher.clone(),
        bounds: AgentBounds {
            process: ProcessBounds {
                open_files: project.bounds.open_files,
                file_size: project.bounds.file_size,
            },
            turn: project.bounds.turn,
            output: project.bounds.output,
        },
    })
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeMap, fs};

    use super::*;

    #[test]
    fn sub_agents_of_codex_cannot_be_allowed_nor_are_they_by_everything() {
        let tools = ["Read", "Task", "Agent", "*"].map(str::to_owned);
        let told = |list, runtime| judge_tools(list, &tools, runtime);
        for list in ["allowed_tools", "owner_tools"] {
            let complaints = told(list, RuntimeKind::Codex);
            let all: Vec<String> = complaints.iter().map(|one| format!("{one:?}")).collect();
            assert_eq!(all.len(), 2, "{all:?}");
            assert!(
                all[0].contains("`Task`") && all[1].contains("`Agent`"),
                "{all:?}"
            );
            assert_eq!(told(list, RuntimeKind::Claude), []);
        }
        let denied = ["Task".to_owned()];
        assert_eq!(judge_tools("denied_tools", &denied, RuntimeKind::Codex), []);
    }

    #[test]
    fn all_that_is_wrong_with_rules_of_tools_is_told_at_once_by_its_lines() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("project")).unwrap();
        let path = folder.path().display();
        let toml = format!(
            "[discord]\nguild = 1\nowner_user = 2\n[data]\ndir = \"{path}/data\"\n[[projects]]\n\
             name = \"a\"\ndirectory = \"{path}/project\"\nchannels = [3]\nbusy = \"never\"\n\
             denied_tools = [\"Bsh(rm *)\", \"Read(.env)\", \"read(keys/**)\"]\n\
             asked_tools = [\"Bash(git *)\", \"*\"]\nguest_tools = [\"*\", \"Edit\"]\n\
             [[projects]]\nname = \"b\"\ndirectory = \"{path}/project\"\nchannels = [4]\n\
             allowed_tools = [\"Read\", \"EnterPlanMode\", \"mcp__files__*\"]\nowner_tools = [\"*\", \"Raed\"]\n"
        );
        let file = folder.path().join("baton.toml");
        fs::write(&file, toml).unwrap();
        let token = ("DISCORD_BOT_TOKEN".to_owned(), "t".to_owned());
        let told = Settings::load(&file, &BTreeMap::from([token]), judge_tools).unwrap_err();
        insta::assert_snapshot!(told.to_string().replace(&path.to_string(), "$DIR"));
    }
}
