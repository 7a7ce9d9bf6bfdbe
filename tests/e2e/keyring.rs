//! `baton secret`, and a server whose token the keyring has: a real keyring on a message bus of its own.

mod desktop;

use std::fs;

use self::desktop::Desktop;
use crate::stage::{Settings, Stage};

const TOKEN: &str = "DISCORD_BOT_TOKEN";

/// The session that Baton runs in.
const BUS: &str = "DBUS_SESSION_BUS_ADDRESS";

/// What it says if it succeeds.
async fn said(stage: &mut Stage, desktop: &Desktop, args: &[&str], input: &str) -> String {
    stage.set_env(BUS, desktop.address());
    let output = stage.operator(args, &[], input).await;
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// What it complains of, and with which code.
async fn complained(stage: &mut Stage, desktop: &Desktop, args: &[&str]) -> (Option<i32>, String) {
    stage.set_env(BUS, desktop.address());
    let output = stage.operator(args, &[], "").await;
    let told = String::from_utf8(output.stderr).unwrap();
    (output.status.code(), told)
}

/// The stage of somebody whose token stands nowhere yet, and whose settings name it as one of the keyring's.
async fn without_token(names: &str) -> Stage {
    let settings = Settings {
        env: vec![(TOKEN.to_owned(), String::new())],
        ..Settings::default()
    };
    let stage = Stage::dark(settings).await;
    let file = stage.home().join("baton.toml");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(file, format!("[keyring]\nnames = {names}\n\n{text}")).unwrap();
    stage
}

#[tokio::test]
async fn a_server_takes_its_token_from_the_keyring_and_shows_it_nowhere() {
    let desktop = Desktop::unlocked();
    let mut stage = without_token("[\"DISCORD_BOT_TOKEN\"]").await;
    let token = stage.sim.token().to_owned();

    let (code, told) = complained(&mut stage, &desktop, &["config", "check"]).await;
    assert_eq!(code, Some(2), "{told}");
    for expected in [
        "DISCORD_BOT_TOKEN is not in the keyring (as a secret of the service `baton`).",
        "Put it there with `baton secret set DISCORD_BOT_TOKEN`, or remove the name.",
    ] {
        assert!(told.contains(expected), "{told}");
    }

    let kept = said(
        &mut stage,
        &desktop,
        &["secret", "set", TOKEN],
        &format!("{token}\n"),
    )
    .await;
    assert_eq!(
        kept,
        "The keyring has DISCORD_BOT_TOKEN. A server reads it when it starts.\n"
    );
    let listed = said(&mut stage, &desktop, &["secret", "list"], "").await;
    assert_eq!(listed, "DISCORD_BOT_TOKEN\n");
    stage.set_env(TOKEN, "of-yesterday");
    let listed = said(&mut stage, &desktop, &["secret", "list"], "").await;
    assert_eq!(
        listed,
        "DISCORD_BOT_TOKEN   (not read: DISCORD_BOT_TOKEN goes first)\n"
    );
    let kept = said(&mut stage, &desktop, &["secret", "set", TOKEN], &token).await;
    assert!(
        kept.contains("that goes first: remove it there (DISCORD_BOT_TOKEN)."),
        "{kept}"
    );
    stage.set_env(TOKEN, "");
    let shown = said(&mut stage, &desktop, &["config", "show"], "").await;
    assert!(
        shown.contains("DISCORD_BOT_TOKEN in the keyring"),
        "{shown}"
    );
    assert!(!shown.contains(&token), "{shown}");

    stage.start().await;
    stage.until_settled().await;
}

#[tokio::test]
async fn a_secret_that_is_kept_again_is_replaced_and_one_that_is_removed_is_missed() {
    let desktop = Desktop::unlocked();
    let mut stage = without_token("[\"DISCORD_BOT_TOKEN\"]").await;
    for value in ["one-of-yesterday", "one-of-today"] {
        said(&mut stage, &desktop, &["secret", "set", TOKEN], value).await;
    }
    let kept = said(
        &mut stage,
        &desktop,
        &["secret", "set", "GITHUB_TOKEN"],
        "of-an-mcp-server",
    )
    .await;
    assert!(
        kept.contains("write `names = [\"DISCORD_BOT_TOKEN\", \"GITHUB_TOKEN\"]` below [keyring]"),
        "{kept}"
    );
    let listed = said(&mut stage, &desktop, &["secret", "list"], "").await;
    assert_eq!(
        listed,
        "DISCORD_BOT_TOKEN\nGITHUB_TOKEN   (not among `names` below [keyring]: no server reads it)\n"
    );
    let removed = said(&mut stage, &desktop, &["secret", "remove", TOKEN], "").await;
    assert!(removed.contains("Remove it from `names`"), "{removed}");
    let (code, told) = complained(&mut stage, &desktop, &["secret", "remove", TOKEN]).await;
    assert_eq!(code, Some(1));
    assert!(told.contains("is not in the keyring"), "{told}");
    let listed = said(&mut stage, &desktop, &["secret", "list"], "").await;
    assert!(
        listed.ends_with("(missing: `baton secret set DISCORD_BOT_TOKEN`)\n"),
        "{listed}"
    );
}

#[tokio::test]
async fn a_keyring_that_cannot_be_asked_is_told_with_what_to_do_and_not_asked_where_all_is_set() {
    let nobody = Desktop::without_keyring();
    let mut stage = without_token("[\"DISCORD_BOT_TOKEN\"]").await;
    let (code, told) = complained(&mut stage, &nobody, &["config", "check"]).await;
    assert_eq!(code, Some(1), "a service manager may try again");
    assert!(told.contains("No keyring can be reached ("), "{told}");
    assert!(told.contains("`systemctl --user`"), "{told}");

    let silent = Desktop::silent();
    let (code, told) = complained(&mut stage, &silent, &["config", "check"]).await;
    assert_eq!(code, Some(1), "a service manager may try again");
    assert!(
        told.contains("The keyring has not answered for 20 seconds"),
        "{told}"
    );

    let locked = Desktop::unlocked();
    said(&mut stage, &locked, &["secret", "set", TOKEN], "kept-well").await;
    locked.lock();
    let (code, told) = complained(&mut stage, &locked, &["config", "check"]).await;
    assert_eq!(code, Some(1), "a service manager may try again");
    assert!(told.contains("The keyring is locked ("), "{told}");
    assert!(told.contains("Unlock it"), "{told}");

    // What is set goes first, and then nobody asks.
    stage.set_env(TOKEN, "set-here");
    let good = said(&mut stage, &silent, &["config", "check"], "").await;
    assert!(good.starts_with("The configuration is good"), "{good}");
}

#[tokio::test]
async fn what_is_no_secret_is_not_kept() {
    let desktop = Desktop::without_keyring();
    let mut stage = without_token("[]").await;
    for (name, expected) in [
        (
            "BATON_CLAUDE__COMMAND",
            "`BATON_CLAUDE__COMMAND` is a setting and no secret.",
        ),
        (
            "OMC_OWNER_USER_ID",
            "`OMC_OWNER_USER_ID` is a setting and no secret.",
        ),
        ("PATH", "`PATH` is a setting and no secret."),
        ("two words", "`two words` is no name of a variable."),
    ] {
        let (code, told) = complained(&mut stage, &desktop, &["secret", "set", name]).await;
        assert_eq!(code, Some(1), "{told}");
        assert!(told.contains(expected), "{told}");
    }
    let (code, told) = complained(&mut stage, &desktop, &["secret", "set", TOKEN]).await;
    assert_eq!(code, Some(1));
    assert!(
        told.contains("there is no secret: type it, or give it to standard input"),
        "{told}"
    );
}
