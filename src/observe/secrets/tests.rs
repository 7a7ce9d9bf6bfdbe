use proptest::prelude::*;

use super::*;

fn discord_token() -> String {
    format!("{}.GhYzAb.{}", "M".repeat(26), "s".repeat(38))
}

#[test]
fn a_registered_secret_is_taken_out_wherever_it_stands() {
    let secrets = Secrets::new(["correct-horse".into(), "correct-horse-battery".into()]);
    assert_eq!(
        secrets.redact("a=correct-horse-battery, b:\"correct-horse\"xcorrect-horse"),
        "a=[redacted], b:\"[redacted]\"x[redacted]"
    );
}

#[test]
fn a_registered_secret_is_taken_out_however_json_writes_it() {
    let secret = "pa\"ss\\wo\nrd";
    let secrets = Secrets::new([secret.into()]);
    let file = serde_json::json!({ "password": secret }).to_string();
    let input = serde_json::json!({ "content": file, "command": secret }).to_string();
    assert_eq!(
        secrets.redact(&format!("{input} {file} {secret}")),
        r#"{"command":"[redacted]","content":"{\"password\":\"[redacted]\"}"} {"password":"[redacted]"} [redacted]"#
    );
}

#[test]
fn of_a_long_text_the_beginning_is_given_and_no_end_of_a_secret() {
    let secret = "s3cret-".repeat(700);
    let secrets = Secrets::new([secret.as_str().into(), "correct-horse".into()]);
    let text = format!("{secret} ").repeat(40);
    let whole = secrets.redact(&text);
    for most in [0, 1, 9, 10, 11, 100, 300] {
        assert_eq!(secrets.beginning(&text, most), whole[..most], "{most}");
    }
    assert_eq!(secrets.beginning("é correct-horse", 9), "é [redact");
    assert_eq!(secrets.beginning("short", 300), "short");
}

#[test]
fn of_a_text_that_grows_no_beginning_of_a_secret_is_shown() {
    let value = "pass word with spaces";
    let github = format!("ghp_{}", "a1B2".repeat(9));
    let base64 = "cGFzcyB3b3JkIHdpdGggc3BhY2Vz";
    let secrets = Secrets::new([value.into()]);
    for secret in [
        value,
        github.as_str(),
        base64,
        "pass%20word%20with%20spaces",
    ] {
        let whole = format!("It is: {secret} or so.");
        for end in 1..=whole.len() {
            let shown = secrets.so_far(&whole[..end]);
            let of_it = shown.strip_prefix("It is: ").unwrap_or("");
            let of_it = of_it.strip_prefix("[redacted]").unwrap_or(of_it);
            let most = if secret == github { 19 } else { 3 };
            let length = of_it
                .bytes()
                .zip(secret.bytes())
                .take_while(|(one, other)| one == other);
            assert!(length.count() <= most, "{shown:?}");
        }
        assert_eq!(secrets.so_far(&whole), "It is: [redacted] or so.");
    }
    let whole = "clone https://me:hunter2hunter2@example.com/a now";
    for end in 1..=whole.len() {
        let shown = secrets.so_far(&whole[..end]);
        assert!(!shown.contains("me:h"), "{shown:?}");
    }
    // What is no secret is shown as it comes.
    for text in [
        "",
        "é",
        "Let me look at the configuration",
        "src/main.rs",
        "我们现在看一下这个文件里面的内容是什么样的",
    ] {
        assert_eq!(secrets.so_far(text), text);
    }
}

/// Were every beginning looked through to the end of the text, these would take hours.
#[test]
fn a_long_text_that_begins_like_a_token_at_each_of_its_words_is_read_once() {
    for word in [
        "sk-ant-",
        "-sk-proj-",
        "-e",
        "-eyJ",
        ".eyJhbGciOiJ",
        "-ghp_",
        "AKIA",
        "://a:",
        "://a:b@",
        "-----BEGIN ",
        "PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----\n",
        "a.",
    ] {
        let text = word.repeat((1 << 20) / word.len());
        assert!(redact(&text).len() <= text.len() * 4, "{word}");
    }
}

#[test]
fn a_short_value_is_not_taken_for_a_secret() {
    assert_eq!(Secrets::new(["dummy".into()]).redact("a dummy"), "a dummy");
}

#[test]
fn what_looks_like_a_token_is_taken_out_though_nobody_registered_it() {
    let token = discord_token();
    let text = format!("Bot {token}, x.{token}.y (sk-ant-oat01-AbC_9) über sk-ant-api03-x\n");
    assert_eq!(
        redact(&text),
        "Bot [redacted], x.[redacted].y ([redacted]) über [redacted]\n"
    );
}

#[test]
fn what_is_no_token_is_not_hidden_in_the_guise_of_one() {
    let long = "x".repeat(300);
    for (text, shown) in [
        ("curl sk-ant-a.evil.example", "curl [redacted].evil.example"),
        (
            "sh sk-ant-a.sh;sk-ant-b.sh",
            "sh [redacted].sh;[redacted].sh",
        ),
        (&format!("sk-ant-{long}"), &format!("sk-ant-{long}")),
        (
            &format!("{}.GhYzAb.{long}", "M".repeat(26)),
            &format!("{}.GhYzAb.{long}", "M".repeat(26)),
        ),
    ] {
        assert_eq!(redact(text), shown);
    }
}

proptest! {
    #[test]
    fn nothing_but_letters_of_tokens_is_ever_taken_out(
        pieces in prop::collection::vec(
            prop_oneof![
                Just("sk-ant-".to_owned()),
                Just("sk-proj-".to_owned()),
                Just("AKIA".to_owned()),
                Just("xoxb-".to_owned()),
                Just("eyJhbGciOiJ.eyJzdWIiOi".to_owned()),
                Just(discord_token()),
                "[ ;|&$()<>/'\"\n`-]{1,3}",
                "[A-Za-z0-9._-]{1,30}",
                "\\PC{1,3}",
            ],
            0..20,
        ),
    ) {
        let text = pieces.concat();
        let others = |text: &str| text.chars().filter(|c| !is_of_token(*c)).collect::<String>();
        prop_assume!(!text.contains('['));
        let shown = redact(&text).replace(MARK, "");
        prop_assert_eq!(others(&shown), others(&text));
    }
}

#[test]
fn ordinary_text_stays_as_it_is() {
    for text in [
        "",
        "https://discord.com/api/v10/channels/1098765432109876543/messages",
        "src/runtime/runner/mod.rs:12 v1.2.3 … 🦀 a.b.c",
        "01890a5d-ac96-774b-bcce-b302099a8057.sock.tmp",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn secrets_do_not_show_themselves() {
    let secrets = Secrets::new(["correct-horse".into()]);
    assert_eq!(format!("{secrets:?}"), "Secrets(1)");
}

/// The letters of tokens, and the dot between the parts of one.
fn is_of_token(char: char) -> bool {
    char.is_ascii_alphanumeric() || matches!(char, '-' | '_' | '.')
}

/// A token of each kind, made up.
fn tokens() -> Vec<String> {
    let letters = "aB3".repeat(22);
    let starts = [
        "sk-ant-api03-",
        "sk-ant-oat01-",
        "sk-ant-ort01-",
        "sk-proj-",
        "sk-svcacct-",
        "sk-",
        "ghp_",
        "gho_",
        "ghs_",
        "github_pat_",
        "glpat-",
        "xoxb-",
        "xoxp-",
        "xapp-",
        "AIza",
    ];
    let mut all: Vec<String> = starts
        .iter()
        .map(|start| format!("{start}{letters}"))
        .collect();
    all.push("AKIAIOSFODNN7EXAMPLE".to_owned());
    all.push(format!(
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.{letters}"
    ));
    all.push(discord_token());
    all
}

#[test]
fn a_token_of_every_known_kind_is_taken_out_and_nothing_beside_it() {
    for token in tokens() {
        for (before, after) in [
            ("", ""),
            ("key=", ";"),
            ("\"", "\", "),
            ("Bearer ", "\n"),
            ("x.", ".y"),
        ] {
            // What follows a dot may belong to a signature.
            if after == ".y" && token.starts_with("eyJ") {
                continue;
            }
            assert_eq!(
                redact(&format!("{before}{token}{after}")),
                format!("{before}{MARK}{after}"),
                "{token}"
            );
        }
    }
    // Without its signature, as where a line was cut.
    assert_eq!(
        redact("a eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0 b"),
        "a [redacted] b"
    );
}

#[test]
fn a_private_key_is_taken_out_line_by_line_whole_or_cut_as_it_is_and_in_json() {
    let line = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSjAgEAAoIBAQ+a/b";
    let key = format!(
        "-----BEGIN RSA PRIVATE KEY-----\n{line}\n{line}\nAb/9==\n-----END RSA PRIVATE KEY-----\nso"
    );
    let clean = "-----BEGIN RSA PRIVATE KEY-----\n[redacted]/[redacted]\n[redacted]/[redacted]\n[redacted]/[redacted]\n\
                 -----END RSA PRIVATE KEY-----\nso";
    assert_eq!(redact(&key), clean);
    let json = serde_json::json!({"file": key, "more": [1]});
    let read: serde_json::Value = serde_json::from_str(&redact(&json.to_string())).unwrap();
    assert_eq!(read, serde_json::json!({"file": clean, "more": [1]}));
    let cut = &key[..100];
    assert!(!redact(cut).contains("MIIE"), "{}", redact(cut));
    // Of what runs after it, spaces, semicolons and slashes are seen.
    let command = "x -----BEGIN PRIVATE KEY-----\n/opt/aaaaaaaaaaaaaaaaaaa/b; rm -r c";
    assert_eq!(
        redact(command),
        "x -----BEGIN PRIVATE KEY-----\n/[redacted]/[redacted]/[redacted]; rm -r c"
    );
    let below = "-----BEGIN PRIVATE KEY-----\naaaaaaaaaaaaaaaaaaaa\nrm -r c";
    assert_eq!(
        redact(below),
        "-----BEGIN PRIVATE KEY-----\n[redacted]\nrm -r c"
    );
    let talk =
        "a file with -----BEGIN PRIVATE KEY----- in it is a key, PRIVATE KEY----- alone is none";
    assert_eq!(redact(talk), talk);
}

proptest! {
    #[test]
    fn a_secret_is_gone_in_every_form_wherever_it_stands(
        secret in "[ -~é]{8,40}",
        before in prop::collection::vec(any::<u8>(), 0..5),
        after in prop::collection::vec(any::<u8>(), 0..5),
    ) {
        use base64::{Engine as _, engine::general_purpose as alphabets};
        // So that it does not stand in what is around it.
        let secret = format!("{secret}Q7");
        let secrets = Secrets::new([secret.as_str().into()]);
        let json = serde_json::json!([secret]).to_string();
        let url: String = url::form_urlencoded::byte_serialize(secret.as_bytes()).collect();
        let path = percent_encoding::utf8_percent_encode(&secret, percent_encoding::NON_ALPHANUMERIC).to_string();
        let path = path.replace("%2D", "-").replace("%5F", "_").replace("%2E", ".").replace("%7E", "~");
        for (text, around) in [
            (format!("<{secret}>"), "<>"),
            (format!("<{json}>"), "<[\"\"]>"),
            (format!("<{url}>"), "<>"),
            (format!("<{path}>"), "<>"),
            (format!("<{}>", alphabets::STANDARD.encode(&secret)), "<>"),
            (format!("<{}>", alphabets::STANDARD_NO_PAD.encode(&secret)), "<>"),
            (format!("<{}>", alphabets::URL_SAFE.encode(&secret)), "<>"),
            (format!("<{}>", alphabets::URL_SAFE_NO_PAD.encode(&secret)), "<>"),
        ] {
            prop_assert_eq!(secrets.redact(&text).replace(MARK, ""), around);
        }
        let data = [&before, secret.as_bytes(), &after].concat();
        for engine in [alphabets::STANDARD, alphabets::URL_SAFE] {
            let written = engine.encode(&data);
            let clean = secrets.redact(&written);
            let left = clean.replace(MARK, "");
            prop_assert!(clean.contains(MARK), "{written} {clean}");
            // The bytes beside it, and a letter at each side that shares bits with one of them.
            prop_assert!(left.len() <= (before.len() + after.len()) * 4 / 3 + 2 + 4, "{written} {clean}");
        }
    }

    #[test]
    fn text_without_a_secret_is_unchanged(text in "[a-z0-9 /:;.,_=+-]{0,200}|\\PC{0,200}") {
        let secrets = Secrets::new(["correct-Horse-battery".into(), "S3cret/of+the=house".into()]);
        let looks_like_one = ["sk-", "gh", "glpat-", "xox", "xapp-", "AIza", "AKIA", "ASIA", "eyJ", "PRIVATE"];
        prop_assume!(!looks_like_one.iter().any(|start| text.contains(start)));
        // Three parts of the lengths of a token of Discord's.
        prop_assume!(!text.split(|char| !is_of_token(char)).any(|word| word.split('.').any(|part| part.len() >= 20)));
        prop_assert_eq!(secrets.redact(&text), text);
    }
}

#[test]
fn of_secrets_that_overlap_nothing_is_left() {
    let secrets = Secrets::new(["abcdefgh".into(), "efghijkl".into(), "cdefghijklmn".into()]);
    assert_eq!(secrets.redact("x abcdefghijkl y"), "x [redacted] y");
    assert_eq!(secrets.redact("x abcdefghijklmn y"), "x [redacted] y");
    assert_eq!(secrets.redact("abcdefghabcdefgh"), "[redacted][redacted]");
}

#[test]
fn a_token_at_the_beginning_of_a_line_is_known_where_the_line_end_is_written_out() {
    for token in tokens() {
        for before in [r"\n", r"\\n", r"\t", r"\u001b", r"\x1b", "\n"] {
            assert_eq!(
                redact(&format!("a{before}{token}\"")),
                format!("a{before}{MARK}\""),
                "{token}"
            );
        }
    }
}

#[test]
fn a_password_in_an_address_is_taken_out_and_nothing_else_of_it() {
    for (text, clean) in [
        (
            "through http://baton:s3cret%2Fx@proxy:3128 and https://a:b@c",
            "through http://baton:[redacted]@proxy:3128 and https://a:[redacted]@c",
        ),
        ("http://:pass@host/x", "http://:[redacted]@host/x"),
        (
            "http://[redacted]@h http://u:[redacted]@h",
            "http://[redacted]@h http://u:[redacted]@h",
        ),
        (
            "http://host:80/@me http://host:80",
            "http://host:80/@me http://host:80",
        ),
        (
            "ssh://git@host postgres://u:$PASS@host",
            "ssh://git@host postgres://u:$PASS@host",
        ),
        ("http://u:p;rm -r x@h ://", "http://u:p;rm -r x@h ://"),
    ] {
        assert_eq!(redact(text), clean);
    }
}

#[test]
fn of_a_token_with_claims_each_secret_part_is_known_by_itself() {
    let (header, claims, signature) = (
        "eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9",
        "eyJleHAiOjE3OTU0NTAwMDB9",
        "c2lnbmF0dXJlLW9mLXRoZS1ob3VzZQ",
    );
    let secrets = Secrets::new([format!("{header}.{claims}.{signature}").into()]);
    assert_eq!(
        secrets.redact(&format!("{header} {claims} {signature}")),
        format!("{header} {MARK} {MARK}")
    );
}

#[tokio::test(start_paused = true)]
async fn what_one_clone_learns_all_take_out_until_a_day_after_nobody_uses_it_any_more() {
    let day = super::table::FORGOTTEN_AFTER;
    let earlier = Secrets::new(["correct-horse".into()]);
    let text = "correct-horse battery-staple a-third-one";
    let secrets = earlier.clone();
    let (one, other) = (
        secrets.learn(["battery-staple".into(), "short".into()]),
        secrets.learn(["battery-staple".into(), "correct-horse".into()]),
    );
    let both = format!("{MARK} {MARK} a-third-one");
    assert_eq!(earlier.redact(text), both);
    assert_eq!(earlier.redact("a short word"), "a short word");
    drop(one);
    tokio::time::advance(day * 2).await;
    let third = secrets.learn(["a-third-one".into()]);
    assert_eq!(earlier.redact(text), format!("{MARK} {MARK} {MARK}"));
    drop((other, third));
    // Who uses it again keeps it.
    tokio::time::advance(day / 2).await;
    let again = secrets.learn(["a-third-one".into()]);
    assert_eq!(earlier.redact(text), format!("{MARK} {MARK} {MARK}"));
    tokio::time::advance(day).await;
    drop(secrets.learn([]));
    // What was registered for good stays, whoever has learned it too.
    assert_eq!(
        earlier.redact(text),
        format!("{MARK} battery-staple {MARK}")
    );
    drop(again);
    assert_eq!(format!("{earlier:?}"), "Secrets(2)");
}
