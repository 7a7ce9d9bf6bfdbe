//! Whether the agent programs are there, and old enough to let a repository take the machine over.

use super::{Finding, House};
use crate::{cli::version, config::find_program, words::RuntimeKind};

pub(super) async fn look(house: &House) -> Vec<Finding> {
    let mut all = Vec::new();
    for kind in house.runtimes.kinds() {
        all.push(program(house, kind).await);
    }
    if house.settings.codex.is_some() && find_program("bwrap".as_ref(), &house.host.path).is_err() {
        all.push(Finding::warning(
            "there is no bubblewrap on the PATH, so Codex uses the one that it brings",
            "install the package bubblewrap, which your system keeps up to date",
        ));
    }
    all
}

async fn program(house: &House, kind: RuntimeKind) -> Finding {
    let name = kind.name();
    let check = house
        .runtimes
        .of(kind)
        .and_then(|runtime| runtime.version());
    let Some(check) = check else {
        return Finding::good(format!("{name}: every version will do"));
    };
    let command = check.program.display();
    let Some(version) = version::of(&check).await else {
        let what = format!(
            "`{command}` does not say its version: no agent can be started without a launcher"
        );
        return Finding::warning(
            what,
            format!("install {name}, or write its whole path as `command` below [{kind}]"),
        );
    };
    if version::is_older(&version, check.oldest) {
        let [major, minor, patch] = check.oldest;
        return Finding::fault(
            format!(
                "{name} {version}: a repository can take the machine over ({})",
                check.faults
            ),
            format!("install {major}.{minor}.{patch} or newer"),
        );
    }
    Finding::good(format!("{name} {version}"))
}
