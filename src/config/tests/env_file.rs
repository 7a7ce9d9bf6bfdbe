//! `.env` as a file: its lines, who can read it, and that it may stand alone.

use std::collections::BTreeMap;

use insta::assert_snapshot;

use super::{ANY_TOOLS, Folder, SMALLEST, alone};
use crate::{config::Settings, words::UserId};

#[test]
fn a_line_that_is_no_variable_stops_the_start_only_where_somebody_reads_it() {
    let with = |line: &str| Folder::new(SMALLEST).with_env_file(line);
    for line in [
        "OMC_RETOKEN_POLICY=[{\"slot\": \"a\"}]\nOMC_CHANNEL_HISTORY_N=3\n",
        "OMC_CHANNEL_HISTORY_N=3\n  export OMC_RETOKEN_POLICY = a b",
    ] {
        let settings = with(line).load(&[]).unwrap();
        assert_eq!(
            settings.warnings(),
            ["OMC_RETOKEN_POLICY does nothing: Baton has no such setting. Remove it."]
        );
        assert_eq!(settings.channel_mode.history, 3);
    }
    for line in [
        "OMC_CHANNEL_HISTORY_N=3 4\n",
        "OMC_RETOKEN_POLICY\n",
        "OMC_RETOKEN_POLICY=a b\nOMC_CHANNEL_HISTORY_N=a b\n",
        // What comes after a quote that is not closed is taken for a part of the value.
        "OMC_RETOKEN_POLICY=[it's]\nOMC_CHANNEL_HISTORY_N=3\n",
    ] {
        let told = with(line).told(&[]);
        assert!(told.contains("This line is no variable."), "{told}");
    }
}

#[test]
fn without_the_file_the_environment_alone_is_enough_only_where_nobody_named_a_file() {
    let env = "DISCORD_BOT_TOKEN=x\nDISCORD_GUILD_ID=1\nOMC_OWNER_USER_ID=2\n";
    let (folder, settings) = alone(env);
    assert_eq!(settings.unwrap().discord.owner_user, Some(UserId::new(2)));
    assert_eq!(folder.load(&[]).unwrap_err().problems[0].key, "baton.toml");

    let nothing = BTreeMap::new();
    std::fs::remove_file(folder.path(".env")).unwrap();
    let missing = Settings::load_from(&folder.path(""), &nothing, ANY_TOOLS).unwrap_err();
    assert_eq!(missing.problems.len(), 1);
    assert_eq!(missing.problems[0].key, "baton.toml");

    let mut process: BTreeMap<String, String> = nothing;
    for line in env.lines() {
        let (name, value) = line.split_once('=').unwrap();
        process.insert(name.to_owned(), value.to_owned());
    }
    process.insert("HOME".to_owned(), "/home/you".to_owned());
    let settings = Settings::load_from(&folder.path(""), &process, ANY_TOOLS).unwrap();
    assert_eq!(settings.discord.owner_user, Some(UserId::new(2)));
}

#[test]
fn a_file_that_others_can_read_is_warned_of_and_one_that_they_can_write_is_refused() {
    let folder = Folder::new(SMALLEST).with_env_file("DISCORD_BOT_TOKEN=x\n");
    folder.set_mode(".env", 0o644);
    let warnings = folder.load(&[]).unwrap().warnings().to_vec();
    let file = folder.path(".env").display().to_string();
    assert_eq!(
        warnings,
        [format!(
            "{file} can be read by other users of this machine, and with it the bot's token. Close it: \
             `chmod 600 {file}`. If somebody may have read it, reset the token in Discord's developer \
             portal."
        )]
    );
    folder.set_mode(".env", 0o666);
    assert_snapshot!(folder.told(&[]));
}
