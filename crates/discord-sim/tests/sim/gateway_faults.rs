//! A gateway that misbehaves.

use discord_sim::{Fact, GatewayFact, GatewayFault, GatewayMode, Sim, SimConfig};
use serde_json::{Value, json};

use crate::client::{Gateway, INTENTS};

async fn sim() -> Sim {
    Sim::start(SimConfig::default()).await
}

fn control(op: u8, data: &Value) -> Value {
    json!({"op": op, "s": null, "t": null, "d": data})
}

/// Waits until nobody is connected.
async fn alone(sim: &Sim) {
    sim.wait_for(|world| world.connected_sessions() == 0).await;
}

#[tokio::test]
async fn every_close_code_and_the_empty_close_arrive_and_the_session_can_be_resumed() {
    let sim = sim().await;
    let (mut gateway, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    let codes = [1_000, 1_001, 1_008, 1_011, 1_012, 1_013]
        .into_iter()
        .chain(4_000..=4_014)
        .map(Some)
        .chain([None]);
    for (earlier, code) in codes.enumerate() {
        sim.close_gateway(code);
        loop {
            match gateway.next().await {
                Ok(_) => {}
                Err(closed) => {
                    assert_eq!(closed, code);
                    break;
                }
            }
        }
        let sent = Fact::Gateway(GatewayFact::CloseSent { code });
        assert!(sim.journal().iter().any(|entry| entry.fact == sent));
        drop(gateway);
        alone(&sim).await;
        (gateway, _) = Gateway::open(&sim).await;
        gateway.resume(&sim, &ready, &guild).await;
        for _ in 0..=earlier {
            assert_eq!(gateway.next().await.unwrap()["t"], "RESUMED", "{code:?}");
        }
    }
}

#[tokio::test]
async fn the_server_asks_for_heartbeats_reconnects_and_resumes() {
    let sim = sim().await;
    let (mut gateway, ..) = Gateway::identified(&sim, INTENTS).await;
    sim.ask_for_heartbeat();
    sim.ask_to_reconnect();
    sim.ask_to_resume();
    for asked in [
        control(1, &Value::Null),
        control(7, &Value::Null),
        control(9, &json!(true)),
    ] {
        assert_eq!(gateway.next().await.unwrap(), asked);
    }
}

#[tokio::test]
async fn a_handshake_is_refused_rejected_or_never_answered_as_often_as_ordered() {
    let sim = sim().await;
    let url = format!("{}/?v=10", sim.base_url().replacen("http", "ws", 1));
    sim.gateway_fault_times(GatewayFault::RefuseHandshake, 2);
    sim.gateway_fault(GatewayFault::RejectHandshake { status: 503 });
    for _ in 0..2 {
        let refused = tokio_tungstenite::connect_async(&url).await.unwrap_err();
        assert!(!refused.to_string().contains("503"), "{refused}");
    }
    let rejected = tokio_tungstenite::connect_async(&url).await.unwrap_err();
    assert!(rejected.to_string().contains("503"), "{rejected}");
    sim.gateway_fault(GatewayFault::HangHandshake);
    let hung = tokio::spawn(async move { tokio_tungstenite::connect_async(&url).await.is_ok() });
    sim.wait_for(|world| world.counts().faults == 4).await;
    Gateway::identified(&sim, INTENTS).await;
    assert!(!hung.is_finished());
    sim.cut_connections();
    assert!(!hung.await.unwrap());
}

#[tokio::test]
async fn hello_is_missing_closed_or_tells_another_interval() {
    let sim = sim().await;
    sim.gateway_fault(GatewayFault::HelloInterval { ms: 7 });
    let (_, hello) = Gateway::open(&sim).await;
    assert_eq!(hello, control(10, &json!({"heartbeat_interval": 7})));
    sim.gateway_fault(GatewayFault::CloseAtHello { code: None });
    let (_, hello) = Gateway::open_at(&sim, "?v=10").await;
    assert_eq!(hello, Err(None));
    sim.gateway_fault(GatewayFault::NoHello);
    let mut silent = Gateway::silent(&sim).await;
    sim.ask_for_heartbeat();
    assert_eq!(silent.next().await.unwrap(), control(1, &Value::Null));
}

#[tokio::test]
async fn identify_is_ignored_closed_or_invalid_and_starts_no_session() {
    let sim = sim().await;
    let (mut gateway, _) = Gateway::open(&sim).await;
    sim.gateway_fault(GatewayFault::IgnoreIdentify);
    sim.gateway_fault(GatewayFault::InvalidAtIdentify);
    sim.gateway_fault(GatewayFault::CloseAtIdentify { code: Some(4_000) });
    for _ in 0..3 {
        gateway.identify(&sim, &json!({})).await;
    }
    assert_eq!(gateway.next().await.unwrap(), control(9, &json!(false)));
    assert_eq!(gateway.next().await, Err(Some(4_000)));
    let gateway = sim.gateway();
    assert_eq!(
        (gateway.identifies, gateway.session_starts_left),
        (0, 1_000)
    );
}

#[tokio::test]
async fn resume_is_ignored_closed_asked_for_again_or_loses_the_session() {
    let sim = sim().await;
    let (gone, ready, guild) = Gateway::identified(&sim, INTENTS).await;
    drop(gone);
    alone(&sim).await;
    let (mut gateway, _) = Gateway::open(&sim).await;
    for fault in [
        GatewayFault::IgnoreResume,
        GatewayFault::RetryAtResume,
        GatewayFault::CloseAtResume { code: Some(4_000) },
    ] {
        sim.gateway_fault(fault);
        gateway.resume(&sim, &ready, &guild).await;
    }
    assert_eq!(gateway.next().await.unwrap(), control(9, &json!(true)));
    assert_eq!(gateway.next().await, Err(Some(4_000)));
    let (mut gateway, _) = Gateway::open(&sim).await;
    sim.gateway_fault(GatewayFault::InvalidAtResume);
    for _ in 0..2 {
        gateway.resume(&sim, &ready, &guild).await;
        assert_eq!(gateway.next().await.unwrap(), control(9, &json!(false)));
    }
    assert_eq!(
        (sim.gateway().resumes, sim.gateway().refused_resumes),
        (0, 2)
    );
}

#[tokio::test]
async fn heartbeats_get_no_ack_or_a_close() {
    let sim = sim().await;
    let (mut gateway, _) = Gateway::open(&sim).await;
    sim.gateway_fault_times(GatewayFault::NoAck, 2);
    for _ in 0..3 {
        gateway.send(&json!({"op": 1, "d": null})).await;
    }
    assert_eq!(gateway.next().await.unwrap(), control(11, &Value::Null));
    sim.gateway_fault(GatewayFault::CloseAtHeartbeat { code: None });
    gateway.send(&json!({"op": 1, "d": null})).await;
    assert_eq!(gateway.next().await, Err(None));
    assert_eq!(
        sim.wait_for(|world| {
            let heartbeats = world.counts().heartbeats;
            (heartbeats == 4).then_some(heartbeats)
        })
        .await,
        4
    );
}

#[tokio::test]
async fn faults_that_are_cleared_do_not_act() {
    let sim = sim().await;
    sim.gateway_fault_always(GatewayFault::RefuseHandshake);
    sim.clear_rules();
    Gateway::identified(&sim, INTENTS).await;
    let gateway = sim.gateway();
    assert_eq!((gateway.mode, gateway.identifies), (GatewayMode::Open, 1));
}
