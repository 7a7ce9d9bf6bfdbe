//! One project for every channel that no other project has.

use insta::assert_snapshot;

use super::{Folder, SMALLEST};
use crate::{
    config::{Bounds, Project, Settings},
    words::{Approvers, Busy, Eyes, Guests, RuntimeKind},
};

/// The settings with a default project in a directory of this name.
fn called(name: &str) -> Settings {
    let folder = Folder::new(SMALLEST);
    let directory = folder.path(name);
    std::fs::create_dir_all(&directory).unwrap();
    let directory = directory.to_str().unwrap();
    folder
        .load(&[("BATON_DEFAULT_PROJECT", directory)])
        .unwrap()
}

fn name(settings: &Settings) -> &str {
    settings.default_project.as_ref().unwrap().name.as_str()
}

#[test]
fn it_is_made_from_a_directory_and_is_closed_to_guests() {
    let folder = Folder::new(SMALLEST).with_env_file("BATON_DEFAULT_PROJECT=$DIR/site\n");
    let settings = folder.load(&[]).unwrap();
    settings.require_projects().unwrap();
    assert_eq!(settings.projects, []);
    assert_eq!(
        settings.default_project,
        Some(Project {
            name: "site".parse().unwrap(),
            directory: folder.path("site"),
            channels: Vec::new(),
            runtime: RuntimeKind::Claude,
            model: None,
            max_active: None,
            max_queued: None,
            allowed_tools: ["Read", "Grep", "Glob", "Edit", "Write"]
                .map(str::to_owned)
                .to_vec(),
            owner_tools: vec!["*".to_owned()],
            guest_tools: ["Read", "Grep", "Glob"].map(str::to_owned).to_vec(),
            asked_tools: Vec::new(),
            denied_tools: Vec::new(),
            approvers: Approvers::Owners,
            eyes: Eyes::Two,
            busy: Busy::Queue,
            background: Vec::new(),
            guests: Guests::None,
            launcher: Vec::new(),
            bounds: Bounds::default(),
        })
    );
    let rows = settings.explain().iter();
    let rows: Vec<_> = rows
        .filter(|row| row.key.starts_with("default_project"))
        .map(|row| (row.key.as_str(), row.value.as_str()))
        .collect();
    let shown = format!("{}, called site", folder.path("site").display());
    assert_eq!(rows, [("default_project", shown.as_str())]);
}

#[test]
fn it_is_called_like_its_directory_in_the_letters_that_names_have() {
    for (directory, wanted) in [
        ("My Great.App", "my-great-app"),
        ("snake_case-2", "snake_case-2"),
        ("..ünï..", "n"),
        ("日本", "project"),
        (&"x".repeat(60), &"x".repeat(40)),
    ] {
        assert_eq!(name(&called(directory)), wanted, "{directory}");
    }
}

#[test]
fn it_does_not_take_the_name_of_another_project() {
    let other = "[[projects]]\nname = \"site\"\ndirectory = \"$DIR/site\"\nchannels = [1]\n";
    let folder = Folder::new(&format!("{SMALLEST}{other}"));
    let site = folder.path("site");
    assert_snapshot!(folder.told(&[("BATON_DEFAULT_PROJECT", site.to_str().unwrap())]));
}

#[test]
fn it_must_be_a_directory_that_is_there_and_not_ours() {
    let folder = Folder::new(SMALLEST).with_env_file("BATON_DEFAULT_PROJECT=$DIR/nowhere\n");
    assert_snapshot!(folder.told(&[]));
    assert_snapshot!(folder.told(&[("BATON_DEFAULT_PROJECT", "site")]));
    let site = folder.path("site");
    let site = site.to_str().unwrap();
    assert_snapshot!(folder.told(&[("BATON_DEFAULT_PROJECT", site), ("BATON_DATA__DIR", site)]));
}
