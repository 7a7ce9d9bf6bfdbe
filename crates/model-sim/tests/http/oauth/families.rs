use std::time::Duration;

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use model_sim::{Refusal, Rules, Service, Verdict};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

use super::{Stage, text};

const HOUR: Duration = Duration::from_hours(1);

#[tokio::test]
async fn a_login_of_claude_is_renewed_and_its_tokens_look_real() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    let renewed = stage.renewed(&login.refresh).await;
    let (access, refresh) = (
        text(&renewed["access_token"]),
        text(&renewed["refresh_token"]),
    );
    for (token, beginning) in [
        (login.access.as_str(), "sk-ant-oat01-"),
        (&login.refresh, "sk-ant-ort01-"),
        (access, "sk-ant-oat01-"),
        (refresh, "sk-ant-ort01-"),
    ] {
        assert!(token.starts_with(beginning), "{token}");
        assert_eq!(token.len(), 108, "{token}");
    }
    assert_ne!(access, login.access);
    assert_eq!(renewed["expires_in"], json!(8 * 3600));
    assert_eq!(renewed["scope"], "user:profile user:inference");
    let newest = stage.newest();
    assert_eq!(
        (newest.access.as_str(), newest.refresh.as_str()),
        (access, refresh)
    );
}

#[tokio::test]
async fn a_refresh_token_is_good_for_one_time_and_its_reuse_ends_the_login() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    let other = stage.oauth.login(Service::Claude);
    let renewed = stage.renewed(&login.refresh).await;
    let again = stage.renew(&login.refresh).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    let again: Value = again.json().await.expect("JSON");
    assert_eq!(again["error"], "invalid_grant");
    // What came of it is lost too; another login is not.
    let newest = stage.renew(text(&renewed["refresh_token"])).await;
    assert_eq!(newest.status(), StatusCode::BAD_REQUEST);
    assert_eq!(stage.oauth.live(), [other]);

    let uses = stage.oauth.uses();
    let verdicts = |refresh: &str| -> Vec<Verdict> {
        let uses = uses.get(refresh).into_iter().flatten();
        uses.map(|one| one.verdict).collect()
    };
    assert_eq!(
        verdicts(&login.refresh),
        [Verdict::Accepted, Verdict::Refused(Refusal::Reused)]
    );
    assert_eq!(
        verdicts(text(&renewed["refresh_token"])),
        [Verdict::Refused(Refusal::Ended)]
    );
}

#[tokio::test]
async fn a_service_may_forgive_reuse() {
    let stage = Stage::open(Rules {
        revoke_on_reuse: false,
        ..Rules::default()
    })
    .await;
    let login = stage.oauth.login(Service::Claude);
    let renewed = stage.renewed(&login.refresh).await;
    let again = stage.renew(&login.refresh).await;
    assert_eq!(again.status(), StatusCode::BAD_REQUEST);
    stage.renewed(text(&renewed["refresh_token"])).await;
}

#[tokio::test]
async fn within_the_grace_a_used_token_gets_the_same_answer_again() {
    let stage = Stage::open(Rules {
        grace: HOUR,
        ..Rules::default()
    })
    .await;
    let login = stage.oauth.login(Service::Claude);
    let first = stage.renewed(&login.refresh).await;
    assert_eq!(stage.renewed(&login.refresh).await, first);
    assert_eq!(stage.oauth.uses()[&login.refresh].len(), 2);
}

#[tokio::test]
async fn a_refresh_token_may_stay_for_good() {
    let stage = Stage::open(Rules {
        one_time: false,
        ..Rules::default()
    })
    .await;
    let login = stage.oauth.login(Service::Claude);
    for _ in 0..3 {
        let renewed = stage.renewed(&login.refresh).await;
        assert_eq!(renewed["refresh_token"], login.refresh.as_str());
        assert_ne!(renewed["access_token"], login.access.as_str());
    }
}

#[tokio::test]
async fn an_access_token_lives_on_after_a_renewal_or_ends_with_it() {
    for ends_the_old in [false, true] {
        let stage = Stage::open(Rules {
            ends_the_old,
            ..Rules::default()
        })
        .await;
        let login = stage.oauth.login(Service::Claude);
        assert_eq!(stage.model(&login.access).await.0, StatusCode::OK);
        let renewed = stage.renewed(&login.refresh).await;
        assert_eq!(
            stage.model(text(&renewed["access_token"])).await.0,
            StatusCode::OK
        );
        let (status, complaint) = stage.model(&login.access).await;
        if ends_the_old {
            assert_eq!(status, StatusCode::UNAUTHORIZED);
            assert!(text(&complaint).contains("revoked"), "{complaint}");
        } else {
            assert_eq!(status, StatusCode::OK);
        }
    }
}

#[tokio::test]
async fn the_model_refuses_what_nobody_was_given_and_what_has_run_out() {
    let stage = Stage::open(Rules {
        expires_in: Duration::ZERO,
        ..Rules::default()
    })
    .await;
    let login = stage.oauth.login(Service::Claude);
    for (token, why) in [
        ("sk-ant-oat01-nobodys", "Invalid bearer token"),
        (
            login.access.as_str(),
            "OAuth token has expired. Please obtain a new token or refresh your existing token.",
        ),
    ] {
        let refused = stage.model(token).await;
        assert_eq!(refused, (StatusCode::UNAUTHORIZED, json!(why)));
    }
}

#[tokio::test]
async fn a_service_may_take_a_token_a_while_longer() {
    let stage = Stage::open(Rules {
        expires_in: Duration::ZERO,
        leeway: HOUR,
        ..Rules::default()
    })
    .await;
    let login = stage.oauth.login(Service::Claude);
    assert_eq!(stage.model(&login.access).await.0, StatusCode::OK);
}

#[tokio::test]
async fn a_login_can_be_ended_by_its_owner_and_by_its_client() {
    let stage = Stage::open(Rules::default()).await;
    let (one, two) = (
        stage.oauth.login(Service::Claude),
        stage.oauth.login(Service::Claude),
    );
    assert!(stage.oauth.revoke(&one.access));
    assert_eq!(stage.oauth.live(), std::slice::from_ref(&two));
    let url = format!("{}/v1/oauth/token/revoke", stage.oauth.base_url());
    let ended = Client::new()
        .post(url)
        .json(&json!({ "token": two.refresh }));
    assert_eq!(
        ended.send().await.expect("an answer").status(),
        StatusCode::OK
    );
    assert!(stage.oauth.live().is_empty());
    assert_eq!(stage.model(&two.access).await.0, StatusCode::UNAUTHORIZED);
    assert_eq!(
        stage.renew(&two.refresh).await.status(),
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_profile_is_shown_for_a_token_that_holds() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    let url = format!("{}/api/oauth/profile", stage.oauth.base_url());
    let asked = |token: &str| Client::new().get(&url).bearer_auth(token).send();
    let profile = asked(&login.access).await.expect("an answer");
    let profile: Value = profile.json().await.expect("JSON");
    assert_eq!(profile["organization"]["organization_type"], "claude_max");
    let refused = asked("another").await.expect("an answer");
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_login_of_codex_is_renewed_in_its_own_words() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Codex);
    let renew = |refresh: &str| {
        let asks = json!({
            "client_id": "app_EMoamEEZ73f0CkXaXp7hrann", "grant_type": "refresh_token",
            "refresh_reason": "proactive_expiry", "refresh_token": refresh,
        });
        let url = stage.oauth.token_url(Service::Codex);
        Client::new().post(url).json(&asks).send()
    };
    // The service's clock is what the token goes by.
    stage.oauth.set_clock_ahead(-7_200);
    let renewed = renew(&login.refresh).await.expect("an answer");
    let renewed: Value = renewed.json().await.expect("JSON");
    let exp = |token: &str| {
        let claims = token.split('.').nth(1).expect("three parts");
        let claims = BASE64_URL_SAFE_NO_PAD.decode(claims).expect("base64");
        let claims: Value = serde_json::from_slice(&claims).expect("JSON");
        claims["exp"].as_i64().expect("a time")
    };
    let earlier = exp(&login.access) - exp(text(&renewed["access_token"]));
    assert!((7_000..=7_200).contains(&earlier), "{earlier}");
    assert!(text(&renewed["id_token"]).contains('.'));
    assert_eq!(stage.newest().refresh, text(&renewed["refresh_token"]));

    for (token, code) in [
        (login.refresh.as_str(), "refresh_token_reused"),
        ("rt_nobodys", "refresh_token_invalidated"),
    ] {
        let refused = renew(token).await.expect("an answer");
        assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
        let refused: Value = refused.json().await.expect("JSON");
        assert_eq!(refused["error"]["code"], code);
    }
}
