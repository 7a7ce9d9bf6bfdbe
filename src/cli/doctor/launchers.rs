//! Whether agents can read what is Baton's own: tried, with the launcher of each project.

use std::{collections::BTreeSet, path::PathBuf, process::Stdio, time::Duration};

use super::{Finding, House};
use crate::{config::Project, words::RuntimeKind};

/// How long a launcher may take.
const STARTS: Duration = Duration::from_secs(30);

/// What an agent tries: it says which of the files it can read, and that it was there.
const TRY: &str =
    r#"for file do if test -r "$file"; then printf 'read %s\n' "$file"; fi; done; echo tried"#;

pub(super) async fn look(house: &House) -> Vec<Finding> {
    let (mut all, mut tried) = (Vec::new(), BTreeSet::new());
    for project in house.settings.all_projects() {
        if tried.insert((project.launcher.clone(), project.runtime)) {
            all.push(agents_of(house, project).await);
        }
    }
    all
}

/// The files that no agent may read.
fn own(house: &House) -> Vec<PathBuf> {
    let data = &house.settings.data.dir;
    let own = ["baton.db", "baton.db-wal", "rescue"].map(|name| data.join(name));
    let settings = house.settings.files.iter().cloned();
    let all = settings.chain(own);
    all.filter(|file| file.exists()).collect()
}

async fn agents_of(house: &House, project: &Project) -> Finding {
    let name = &project.name;
    let Some((program, words)) = project.launcher.split_first() else {
        return without_launcher(project);
    };
    match tries(house, project, program, words).await {
        None => Finding::warning(
            format!("the launcher of project `{name}` cannot be tried"),
            format!(
                "run `{} true` in {} and see what it says",
                project.launcher.join(" "),
                project.directory.display()
            ),
        ),
        Some(read) if read.is_empty() => Finding::good(format!(
            "agents of project `{name}` cannot read what is Baton's own"
        )),
        Some(read) => Finding::fault(
            format!("agents of project `{name}` can read {}", read.join(", ")),
            "have its launcher start them as another user, or where these files are not to be seen",
        ),
    }
}

fn without_launcher(project: &Project) -> Finding {
    let name = &project.name;
    match project.runtime {
        RuntimeKind::Claude => Finding::warning(
            format!(
                "agents of project `{name}` run as the user of Baton: what keeps them from its files are the rules of tools"
            ),
            "write a `launcher` that starts them as another user or in a room of its own, such as deploy/bwrap-agent",
        ),
        RuntimeKind::Codex => Finding::good(format!(
            "commands of project `{name}` run in Codex's own sandbox, away from what is Baton's"
        )),
    }
}

/// Which files could be read; `None` if nothing could be tried.
async fn tries(
    house: &House,
    project: &Project,
    program: &str,
    words: &[String],
) -> Option<Vec<String>> {
    let room = tempfile::tempdir().ok()?;
    let mut command = tokio::process::Command::new(program);
    command
        .args(words)
        .args(["/bin/sh", "-c", TRY, "sh"])
        .args(own(house))
        .current_dir(&project.directory)
        .env_clear()
        .env("PATH", &house.host.path)
        .env("HOME", &house.host.home)
        .env("TMPDIR", room.path())
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true);
    for account in &house.accounts {
        command.env(account.file.format().variable(), account.file.directory());
    }
    let output = tokio::time::timeout(STARTS, command.output())
        .await
        .ok()?
        .ok()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let was_tried = said.lines().any(|line| line == "tried");
    let read = said.lines().filter_map(|line| line.strip_prefix("read "));
    was_tried.then(|| read.map(str::to_owned).collect())
}
