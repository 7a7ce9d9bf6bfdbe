//! What stands before an agent's command: whether it is there, and whether agents could change it.

use std::{
    collections::BTreeMap,
    fs,
    os::unix::fs::{PermissionsExt as _, symlink},
};

use insta::assert_snapshot;

use super::{ANY_TOOLS, Folder, SMALLEST, Settings};

/// Two projects, `site` and `other`, with the first one's launcher. Beside them is `bin`, and in each of the
/// three a program `launch`; `bin` has links to the other two as well, and programs with known names.
fn folder(launcher: &str) -> Folder {
    let project = |name: &str, channel: u8| {
        format!(
            "[[projects]]\nname = \"{name}\"\ndirectory = \"$DIR/{name}\"\nchannels = [{channel}]\n"
        )
    };
    let toml = format!(
        "{SMALLEST}{}launcher = {launcher}\n{}",
        project("site", 1),
        project("other", 2)
    );
    let folder = Folder::new(&toml);
    let others = ["busybox", "docker", "node", "npx", "python3", "python3.12"];
    let programs = others.map(|name| format!("bin/{name}")).into_iter();
    for program in programs.chain(["site", "other", "bin"].map(|room| format!("{room}/launch"))) {
        let program = folder.path(&program);
        fs::create_dir_all(program.parent().unwrap()).unwrap();
        fs::write(&program, "#!/bin/sh\n").unwrap();
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
    }
    fs::write(folder.path("bin/text"), "no program").unwrap();
    symlink("../site/launch", folder.path("bin/to-site")).unwrap();
    symlink("../other", folder.path("bin/to-other")).unwrap();
    symlink("../bin/launch", folder.path("site/out")).unwrap();
    symlink("../site/out", folder.path("bin/round")).unwrap();
    folder
}

/// What is told of it, with a `PATH` that leads to `bin`.
fn told(launcher: &str) -> Option<String> {
    let folder = folder(launcher);
    let path = format!("{}:/usr/bin:/bin", folder.path("bin").display());
    told_of(&folder, &path)
}

fn told_of(folder: &Folder, path: &str) -> Option<String> {
    let told = folder.load(&[("PATH", path)]).err()?.to_string();
    Some(told.replace(
        folder.path("").to_str().unwrap().trim_end_matches('/'),
        "$DIR",
    ))
}

/// What is told of each of them, below it.
fn each<const N: usize>(launchers: [&str; N]) -> String {
    let told = |launcher| {
        format!(
            "launcher = {launcher}\n{}",
            told(launcher).unwrap_or_default()
        )
    };
    launchers.map(told).join("\n\n")
}

#[test]
fn a_launcher_that_agents_do_not_write_is_taken_however_it_is_named() {
    for launcher in [
        "[\"$DIR/bin/launch\"]",
        "[\"launch\", \"--share\", \"$DIR/site\"]",
        "[\"$DIR/bin/launch\", \"$DIR/site/launch\"]",
        "[\"nice\", \"-n\", \"5\", \"launch\"]",
        "[\"env\", \"-C\", \"$DIR/site\", \"$DIR/bin/launch\"]",
        "[\"env\", \"PATH=$DIR/bin:/bin\", \"HOME=$DIR/site\", \"launch\"]",
        "[\"sh\", \"-eu\", \"$DIR/bin/launch\", \"$DIR/site/launch\"]",
        "[\"docker\", \"run\", \"-i\", \"example.org/me/agent\"]",
        // What stands behind it is its own, also where another program starts it.
        "[\"nice\", \"-n\", \"5\", \"$DIR/bin/launch\", \"PATH=x\", \"sh\", \"-c\", \"site/launch\"]",
        "[\"timeout\", \"5\", \"launch\", \"$DIR/site/launch\"]",
        "[\"env\", \"-i\", \"$DIR/bin/launch\", \"sh\"]",
        "[\"env\", \"LD_PRELOAD=libm.so\", \"LD_LIBRARY_PATH=\", \"$DIR/bin/launch\"]",
        "[\"env\", \"NODE_OPTIONS=--max-old-space-size=4096 -r $DIR/bin/text\", \"launch\"]",
    ] {
        assert_eq!(told(launcher), None, "{launcher}");
    }
}

#[test]
fn a_launcher_that_agents_could_change_is_refused_however_it_is_reached() {
    assert_snapshot!(each([
        // As it is written; of another project; from the working directory.
        "[\"$DIR/site/launch\"]",
        "[\"$DIR/other/launch\"]",
        "[\"bin/launch\"]",
        // By links: to the file, to its directory, and through a project out of it again.
        "[\"$DIR/bin/to-site\"]",
        "[\"$DIR/bin/to-other/launch\"]",
        "[\"$DIR/bin/round\"]",
        "[\"$DIR/site/out\"]",
        // Looked up in PATH.
        "[\"to-site\"]",
        // Behind a program that starts what it is given.
        "[\"nice\", \"-n\", \"5\", \"$DIR/site/launch\"]",
        "[\"/usr/bin/env\", \"A=1\", \"to-site\"]",
        "[\"env\", \"./launch\"]",
        // By what a program is given to find others with.
        "[\"env\", \"PATH=$DIR/site/tools:/bin\", \"launch\"]",
        "[\"env\", \"PATH=/bin:\", \"launch\"]",
        "[\"env\", \"NODE_OPTIONS=--require=$DIR/site/not-yet.js\", \"launch\"]",
        // A file that is there already, and what is looked for where the agent works.
        "[\"env\", \"BASH_ENV=$DIR/site/launch\", \"launch\"]",
        "[\"env\", \"ENV=rc\", \"launch\"]",
        "[\"env\", \"PYTHONPATH=lib\", \"launch\"]",
        "[\"env\", \"LD_LIBRARY_PATH=/lib:\", \"launch\"]",
        "[\"env\", \"NODE_OPTIONS=-r hook\", \"launch\"]",
        "[\"env\", \"CLAUDE_CONFIG_DIR=$DIR/site/.claude\", \"launch\"]",
        // Not what is started, but who starts it.
        "[\"timeout\", \"-s\", \"launch\", \"$DIR/site/launch\"]",
    ]));
}

#[test]
fn a_launcher_that_reads_what_it_runs_reads_it_where_only_the_operator_writes() {
    assert_snapshot!(each([
        // From the working directory, now or as soon as an agent has written it.
        "[\"sh\", \"launch\"]",
        "[\"node\", \"server\"]",
        "[\"busybox\", \"sh\", \"launch\"]",
        "[\"python3.12\", \"$DIR/site/not-yet\"]",
        "[\"nice\", \"python3\", \"-u\", \"$DIR/bin/nowhere\"]",
        // From nowhere: the agent's own command would be it.
        "[\"sh\"]",
        // From words, or from where an agent writes.
        "[\"sh\", \"-c\", \"exec launch\"]",
        "[\"env\", \"-S\", \"sh launch\"]",
        "[\"awk\", \"BEGIN {}\"]",
        "[\"npx\", \"launch\"]",
    ]));
}

#[test]
fn what_every_agent_is_started_from_does_not_lie_in_a_project() {
    for (claude, path) in [
        ("command = \"$DIR/other/launch\"", "/bin"),
        ("command = \"$DIR/site/not-yet\"", "/bin"),
        ("command = \"$DIR/bin/to-site\"", "/bin"),
        ("command = \"to-site\"", "$DIR/bin:/bin"),
        ("config_dir = \"$DIR/site/.claude\"", "/bin"),
        ("config_dir = \"$DIR/site\"", "/bin"),
        (
            "[codex]\nhome = \"/h\"\ncommand = \"$DIR/site/not-yet\"",
            "/bin",
        ),
        (
            "[codex]\nhome = \"/h\"\ncommand = \"to-site\"",
            "$DIR/bin:/bin",
        ),
        ("command = \"true\"", "/bin:$DIR/site/not-yet"),
        ("command = \"true\"", "/bin:$DIR/bin/to-other"),
    ] {
        let folder = folder("[\"/bin/true\"]");
        let toml = fs::read_to_string(folder.path("baton.toml")).unwrap();
        let here = folder.path("").display().to_string();
        let here = here.trim_end_matches('/');
        let claude = claude.replace("$DIR", here);
        let toml = toml.replace(
            "[[projects]]\nname = \"site\"",
            &format!("[claude]\n{claude}\n[[projects]]\nname = \"site\""),
        );
        fs::write(folder.path("baton.toml"), toml).unwrap();
        let told = told_of(&folder, &path.replace("$DIR", here)).unwrap_or_default();
        assert!(
            told.contains("where agents may change it."),
            "{claude} {path}: {told}"
        );
    }
}

#[test]
fn nothing_is_looked_up_where_the_agent_works() {
    let folder = folder("[\"/bin/true\"]");
    for (path, shown) in [
        ("/bin:.", "`.`"),
        ("/bin:", "an empty part"),
        ("bin:/bin", "`bin`"),
    ] {
        let told = told_of(&folder, path).unwrap_or_default();
        assert!(told.contains(&format!("It has {shown}")), "{told}");
    }
}

#[test]
fn the_agents_usual_directory_does_not_lie_in_a_project_either() {
    let folder = folder("[\"/bin/true\"]");
    let home = |name: &str| {
        let home = folder.path(name).display().to_string();
        folder.load(&[("PATH", "/bin"), ("HOME", &home)])
    };
    assert!(home("bin").is_ok());
    let told = home("site").unwrap_err().to_string();
    assert!(
        told.contains("claude.config_dir") && told.contains("/site/.claude` lies in a project's"),
        "{told}"
    );
}

#[test]
fn neither_baton_nor_its_settings_lie_in_a_project() {
    let folder = folder("[\"/bin/true\"]");
    let here = folder.path("").display().to_string();
    let told = folder.told(&[("BATON_DEFAULT_PROJECT", &here)]);
    assert!(
        told.contains("baton.toml (") && told.contains("name the first with `--config FILE`"),
        "{told}"
    );
    let program = std::env::current_exe().unwrap();
    let room = program.parent().unwrap().display().to_string();
    let told = folder.told(&[("BATON_DEFAULT_PROJECT", &room)]);
    assert!(
        told.contains("Install Baton where only you write"),
        "{told}"
    );
}

#[test]
fn a_lone_env_file_does_not_lie_in_a_project_either() {
    let folder = Folder::new("").with_env_file(
        "DISCORD_BOT_TOKEN=token\nDISCORD_GUILD_ID=1\nDISCORD_OWNER_USER_ID=2\nBATON_DEFAULT_PROJECT=$DIR\n",
    );
    fs::remove_file(folder.path("baton.toml")).unwrap();
    let home = BTreeMap::from([("HOME".to_owned(), "/home/you".to_owned())]);
    let told = Settings::load_from(&folder.path(""), &home, ANY_TOOLS).unwrap_err();
    let told = told.to_string();
    assert!(
        told.contains(".env (") && !told.contains("baton.toml ("),
        "{told}"
    );
}

#[test]
fn a_launcher_that_cannot_be_started_stops_the_start() {
    assert_snapshot!(each([
        "[\"$DIR/bin/nowhere\"]",
        "[\"$DIR/bin/text\"]",
        "[\"$DIR/bin\"]",
        "[\"no-such-launcher\"]",
        "[\"text\"]",
        "[\"-x\"]",
        "[]",
    ]));
}

#[test]
fn a_launcher_is_not_looked_up_where_the_agent_works() {
    let folder = folder("[\"launch\"]");
    let bin = folder.path("bin").display().to_string();
    assert_snapshot!(told_of(&folder, &format!(".:{bin}")).unwrap_or_default());
}

#[test]
fn a_launcher_does_not_lie_in_the_default_project_either() {
    let folder = folder("[\"$DIR/bin/launch\"]");
    let bin = folder.path("bin").display().to_string();
    let told = folder.told(&[("BATON_DEFAULT_PROJECT", &bin)]);
    assert_snapshot!(told);
}
