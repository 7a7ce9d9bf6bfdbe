//! Whether the agent programs are there, and old enough to let a repository take the machine over.

use super::{Finding, House};
use crate::{cli::version, config::find_program, words::RuntimeKind};

pub(super) async fn look(house: &House) -> Vec<Finding> {
    let mut all = Vec::new();
    for kind in house.runtimes.kinds() {
        // Who works with Codex alone needs no Claude Code.
        if kind == RuntimeKind::Codex || house.settings.wants(kind) {
            all.extend(program(house, kind).await);
        }
    }
    if house.settings.codex.is_some() && find_program("bwrap".as_ref(), &house.host.path).is_err() {
        all.push(Finding::warning(
            "there is no bubblewrap on the PATH, so Codex uses the one that it brings",
            "install the package bubblewrap, which your system keeps up to date",
        ));
    }
    all
}

/// Nothing of one that is not there: the configuration's warnings say that.
async fn program(house: &House, kind: RuntimeKind) -> Option<Finding> {
    let name = kind.name();
    let check = house
        .runtimes
        .of(kind)
        .and_then(|runtime| runtime.version());
    let Some(check) = check else {
        return Some(Finding::good(format!("{name}: every version will do")));
    };
    let command = check.program.display();
    let Some(version) = version::of(&check).await else {
        find_program(&check.program, &house.host.path).ok()?;
        let what = format!("`{command}` does not say its version");
        let fix =
            format!("run `{command} --version` as the user of the server, and see what it says");
        return Some(Finding::warning(what, fix));
    };
    if version::is_older(&version, check.oldest) {
        let [major, minor, patch] = check.oldest;
        return Some(Finding::fault(
            format!(
                "{name} {version}: a repository can take the machine over ({})",
                check.faults
            ),
            format!("install {major}.{minor}.{patch} or newer"),
        ));
    }
    Some(Finding::good(format!("{name} {version}")))
}
