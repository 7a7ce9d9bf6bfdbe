//! The rules of the house, read off the source: which room may know which, and who may touch what.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// The rooms in the order of their dependencies. A room may use those of its own row and of the
/// rows above it.
const ORDER: [&[&str]; 6] = [
    &["clock", "keyring", "words", "config", "observe", "store"],
    &["access", "workspace"],
    &["runtime", "credentials"],
    &[
        "approval",
        "session",
        "admission",
        "collab",
        "delivery",
        "transcript",
    ],
    &["discord", "http"],
    &["cli"],
];

/// Words that may stand only in certain places.
const KEPT: [(&[&str], &[&str], &str); 5] = [
    (
        &["serenity::", "poise::"],
        &["discord/"],
        "Discord's libraries stay in src/discord/",
    ),
    (
        &["Gate::new(", "Owners {"],
        &["access/", "cli/", "discord/testing"],
        "who owns the server is read from the settings by src/cli/, and from nowhere else",
    ),
    (&["sqlx::", "sqlx!"], &["store/"], "SQL stays in src/store/"),
    (
        &["process::Command", "Command::new("],
        &[
            "runtime/runner/",
            "runtime/codex/hub/program.rs",
            "workspace/git",
            "cli/demo",
            "cli/version.rs",
            "cli/auth",
            "cli/doctor/launchers.rs",
        ],
        "processes are started by src/runtime/runner/ and src/workspace/git, by the hub of Codex and by the demo, and \
         to ask an agent program for its version to log it in, or to try a launcher",
    ),
    (
        &["println!", "eprintln!", "print!", "eprint!"],
        &["cli/"],
        "only src/cli/ prints",
    ),
];

struct Source {
    /// Relative to `src/`.
    path: String,
    /// Without comments.
    code: String,
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    collect(&root, &root, &mut found);
    assert!(found.len() > 50, "the source was not found");
    found
}

fn collect(root: &Path, directory: &Path, found: &mut Vec<Source>) {
    let mut entries: Vec<PathBuf> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(root, &path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let code = fs::read_to_string(&path).unwrap();
            let code: Vec<&str> = code
                .lines()
                .map(|line| line.split("//").next().unwrap_or_default())
                .collect();
            let path = path
                .strip_prefix(root)
                .unwrap()
                .to_str()
                .unwrap()
                .to_owned();
            found.push(Source {
                path,
                code: code.join("\n"),
            });
        }
    }
}

fn row_of(room: &str) -> Option<usize> {
    ORDER.iter().position(|row| row.contains(&room))
}

/// The rooms that a piece of code names: `crate::room` and `use crate::{room, …}`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(group) = rest.strip_prefix('{') {
            rooms.extend(heads(group));
        } else {
            rooms.extend(word(rest));
        }
    }
    rooms
}

/// The first words of the items of a use-group whose opening brace was read.
fn heads(group: &str) -> Vec<String> {
    let mut depth = 0_usize;
    let mut found = Vec::new();
    let mut at_head = true;
    for (i, letter) in group.char_indices() {
        match letter {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => at_head = true,
            letter if at_head && letter.is_alphabetic() => {
                found.extend(word(&group[i..]));
                at_head = false;
            }
            _ => {}
        }
    }
    found
}

fn word(text: &str) -> Option<String> {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    (end > 0).then(|| text[..end].to_owned())
}

#[test]
fn dependencies_go_one_way() {
    let mut wrong = Vec::new();
    for source in sources() {
        let room = source.path.split(['/', '.']).next().unwrap_or_default();
        let Some(row) = row_of(room) else {
            assert!(
                matches!(room, "main" | "lib"),
                "{} is in no room",
                source.path
            );
            continue;
        };
        for named in rooms_named(&source.code) {
            if row_of(&named).is_some_and(|other| other > row) {
                wrong.push(format!("src/{} uses {named}", source.path));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the order of the rooms:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn what_belongs_to_one_room_stays_there() {
    let mut wrong = Vec::new();
    for source in sources() {
        for (words, places, rule) in KEPT {
            let at_home = places.iter().any(|place| source.path.starts_with(place));
            if !at_home && words.iter().any(|word| source.code.contains(word)) {
                wrong.push(format!("src/{}: {rule}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn a_permit_is_made_by_the_policy_alone_and_kept_by_nobody() {
    let mut made = Vec::new();
    for source in sources() {
        for line in source.code.lines().map(str::trim) {
            let whole = line
                .strip_suffix("Permit {")
                .or(line.split_once("Permit {").map(|it| it.0));
            let other_name = |before: &str| before.ends_with(char::is_alphanumeric);
            if whole.is_some_and(|before| !other_name(before)) {
                made.push(format!("{}: {line}", source.path));
            }
        }
    }
    assert_eq!(
        made,
        [
            "access/policy.rs: pub struct Permit {",
            "access/policy.rs: impl Permit {",
            "access/policy.rs: Ok(Permit {",
        ],
        "somebody else makes permits"
    );
    let policy =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/access/policy.rs"));
    let policy = policy.unwrap();
    let before = policy.split("pub struct Permit {").next().unwrap();
    let derived = before.rsplit("#[derive(").next().unwrap();
    assert_eq!(derived.trim(), "Debug, PartialEq, Eq)]");
}

/// What Discord may ask of the house without a permit: what is decided behind it, what is nobody's
/// wish, and what everybody may know.
const WITHOUT_A_PERMIT: [&str; 21] = [
    "hear",
    "decided",
    "passed",
    "left_out",
    "watched",
    "mark",
    "newest_mark",
    "session_place",
    "posts_in",
    "authorize",
    "demanded",
    "projects",
    "show_live",
    "renew_live",
    "live_message",
    "wait_message",
    "control",
    "note_refused_click",
    "now",
    "is_ours",
    "warn_of_namesake",
];

#[test]
fn whatever_discord_asks_of_the_house_for_a_person_takes_a_permit() {
    let house = sources()
        .into_iter()
        .find(|source| source.path == "discord/house.rs");
    let code = house.unwrap().code;
    let wishes = code.split("trait House").nth(1).unwrap();
    let wishes = wishes.split("struct Behind").next().unwrap();
    let mut free = Vec::new();
    for wish in wishes.split("fn ").skip(1) {
        let name = word(wish).unwrap();
        let arguments = wish.split("->").next().unwrap();
        if !arguments.contains("&Permit") {
            free.push(name);
        }
    }
    let unknown: Vec<&String> = free
        .iter()
        .filter(|name| !WITHOUT_A_PERMIT.contains(&name.as_str()))
        .collect();
    assert!(unknown.is_empty(), "without a permit: {unknown:?}");
    assert!(wishes.matches("&Permit").count() > 8);
}

/// What gives a permit, or a refusal.
const WAYS: [&str; 6] = [
    "asked(",
    ".permit(",
    "meant(",
    "tune(",
    "manageable(",
    "revoking(",
];

/// The bodies of the commands of a file, without those of groups, which do nothing.
fn commands(code: &str) -> impl Iterator<Item = &str> {
    let commands = code.split("#[poise::command(").skip(1);
    let bodies = commands.filter_map(|command| command.split("\n}\n").next());
    bodies.filter(|body| !body.contains("subcommand_required"))
}

/// Whether the first thing that a command waits for is a permit, or who it is that asks and then a permit.
fn asks_first(body: &str) -> bool {
    let mut waits = body.split(".await");
    let mut asks = |ways: &[&str]| {
        let next = waits.next().unwrap_or_default();
        // What is demanded everybody may know.
        let next = next.replace("house.demanded(", "");
        ways.iter().any(|way| next.contains(way)) && !next.contains("house.")
    };
    if body.contains("introduced(") {
        asks(&["introduced("]) && asks(&WAYS)
    } else {
        asks(&WAYS)
    }
}

#[test]
fn every_command_asks_for_a_permit_first() {
    let mut seen = 0;
    for source in sources() {
        if source.path.starts_with("discord/commands/") {
            for body in commands(&source.code) {
                seen += 1;
                let name = body.split("fn ").nth(1).and_then(word).unwrap();
                assert!(
                    asks_first(body),
                    "src/{}: {name} does something first",
                    source.path
                );
            }
        }
    }
    assert_eq!(seen, 19, "commands were found");
}

#[test]
fn the_test_itself_sees_what_comes_before_a_permit() {
    let first = "fn x() { let caller = introduced(context).await?; caller.permit(context).await? }";
    let asked = "fn x() { let permit = asked(context).await?; house.cancel(&permit).await }";
    let early = "fn x() { house.projects().await?; asked(context, Action::Cancel).await? }";
    let between =
        "fn x() { introduced(context).await?; house.left().await?; caller.permit(c).await }";
    let never = "fn x() { introduced(context).await?; say(context).await }";
    let told = [first, asked, early, between, never].map(asks_first);
    assert_eq!(told, [true, true, false, false, false]);
}

#[test]
fn every_control_asks_for_a_permit_before_it_is_shown_or_carried_out() {
    let decide = sources()
        .into_iter()
        .find(|source| source.path == "discord/controls/decide.rs");
    let code = decide.unwrap().code;
    for deed in ["shown", "carried_out_for"] {
        let body = code.split(&format!("async fn {deed}(")).nth(1).unwrap();
        let body = body.split("\n}\n").next().unwrap();
        let first = body.split(".await").next().unwrap();
        assert!(first.contains("permitted"), "{deed} does something first");
    }
}

/// What of Discord's libraries nobody calls, because it cannot be contained (ARCHITECTURE.md, "Serenity, contained").
const FORBIDDEN: [(&str, &str); 14] = [
    (".reply(", "it pings whatever it was told"),
    (".reply_ping(", "it pings"),
    (".reply_mention(", "it pings"),
    (".download(", "it takes in whatever comes"),
    // `await_reply`, `await_replies`, `await_reaction`, `await_component_interaction`, `await_modal_interaction` …
    (".await_", "it dies with the process"),
    // `MessageCollector`, `ReactionCollector`, `ComponentInteractionCollector`, `ModalInteractionCollector` …
    ("Collector", "it dies with the process"),
    ("quick_modal", "it dies with the process"),
    ("execute_modal", "it dies with the process"),
    ("get_gateway(", "its failure leads to the real gateway"),
    (
        "set_presence(",
        "it takes of what may be sent to the gateway",
    ),
    (
        "set_activity(",
        "it takes of what may be sent to the gateway",
    ),
    ("set_status(", "it takes of what may be sent to the gateway"),
    ("GUILD_MEMBERS", "nobody needs to hear of all members"),
    ("GUILD_PRESENCES", "nobody needs to hear of all members"),
];

#[test]
fn what_of_discords_libraries_cannot_be_contained_nobody_calls() {
    let mut wrong = Vec::new();
    for source in sources() {
        let is_code = source.path.starts_with("discord/") && !source.path.contains("tests");
        for (call, why) in FORBIDDEN {
            // At the start a simulator is asked whether it has a gateway.
            let is_start = source.path == "discord/connect.rs" && call == "get_gateway(";
            if is_code && !is_start && source.code.contains(call) {
                wrong.push(format!("src/{} calls {call}: {why}", source.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_room_says_what_it_is_for() {
    for source in sources() {
        if source.path.ends_with("mod.rs") {
            let text = fs::read_to_string(
                Path::new(env!("CARGO_MANIFEST_DIR"))
                    .join("src")
                    .join(&source.path),
            );
            assert!(
                text.unwrap().starts_with("//! "),
                "src/{} has no paragraph",
                source.path
            );
        }
    }
}

#[test]
fn the_test_itself_sees_grouped_imports() {
    let code = "use crate::{\n    access::{Gate, Permit},\n    words::Tier,\n};\nlet x = crate::store::y();";
    let rooms: Vec<String> = rooms_named(code).into_iter().collect();
    assert_eq!(rooms, ["access", "store", "words"]);
}

/// The tests that a page names as `module::test`, and that are in none of the folders.
fn missing_tests(page: &str, folders: &[&str]) -> Vec<String> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join(page)).unwrap();
    let mut tests = Vec::new();
    for folder in folders {
        collect(root, &root.join(folder), &mut tests);
    }
    let code: String = tests.into_iter().map(|test| test.code).collect();
    let named = page.split('`').skip(1).step_by(2).filter_map(|quoted| {
        let (_, name) = quoted.rsplit_once("::")?;
        let is_name = name
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        // A test is a sentence; a module or a function is a word or two.
        (is_name && quoted != "module::test" && name.matches('_').count() > 2).then_some(name)
    });
    let named: BTreeSet<&str> = named.collect();
    assert!(named.len() > 10, "the page names no tests");
    named
        .into_iter()
        .filter(|name| !code.contains(&format!("fn {name}(")))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_test_that_the_security_page_names_exists() {
    let missing = missing_tests("SECURITY.md", &["tests/e2e"]);
    assert!(missing.is_empty(), "not there: {missing:?}");
}

#[test]
fn every_test_that_the_map_of_the_house_names_exists() {
    let missing = missing_tests("ARCHITECTURE.md", &["src", "tests/e2e"]);
    assert!(missing.is_empty(), "not there: {missing:?}");
}
