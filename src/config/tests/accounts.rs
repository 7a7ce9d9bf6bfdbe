//! `[[accounts]]`: what is read, what is refused.

use insta::assert_snapshot;

use super::{Folder, SMALLEST};
use crate::config::{Renewal, Settings};

fn with(accounts: &str) -> Folder {
    let folder = Folder::new(&format!("{SMALLEST}{accounts}"));
    for name in ["a", "b", "site/claude"] {
        std::fs::create_dir(folder.path(name)).unwrap();
    }
    folder
}

fn account(name: &str, directory: &str) -> String {
    format!("[[accounts]]\nname = \"{name}\"\ndirectory = \"$DIR/{directory}\"\n")
}

fn slots(settings: &Settings) -> Vec<String> {
    let all = settings.accounts.iter();
    all.map(|account| account.slot.to_string()).collect()
}

#[test]
fn without_any_each_program_has_the_one_of_its_section() {
    let settings = Folder::new(SMALLEST).load(&[]).unwrap();
    assert_eq!(settings.accounts, []);
    assert!(!settings.credentials.failover);
}

#[test]
fn each_has_its_program_its_name_and_its_directory() {
    let both = account("a", "a") + &account("b", "b") + "renewal = \"cli\"\n";
    let settings = with(&both).load(&[]).unwrap();
    assert_eq!(slots(&settings), ["claude/a", "claude/b"]);
    assert_eq!(settings.accounts[0].renewal, Renewal::Auto);
    assert_eq!(settings.accounts[1].renewal, Renewal::Cli);
    assert!(settings.accounts[1].directory.ends_with("b"));
}

#[test]
fn an_account_that_cannot_be_one_is_refused_with_what_to_write() {
    let link = with(&(account("a", "a") + &account("b", "link")));
    std::os::unix::fs::symlink(link.path("a"), link.path("link")).unwrap();
    let of_section = "[claude]\nconfig_dir = \"$DIR/a\"\n".to_owned() + &account("b", "a");
    let project = "[[projects]]\nname = \"site\"\ndirectory = \"$DIR/site\"\nchannels = [1]\n";
    assert_snapshot!(
        [
            with(&(account("a", "a") + &account("a", "b"))),
            with(&(account("a", "a") + &account("b", "a"))),
            link,
            with(&of_section),
            with(&account("main", "a")),
            with(&account("Team 1", "a")),
            with(&account("a", "none")),
            with(&(project.to_owned() + &account("a", "site/claude"))),
            with("[[accounts]]\nruntime = \"gemini\"\n"),
            with(&(account("a", "a") + "runtime = \"codex\"\n")),
            with(&(account("a", "a") + "renewal = \"never\"\n")),
        ]
        .map(|folder| folder.told(&[]))
        .join("\n")
    );
}

#[test]
fn the_accounts_of_the_seed_are_read_by_their_old_name() {
    let folder = with("");
    let directory = folder.path("a").display().to_string();
    let list = format!(
        r#"[{{"slot": "team", "runtime": "claude", "env": {{"CLAUDE_CONFIG_DIR": "{directory}"}}}}]"#
    );
    let settings = folder.load(&[("OMC_ACCOUNTS_JSON", &list)]).unwrap();
    assert_eq!(slots(&settings), ["claude/team"]);
    assert_eq!(settings.accounts[0].directory, folder.path("a"));
    assert_eq!(settings.warnings(), [""; 0]);
}

#[test]
fn what_is_no_list_of_accounts_is_refused_without_repeating_it() {
    let folder = with("");
    let key = r#"[{"slot": "team", "runtime": "claude", "env": {"ANTHROPIC_API_KEY": "hush"}}]"#;
    let odd = r#"[{"slot": "team", "runtime": "gemini"}]"#;
    let told = ["[hush]", key, odd].map(|list| folder.told(&[("OMC_ACCOUNTS_JSON", list)]));
    assert!(!told.concat().contains("hush"), "{told:?}");
    assert_snapshot!(told.join("\n"));
}
