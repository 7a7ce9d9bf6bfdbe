//! How long a simulator takes to start, and how many events a second it tells a client.

#![allow(
    clippy::unwrap_used,
    clippy::print_stdout,
    missing_docs,
    unreachable_pub,
    reason = "a bench fails by panicking and prints its figures"
)]

#[path = "../../../benches/figures/mod.rs"]
mod figures;

use std::time::Instant;

use discord_sim::{Sim, SimConfig, Tls};
use figures::{HEAD, Samples};
use futures::{SinkExt, StreamExt};
use serde_json::json;
use tokio_tungstenite::tungstenite::Message;

const STARTS: usize = 200;
const EVENTS: u32 = 10_000;

#[tokio::main]
async fn main() {
    println!("{HEAD}");
    for (tls, what) in [
        (Tls::Off, "start of a simulated Discord"),
        (Tls::On, "the same, with TLS"),
    ] {
        println!("{}", starts(tls).await.row(what));
    }
    println!(
        "\n{:.0} events a second, from the world to a client",
        events().await
    );
}

async fn starts(tls: Tls) -> Samples {
    let mut samples = Samples::default();
    for _ in 0..STARTS {
        let config = SimConfig {
            tls,
            openapi: None,
            ..SimConfig::default()
        };
        let began = Instant::now();
        let sim = Sim::start(config).await;
        samples.add(began.elapsed());
        drop(sim);
    }
    samples
}

async fn events() -> f64 {
    let sim = Sim::start(SimConfig {
        openapi: None,
        ..SimConfig::default()
    })
    .await;
    let url = format!("{}/?v=10", sim.base_url().replacen("http", "ws", 1));
    let (mut socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
    let identify = json!({"op": 2, "d": {
        "token": sim.token(),
        "intents": 1 | 512 | (1 << 15),
        "properties": {"os": "bench", "browser": "bench", "device": "bench"},
    }});
    socket
        .send(Message::text(identify.to_string()))
        .await
        .unwrap();
    sim.wait_until_connected().await;
    let (member, channel) = (sim.user("member"), sim.channel("general"));
    let began = Instant::now();
    let listening = tokio::spawn(async move {
        let mut heard = 0;
        while heard < EVENTS {
            let frame = socket.next().await.unwrap().unwrap();
            heard += u32::from(frame.to_text().unwrap().contains("MESSAGE_CREATE"));
        }
    });
    for number in 0..EVENTS {
        member.says(format!("message {number}")).in_(channel).await;
    }
    listening.await.unwrap();
    f64::from(EVENTS) / began.elapsed().as_secs_f64()
}
