//! The projects of the settings, with all that can be wrong about them.

use anyhow::{Context as _, Result};

use crate::{
    admission::ProjectCaps,
    approval::ToolPolicy,
    config::Settings,
    session::{ProjectAgent, Projects},
};

/// Reads the tool rules and finds the directories; fails without any project.
pub(super) fn of(settings: &Settings) -> Result<Projects> {
    settings.require_projects()?;
    let mut projects = Vec::new();
    for project in &settings.projects {
        let policy = ToolPolicy::parse(&project.allowed_tools).with_context(|| {
            format!(
                "`allowed_tools` of project `{}` cannot be understood",
                project.name
            )
        })?;
        // Agent programs name files without symbolic links; their rules have to do the same.
        let directory = project
            .directory
            .canonicalize()
            .with_context(|| format!("`directory` of project `{}` cannot be read", project.name))?;
        projects.push(ProjectAgent {
            name: project.name.to_string(),
            directory,
            channels: project.channels.clone(),
            model: project.model.clone(),
            caps: ProjectCaps {
                active: project.max_active,
                queued: project.max_queued,
            },
            guests: project.guests,
            allowed_tools: project.allowed_tools.clone(),
            policy,
        });
    }
    Ok(Projects::new(projects))
}
