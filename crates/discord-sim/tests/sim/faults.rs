//! Answers that come late, in part or never.

use std::time::Duration;

use discord_sim::{Clock, Fault, Rule, Sim, SimConfig, Tls, Truncation};
use reqwest::{Certificate, Client};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A bot that posts one message by hand.
async fn ask_by_hand(sim: &Sim) -> TcpStream {
    let body = json!({"content": "x", "nonce": "n", "enforce_nonce": true}).to_string();
    let request = format!(
        "POST /api/v10/channels/{}/messages HTTP/1.1\r\nHost: x\r\nAuthorization: Bot {}\r\n\
         Content-Type: application/json\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        sim.channel("general"),
        sim.token(),
        body.len()
    );
    let address = sim.base_url();
    let mut tcp = TcpStream::connect(address.trim_start_matches("http://"))
        .await
        .unwrap();
    tcp.write_all(request.as_bytes()).await.unwrap();
    tcp
}

/// The same, and what comes until the end.
async fn post_by_hand(sim: &Sim) -> std::io::Result<String> {
    let mut answer = Vec::new();
    ask_by_hand(sim).await.read_to_end(&mut answer).await?;
    Ok(String::from_utf8(answer).unwrap())
}

/// The promised and the received length of an answer's body.
fn lengths(answer: &str) -> (usize, usize) {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    let promised = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length: "))
        .unwrap();
    (promised.parse().unwrap(), body.len())
}

#[tokio::test]
async fn a_cut_answer_ends_in_the_middle_and_what_it_tells_is_stored() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::Truncate(Truncation::Cut));
    let (promised, received) = lengths(&post_by_hand(&sim).await.unwrap());
    assert_eq!(received, promised / 2);
    assert_eq!(sim.transcript(sim.channel("general")), "bot: x\n");
}

#[tokio::test]
async fn a_short_answer_says_that_its_half_is_all() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::Truncate(Truncation::Short));
    let answer = post_by_hand(&sim).await.unwrap();
    let (promised, received) = lengths(&answer);
    assert_eq!(received, promised);
    let (_, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(
        serde_json::from_str::<serde_json::Value>(body)
            .unwrap_err()
            .is_eof()
    );
}

#[tokio::test]
async fn a_stalled_answer_stops_in_the_middle_until_the_connection_is_cut() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::Truncate(Truncation::Stall));
    let mut tcp = ask_by_hand(&sim).await;
    let mut answer = String::new();
    let mut piece = [0; 4_096];
    let mut is_half = |piece: &[u8]| {
        answer.push_str(std::str::from_utf8(piece).unwrap());
        let (promised, received) = lengths(&answer);
        received == promised / 2
    };
    loop {
        let length = tcp.read(&mut piece).await.unwrap();
        assert_ne!(length, 0, "it ended before its half");
        if is_half(&piece[..length]) {
            break;
        }
    }
    sim.cut_connections();
    assert_eq!(tcp.read(&mut piece).await.unwrap(), 0);
}

#[tokio::test]
async fn a_reset_connection_is_told_from_one_that_was_closed() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::ResetConnection);
    let error = post_by_hand(&sim).await.unwrap_err();
    assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    sim.fault(Rule::post_message(), Fault::DropConnection);
    assert_eq!(post_by_hand(&sim).await.unwrap(), "");
    assert_eq!(sim.transcript(sim.channel("general")), "");
}

#[tokio::test]
async fn a_hanging_request_is_never_answered_and_does_nothing() {
    let sim = Sim::start(SimConfig::default()).await;
    sim.fault(Rule::post_message(), Fault::Hang);
    let test = async {
        let status = sim.wait_for(|world| {
            let calls = world.journal().iter();
            calls
                .filter_map(|entry| entry.rest())
                .map(|call| call.status)
                .next()
        });
        assert_eq!(status.await, None);
        sim.cut_connections();
    };
    let (answer, ()) = tokio::join!(post_by_hand(&sim), test);
    assert_eq!(answer.unwrap(), "");
    assert_eq!(sim.transcript(sim.channel("general")), "");
}

#[tokio::test]
async fn a_delayed_answer_waits_for_the_simulators_clock() {
    let sim = Sim::start(SimConfig {
        clock: Clock::manual(1_800_000_000_000),
        ..SimConfig::default()
    })
    .await;
    sim.fault(Rule::post_message().after_commit(), Fault::delay(60_000));
    let test = async {
        let general = sim.channel("general");
        sim.wait_for(|world| !world.messages(general).is_empty())
            .await;
        assert!(sim.journal().iter().all(|entry| entry.rest().is_none()));
        sim.advance(Duration::from_mins(1));
    };
    let (answer, ()) = tokio::join!(post_by_hand(&sim), test);
    assert!(answer.unwrap().starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn answers_are_cut_and_reset_over_tls_too() {
    let sim = Sim::start(SimConfig {
        tls: Tls::On,
        ..SimConfig::default()
    })
    .await;
    let authority = Certificate::from_pem(sim.ca_pem().unwrap().as_bytes()).unwrap();
    let client = Client::builder()
        .use_rustls_tls()
        .add_root_certificate(authority)
        .resolve("discord.com", sim.tls_addr().unwrap())
        .pool_max_idle_per_host(0)
        .build()
        .unwrap();
    let port = sim.tls_addr().unwrap().port();
    let get = || {
        client
            .get(format!("https://discord.com:{port}/api/v10/gateway"))
            .send()
    };
    for truncation in [Truncation::Cut, Truncation::Short] {
        sim.fault(Rule::any(), Fault::Truncate(truncation));
        let answer = get().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert!(answer.json::<serde_json::Value>().await.is_err());
    }
    sim.fault(Rule::any(), Fault::ResetConnection);
    assert!(get().await.unwrap_err().is_request());
    assert_eq!(get().await.unwrap().status(), 200);
}
