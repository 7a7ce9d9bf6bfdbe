//! Who may say yes: settings by which nobody could.

use insta::assert_snapshot;

use super::{Folder, SMALLEST};

fn project(lines: &str) -> Folder {
    let project = "[[projects]]\nname = \"a\"\ndirectory = \"$DIR/site\"\nchannels = [3]\n";
    Folder::new(&format!("{SMALLEST}{project}{lines}"))
}

fn warnings(lines: &str, variables: &[(&str, &str)]) -> Vec<String> {
    let folder = project(lines);
    let home = folder.path("").display().to_string();
    let settings = folder.load(variables).unwrap();
    let warnings = settings.warnings().iter();
    warnings
        .map(|warning| warning.replace(home.trim_end_matches('/'), "$DIR"))
        .collect()
}

#[test]
fn what_is_never_asked_of_anybody_is_warned_of() {
    let nobody = "approvers = \"nobody\"\n";
    assert_eq!(warnings(nobody, &[]), [""; 0]);
    assert_snapshot!(
        warnings(
            &format!("{nobody}four_eyes = true\nasked_tools = [\"Bash\"]\n"),
            &[]
        )
        .join("\n")
    );
}

#[test]
fn an_owner_who_is_alone_is_told_that_nobody_says_yes_to_what_he_asks_himself() {
    let four_eyes = "four_eyes = true\n";
    assert_snapshot!(warnings(four_eyes, &[]).join("\n"));
    for (lines, variables) in [
        ("", &[][..]),
        (four_eyes, &[("BATON_DISCORD__OWNER_ROLE", "9")]),
        ("four_eyes = true\napprovers = \"members\"\n", &[]),
        ("four_eyes = true\napprovers = [9]\n", &[]),
    ] {
        assert_eq!(warnings(lines, variables), [""; 0], "{lines}");
    }
}

#[test]
fn the_role_of_everybody_is_nobodys() {
    let roles = project("approvers = [9, 1]\n");
    assert_snapshot!(roles.told(&[("BATON_DISCORD__OWNER_ROLE", "1")]));
}
