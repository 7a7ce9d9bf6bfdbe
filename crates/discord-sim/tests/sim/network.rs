//! Below HTTP: TLS, and connections that are refused or cut.

use discord_sim::{Fault, Rule, Sim, SimConfig, Tls};
use reqwest::Certificate;
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS};

async fn secure_sim() -> Sim {
    Sim::start(SimConfig {
        tls: Tls::On,
        ..SimConfig::default()
    })
    .await
}

/// A client that takes the simulator for Discord.
fn trusting(sim: &Sim) -> reqwest::Client {
    let authority = Certificate::from_pem(sim.ca_pem().unwrap().as_bytes()).unwrap();
    reqwest::Client::builder()
        .use_rustls_tls()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .add_root_certificate(authority)
        .resolve("discord.com", sim.tls_addr().unwrap())
        .build()
        .unwrap()
}

#[tokio::test]
async fn discord_com_is_served_over_tls_to_those_who_trust_the_authority() {
    let sim = secure_sim().await;
    let port = sim.tls_addr().unwrap().port();
    let url = format!("https://discord.com:{port}/api/v10/gateway");
    let answer = trusting(&sim).get(&url).send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(
        answer,
        json!({"url": sim.base_url().replacen("http", "ws", 1)})
    );
    let doubting = reqwest::Client::builder()
        .resolve("discord.com", sim.tls_addr().unwrap())
        .build()
        .unwrap();
    assert!(doubting.get(&url).send().await.unwrap_err().is_connect());
}

#[tokio::test]
async fn without_being_asked_for_there_is_no_tls() {
    let sim = Sim::start(SimConfig::default()).await;
    assert_eq!((sim.tls_addr(), sim.ca_pem()), (None, None));
}

#[tokio::test]
async fn a_connection_is_dropped_over_tls_too() {
    let sim = secure_sim().await;
    sim.fault(Rule::any(), Fault::DropConnection);
    let port = sim.tls_addr().unwrap().port();
    let url = format!("https://discord.com:{port}/api/v10/gateway");
    let client = trusting(&sim);
    assert!(client.get(&url).send().await.is_err());
    assert_eq!(client.get(&url).send().await.unwrap().status(), 200);
}

#[tokio::test]
async fn refused_connections_are_refused_on_both_ports_until_they_are_accepted_again() {
    let sim = secure_sim().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    let client = trusting(&sim);
    let port = sim.tls_addr().unwrap().port();
    let urls = [
        format!("https://discord.com:{port}/api/v10/gateway"),
        format!("{}/api/v10/gateway", sim.base_url()),
    ];
    for _ in 0..3 {
        for url in &urls {
            assert_eq!(client.get(url).send().await.unwrap().status(), 200);
        }
        sim.refuse_connections().await;
        for url in &urls {
            assert!(client.get(url).send().await.unwrap_err().is_connect());
        }
        sim.accept_connections().await;
    }
    assert_eq!(gateway.next().await, Err(None));
    for url in &urls {
        assert_eq!(client.get(url).send().await.unwrap().status(), 200);
    }
}

#[tokio::test]
async fn cut_connections_end_the_gateway_and_new_ones_are_taken() {
    let sim = Sim::start(SimConfig::default()).await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    sim.cut_connections();
    assert_eq!(gateway.next().await, Err(None));
    let (_gateway, ready, _) = Gateway::identified(&sim, INTENTS).await;
    assert_eq!(ready["t"], "READY");
}
