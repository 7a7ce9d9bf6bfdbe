use model_sim::{Fault, Outcome, Road, Rules, Service, What};
use reqwest::{Certificate, Client, Proxy, StatusCode};
use serde_json::{Value, json};

use super::{Stage, asks, text};

/// A client with the address of the service built in, which comes by its proxy.
fn proxied(stage: &Stage) -> Client {
    let ca = Certificate::from_pem(stage.oauth.ca_pem().as_bytes()).expect("a certificate");
    let proxy = Proxy::all(stage.oauth.base_url()).expect("an address");
    let client = Client::builder().add_root_certificate(ca).proxy(proxy);
    client.build().expect("a client")
}

#[tokio::test]
async fn a_tunnel_leads_to_the_hosts_that_are_built_in() {
    let stage = Stage::open(Rules::default()).await;
    let client = proxied(&stage);
    for (service, url) in [
        (
            Service::Claude,
            "https://platform.claude.com/v1/oauth/token",
        ),
        (Service::Codex, "https://auth.openai.com/oauth/token"),
    ] {
        let login = stage.oauth.login(service);
        let answer = client.post(url).json(&asks(&login.refresh)).send().await;
        let tokens: Value = answer.expect("an answer").json().await.expect("JSON");
        assert!(!text(&tokens["access_token"]).is_empty());
    }
    let roads: Vec<Road> = stage.oauth.posts().iter().map(|post| post.road).collect();
    assert_eq!(roads, [Road::Tunnel, Road::Tunnel]);

    // The model behind its own host, for the login that was just renewed.
    let hello = json!({ "model": "m", "messages": [{ "role": "user", "content": "hello" }] });
    let said = client
        .post("https://api.anthropic.com/v1/messages")
        .bearer_auth(stage.newest().access)
        .json(&hello);
    assert_eq!(
        said.send().await.expect("an answer").status(),
        StatusCode::OK
    );
    let asked = stage.model.requests();
    assert_eq!(asked[0].header("host"), Some("api.anthropic.com"));
}

#[tokio::test]
async fn a_tunnel_leads_nowhere_else() {
    let stage = Stage::open(Rules::default()).await;
    let refused = proxied(&stage).get("https://example.com/").send().await;
    assert!(refused.expect_err("no tunnel").is_connect());
}

#[tokio::test]
async fn a_refused_tunnel_is_a_connection_that_was_never_made() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    stage.oauth.next([Fault::before(What::Refuse)]);
    let client = proxied(&stage);
    // The profile's host is not what the fault is about.
    let profile = client
        .get("https://api.anthropic.com/api/oauth/profile")
        .bearer_auth(&login.access);
    assert_eq!(
        profile.send().await.expect("an answer").status(),
        StatusCode::OK
    );
    let renew = || {
        let url = "https://platform.claude.com/v1/oauth/token";
        client.post(url).json(&asks(&login.refresh)).send()
    };
    assert!(renew().await.expect_err("no tunnel").is_connect());
    let post = stage.oauth.posted(1).await;
    assert_eq!((post.road, post.outcome), (Road::Tunnel, Outcome::Cut));
    assert_eq!(renew().await.expect("an answer").status(), StatusCode::OK);
}

#[tokio::test]
async fn tls_without_a_proxy_is_taken_at_the_same_port() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    let ca = Certificate::from_pem(stage.oauth.ca_pem().as_bytes()).expect("a certificate");
    let client = Client::builder().add_root_certificate(ca).build();
    let url = stage.oauth.token_url(Service::Claude);
    let url = url.replace("http://", "https://");
    let sent = client.expect("a client").post(url);
    let answer = sent.json(&asks(&login.refresh)).send().await;
    assert_eq!(answer.expect("an answer").status(), StatusCode::OK);
    assert_eq!(stage.oauth.posts()[0].road, Road::Tls);
}

#[tokio::test]
async fn a_proxy_for_http_is_asked_without_a_tunnel() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    let url = "http://issuer.invalid/v1/oauth/token";
    let sent = proxied(&stage).post(url).json(&asks(&login.refresh));
    let answer = sent.send().await.expect("an answer");
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(stage.oauth.posts()[0].road, Road::Plain);
}

#[tokio::test]
async fn connections_are_refused_while_the_door_is_shut() {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    for _ in 0..2 {
        stage.oauth.shut().await;
        let refused = stage.try_to_renew(&login.refresh).await;
        assert!(refused.expect_err("nobody listens").is_connect());
        stage.oauth.open().await;
        stage.renewed(&stage.newest().refresh).await;
    }
    assert_eq!(stage.oauth.posts().len(), 2);
}
