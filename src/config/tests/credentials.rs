//! `[credentials]`: what is read, what is refused, what is not shown.

use std::time::Duration;

use secrecy::ExposeSecret as _;

use super::{Folder, SMALLEST};
use crate::config::{Credentials, Renewal};

fn with(credentials: &str) -> Folder {
    Folder::new(&format!("{SMALLEST}[credentials]\n{credentials}"))
}

fn read(credentials: &str, variables: &[(&str, &str)]) -> Credentials {
    with(credentials).load(variables).unwrap().credentials
}

fn ways(credentials: &Credentials) -> Vec<&str> {
    let ways = credentials.proxies.iter();
    ways.map(|way| {
        way.as_ref()
            .map_or("direct", |address| address.expose_secret())
    })
    .collect()
}

#[test]
fn without_a_section_logins_are_kept_alive_as_the_programs_do() {
    let credentials = Folder::new(SMALLEST).load(&[]).unwrap().credentials;
    assert_eq!(credentials.tick, Duration::from_mins(5));
    assert_eq!(credentials.refresh_ahead, Duration::from_hours(4));
    assert_eq!(credentials.claude_renewal, Renewal::Auto);
    assert_eq!(credentials.disk_low, 100 << 20);
    assert_eq!(ways(&credentials), ["direct"]);
    let url = credentials.claude.url.as_str();
    assert_eq!(url, "https://platform.claude.com/v1/oauth/token");
    assert_eq!(credentials.claude.scopes.len(), 5);
    assert_eq!(credentials.codex.scopes, [] as [&str; 0]);
}

#[test]
fn proxies_are_read_in_their_order_and_by_their_old_name_too() {
    let both = ["http://a.example:1", "direct"];
    let list = read("proxies = [\"http://a.example:1\", \"direct\"]", &[]);
    assert_eq!(ways(&list), both);
    let old = read("", &[("OAUTH_PROXY_URL", "http://a.example:1, direct")]);
    assert_eq!(ways(&old), both);
    assert_eq!(ways(&read("proxies = []", &[])), ["direct"]);
}

#[test]
fn the_password_of_a_proxy_is_shown_nowhere() {
    let proxy = "http://user:pa55word@a.example:1";
    let settings = with("").load(&[("OAUTH_PROXY_URL", proxy)]).unwrap();
    let rows = settings.explain().iter();
    let shown: Vec<_> = rows.filter(|row| row.value.contains("pa55word")).collect();
    assert!(shown.is_empty(), "{shown:?}");
    assert_eq!(settings.secrets().redact(proxy), "[redacted]");
    let told = with("proxies = [\"user:pa55word@a.example\"]").told(&[]);
    assert!(told.contains("This is no address of a proxy."), "{told}");
    assert!(!told.contains("pa55word"), "{told}");
}

#[test]
fn what_cannot_be_meant_is_refused_with_what_to_write() {
    for (line, sentence) in [
        ("tick = \"0s\"", "is not between 1s and 1h"),
        ("refresh_ahead = \"1m\"", "is not between 10m and 1day"),
        ("proxies = [\"socks5://a:1\"]", "is no address of a proxy"),
        ("claude_renewal = \"never\"", "does not say who renews"),
        ("ca = \"ca.pem\"", "is no absolute path"),
        (
            "claude_token_url = \"http://a.example/token\"",
            "a refresh token could be read on the way",
        ),
        (
            "codex_token_url = \"ftp://a.example\"",
            "does not begin with `https://`",
        ),
        ("codex_token_url = \"nonsense\"", "is no web address"),
    ] {
        let told = with(line).told(&[]);
        assert!(told.contains(sentence), "{line}\n{told}");
    }
    let loopback = read("claude_token_url = \"http://127.0.0.1:9/token\"", &[]);
    assert_eq!(loopback.claude.url.port(), Some(9));
}

#[test]
fn the_token_of_a_login_in_the_place_of_a_key_is_called_by_its_name() {
    let token = "sk-ant-oat01-abcdefghijklmnop";
    let others = "sk-ant-oat01-of-another-login";
    let (key, login) = ("ANTHROPIC_API_KEY", "CLAUDE_CODE_OAUTH_TOKEN");
    for (variables, expected, warnings) in [
        (
            vec![(key, "sk-ant-api03-x")],
            vec![(key, "sk-ant-api03-x")],
            0,
        ),
        (vec![(key, token)], vec![(login, token)], 1),
        (
            vec![(key, token), (login, others)],
            vec![(login, others)],
            1,
        ),
        (vec![(login, token)], vec![(login, token)], 0),
    ] {
        let settings = Folder::new(SMALLEST).load(&variables).unwrap();
        let env = settings.claude.env.iter();
        let env: Vec<_> = env
            .map(|(name, value)| (name.as_str(), value.expose_secret()))
            .collect();
        assert_eq!(env, expected);
        let told: Vec<_> = settings
            .warnings()
            .iter()
            .filter(|told| told.contains(key))
            .collect();
        assert_eq!(told.len(), warnings, "{told:?}");
        assert!(told.iter().all(|told| !told.contains(token)), "{told:?}");
    }
}

#[test]
fn what_a_variable_may_hold_that_an_agent_gets_is_kept_out_of_what_people_see() {
    let folder = with(
        "[claude]\npass_env = [\"ANTHROPIC_CUSTOM_HEADERS\", \"REGISTRY_AUTH\", \"DB_PASS\", \"TZ\", \
         \"GIT_AUTHOR_NAME\", \"SSH_AUTH_SOCK\"]\n",
    );
    let variables = [
        ("ANTHROPIC_CUSTOM_HEADERS", "x-who: one-of-us"),
        ("REGISTRY_AUTH", "bmFtZTpwYXNz"),
        ("DB_PASS", "correct-horse"),
        ("TZ", "Europe/Zurich"),
        ("GIT_AUTHOR_NAME", "Grace Hopper"),
        ("SSH_AUTH_SOCK", "/run/user/1000/keys"),
    ];
    let open = ["TZ", "GIT_AUTHOR_NAME", "SSH_AUTH_SOCK"];
    let secrets = folder.load(&variables).unwrap().secrets();
    for (name, value) in variables {
        let expected = if open.contains(&name) {
            value
        } else {
            "[redacted]"
        };
        assert_eq!(secrets.redact(value), expected, "{name}");
    }
}
