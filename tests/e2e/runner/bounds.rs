//! What the system keeps an agent to.

use baton::runtime::ProcessBounds;

use super::{House, said};
use crate::stage::without_powers;

#[tokio::test]
async fn an_agent_and_what_it_starts_have_the_bounds_of_the_project_and_the_runner_has_not() {
    let house = House::new();
    let mut command = house.script(
        "ulimit -n; ulimit -Hn; bash -c 'ulimit -Hn'; \
         (trap '' XFSZ; head -c 3000000 /dev/zero > big 2>/dev/null); stat -c %s big; read",
    );
    command.bounds = ProcessBounds {
        open_files: Some(100),
        file_size: Some(1 << 20),
    };
    let (_, mut link) = house.start_command(&command).await;
    for told in ["100", "100", "100", "1048576"] {
        assert_eq!(said(&mut link.records).await, told);
    }
    let runner = link.handle.status().await.unwrap().pid;
    let limits = std::fs::read_to_string(format!("/proc/{runner}/limits")).unwrap();
    let files = limits
        .lines()
        .find(|line| line.starts_with("Max file size"));
    assert!(files.unwrap().contains("unlimited"), "{limits}");
}

#[tokio::test]
async fn who_is_not_root_cannot_lift_a_bound_again() {
    let house = House::new();
    let mut command = house.script("");
    let lift = "ulimit -Hn; ulimit -n 4000 2>/dev/null || echo kept";
    let powerless = without_powers();
    command.program = powerless.get_program().into();
    command.args = powerless
        .get_args()
        .map(|arg| arg.to_str().unwrap().to_owned())
        .chain(["bash", "-c", lift].map(str::to_owned))
        .collect();
    command.bounds.open_files = Some(200);
    let (_, mut link) = house.start_command(&command).await;
    assert_eq!(said(&mut link.records).await, "200");
    assert_eq!(said(&mut link.records).await, "kept");
}

#[tokio::test]
async fn an_agent_without_bounds_has_those_of_baton() {
    let house = House::new();
    let (_, mut link) = house.start("ulimit -Hn; ulimit -f").await;
    let ours = nix::sys::resource::getrlimit(nix::sys::resource::Resource::RLIMIT_NOFILE).unwrap();
    assert_eq!(said(&mut link.records).await, ours.1.to_string());
    assert_eq!(said(&mut link.records).await, "unlimited");
}
