//! What a person is told who made a typical mistake.

use insta::assert_snapshot;

use super::{Folder, SMALLEST};

fn told(toml: &str, variables: &[(&str, &str)]) -> String {
    Folder::new(toml).told(variables)
}

/// The smallest configuration with these lines after it.
fn after(toml: &str) -> String {
    told(&format!("{SMALLEST}{toml}"), &[])
}

fn project(lines: &str) -> String {
    after(&format!("[[projects]]\n{lines}"))
}

#[test]
fn a_missing_file_is_named() {
    let folder = Folder::new("");
    std::fs::remove_file(folder.path("baton.toml")).unwrap();
    assert_snapshot!(folder.told(&[]));
}

#[test]
fn what_is_no_toml_is_told_by_its_line_without_repeating_it() {
    assert_snapshot!(told("[discord]\nguild = 1\ntoken = hush hush\n", &[]));
}

#[test]
fn an_empty_file_lacks_the_necessary() {
    assert_snapshot!(told("", &[("DISCORD_BOT_TOKEN", "")]));
}

#[test]
fn a_misspelt_section_is_corrected() {
    assert_snapshot!(told(
        "[discrod]\nguild = 1\n",
        &[
            ("DISCORD_GUILD_ID", "1"),
            ("BATON_DISCORD__OWNER_USER", "2")
        ]
    ));
}

#[test]
fn a_misspelt_setting_is_corrected() {
    assert_snapshot!(after("owner_rolle = 3\n[claude]\nmax_liv = 3\n"));
}

#[test]
fn a_misspelt_variable_is_corrected() {
    assert_snapshot!(told(
        SMALLEST,
        &[
            ("BATON_DISCROD__API_BASE", "x"),
            ("BATON_HTTP__LISTN", "x"),
            ("BATON_COLOUR", "x")
        ]
    ));
}

#[test]
fn a_token_in_the_file_is_refused_and_not_repeated() {
    assert_snapshot!(after("token = \"hush-hush-hush\"\n"));
}

#[test]
fn a_token_with_a_word_before_it_is_refused() {
    assert_snapshot!(told(SMALLEST, &[("DISCORD_BOT_TOKEN", "Bot hush")]));
}

#[test]
fn a_real_token_is_not_sent_to_a_simulator() {
    let token = ["MTA5ODc2NTQzMjEwOTg3NjU0Mw", "GhYzAb", &"x".repeat(38)].join(".");
    assert_snapshot!(told(
        SMALLEST,
        &[
            ("DISCORD_BOT_TOKEN", &token),
            ("BATON_DISCORD__API_BASE", "http://127.0.0.1:1")
        ]
    ));
}

#[test]
fn a_token_written_where_an_id_belongs_is_not_repeated() {
    let token = ["MTA5ODc2NTQzMjEwOTg3NjU0Mw", "GhYzAb", &"x".repeat(38)].join(".");
    assert_snapshot!(told(
        "[discord]\nowner_user = 2\n",
        &[("DISCORD_GUILD_ID", &token)]
    ));
}

#[test]
fn what_others_could_reach_is_refused() {
    assert_snapshot!(after(
        "api_base = \"https://discord.com\"\n[http]\nlisten = \"0.0.0.0:7707\"\n"
    ));
}

#[test]
fn a_long_data_directory_is_refused() {
    assert_snapshot!(after(&format!("[data]\ndir = \"/{}\"\n", "d".repeat(90))));
}

#[test]
fn without_a_home_the_data_directory_must_be_said() {
    assert_snapshot!(told(SMALLEST, &[("HOME", "")]));
}

#[test]
fn wrong_numbers_lengths_and_sizes_are_told_together() {
    assert_snapshot!(after(
        "[claude]\nmax_live = 0\nturn_timeout = 90\nidle_timeout = \"0s\"\ncommand = \"./claude\"\n\
         [admission]\nmax_active = \"many\"\nmailbox = 99999999999999999999\nexpiry = \"3 weeks\"\n\
         [runner]\nline_limit = \"16 XB\"\njournal_limit = 10\n"
    ));
}

#[test]
fn a_journal_must_hold_a_line() {
    assert_snapshot!(told(SMALLEST, &[("BATON_RUNNER__JOURNAL_LIMIT", "2 MiB")]));
}

#[test]
fn an_agent_may_not_have_our_secrets() {
    assert_snapshot!(after(
        "[claude]\npass_env = [\"TZ\", \"DISCORD_BOT_TOKEN\"]\n"
    ));
}

#[test]
fn an_agent_may_not_have_our_token_under_another_name() {
    assert_snapshot!(told(
        SMALLEST,
        &[
            ("MINE", "sim-token"),
            ("BATON_CLAUDE__PASS_ENV", "TZ, MINE")
        ]
    ));
}

#[test]
fn a_log_level_is_one_of_a_few_words() {
    assert_snapshot!(after("[log]\nlevel = \"verbose\"\nformat = \"xml\"\n"));
}

#[test]
fn a_section_is_no_setting_and_a_setting_no_section() {
    assert_snapshot!(told(
        "http = 1\nlog.level.baton = \"info\"\n[discord]\nguild = 1\nowner_user = 2\n[projects]\nname = \"x\"\n",
        &[]
    ));
}

#[test]
fn a_project_needs_its_parts() {
    assert_snapshot!(project("model = \"-x\"\n"));
}

#[test]
fn a_project_says_what_is_wrong_with_each_of_its_parts() {
    assert_snapshot!(project(
        "name = \"My Site\"\ndirectory = \"~/site\"\nchannels = []\nruntime = \"gemini\"\n\
         allowed_tools = [1]\nmodell = \"x\"\nlauncher = []\n"
    ));
}

#[test]
fn a_directory_must_exist_and_not_be_ours() {
    assert_snapshot!(after(
        "[data]\ndir = \"$DIR\"\n\
         [[projects]]\nname = \"a\"\ndirectory = \"$DIR/nowhere\"\nchannels = [1]\n\
         [[projects]]\nname = \"b\"\ndirectory = \"$DIR/baton.toml\"\nchannels = [2]\n\
         [[projects]]\nname = \"c\"\ndirectory = \"$DIR/site\"\nchannels = [3]\n"
    ));
}

#[test]
fn names_and_channels_are_given_away_once() {
    assert_snapshot!(after(
        "[[projects]]\nname = \"a\"\ndirectory = \"$DIR/site\"\nchannels = [7, 8]\n\
         [[projects]]\nname = \"a\"\ndirectory = \"$DIR/site\"\nchannels = [9, \"8\"]\n"
    ));
}

#[test]
fn a_broken_env_file_is_told_by_its_line_without_repeating_it() {
    let folder = Folder::new(SMALLEST).with_env_file("# mine\nTZ=UTC\nhush hush\n");
    assert_snapshot!(folder.told(&[]));
}

#[test]
fn a_server_without_a_project_does_not_start() {
    let settings = Folder::new(SMALLEST).load(&[]).unwrap();
    assert_snapshot!(settings.require_projects().unwrap_err());
}

#[test]
fn an_authority_is_trusted_for_a_simulator_only() {
    assert_snapshot!(after("api_ca = \"/tmp/ca.pem\"\n"));
}

#[test]
fn an_authority_without_a_certificate_to_vouch_for_is_a_mistake() {
    assert_snapshot!(after(
        "api_ca = \"/tmp/ca.pem\"\napi_base = \"http://127.0.0.1:1\"\n"
    ));
}

#[test]
fn a_simulator_with_a_certificate_needs_an_authority() {
    assert_snapshot!(after("api_base = \"https://127.0.0.1:1\"\n"));
}

#[test]
fn an_authority_does_not_make_another_machine_a_simulator() {
    assert_snapshot!(after(
        "api_ca = \"/tmp/ca.pem\"\napi_base = \"https://10.0.0.1\"\n"
    ));
}

#[test]
fn a_file_that_all_can_write_is_refused_and_one_that_its_group_can_is_warned_of() {
    let folder = Folder::new(SMALLEST);
    for mode in [0o600, 0o644, 0o444] {
        folder.set_mode("baton.toml", mode);
        assert_eq!(folder.load(&[]).unwrap().warnings(), [""; 0], "{mode:o}");
    }
    folder.set_mode("baton.toml", 0o664);
    let file = folder.path("baton.toml").display().to_string();
    assert_eq!(
        folder.load(&[]).unwrap().warnings(),
        [format!(
            "{file} can be written by its group, and who is in that could have Baton run what he likes. \
             Close it: `chmod go-w {file}`."
        )]
    );
    folder.set_mode("baton.toml", 0o666);
    assert_snapshot!(folder.told(&[]));
}
