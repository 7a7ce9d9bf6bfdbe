//! A bot without a library: plain HTTP and plain websockets.

use discord_sim::{Entrance, Fact, GatewayFact, Sim, WorldView};
use futures::{SinkExt, StreamExt};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::shapes;

/// All intents that a chat bot needs, with MESSAGE_CONTENT.
pub(crate) const INTENTS: u64 = 1 | 2 | 512 | 1024 | 2048 | 4096 | (1 << 15);

/// Calls a route below `/api/v10` with the bot's token.
pub(crate) async fn call(sim: &Sim, method: Method, path: &str, body: &Value) -> (u16, Value) {
    let url = format!("{}/api/v10{path}", sim.base_url());
    let mut request = reqwest::Client::new()
        .request(method, url)
        .header("Authorization", format!("Bot {}", sim.token()));
    if !body.is_null() {
        request = request.json(body);
    }
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = if status == StatusCode::NO_CONTENT {
        Value::Null
    } else {
        response.json().await.unwrap()
    };
    (status.as_u16(), body)
}

/// Calls a route and gives the status and error code that it is refused with.
pub(crate) async fn refused(sim: &Sim, method: &str, path: &str, body: Value) -> (u16, u64) {
    let (status, answer) = call(sim, method.parse().unwrap(), path, &body).await;
    (
        status,
        answer["code"]
            .as_u64()
            .unwrap_or_else(|| panic!("{path} was taken: {answer}")),
    )
}

/// Posts a message as a well-behaved bot does.
pub(crate) async fn post(sim: &Sim, channel: impl std::fmt::Display, content: &str) -> Value {
    let body = json!({
        "content": content,
        "nonce": format!("n{}", sim.journal().len()),
        "enforce_nonce": true,
        "allowed_mentions": {"parse": []},
    });
    let (status, message) = call(
        sim,
        Method::POST,
        &format!("/channels/{channel}/messages"),
        &body,
    )
    .await;
    assert_eq!(status, 200, "{message}");
    message
}

/// A gateway connection.
pub(crate) struct Gateway(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Gateway {
    /// Opens a websocket and reads HELLO.
    pub(crate) async fn open(sim: &Sim) -> (Self, Value) {
        let (gateway, hello) = Self::open_at(sim, "?v=10").await;
        (gateway, hello.unwrap())
    }

    /// Opens a websocket with a query of its own and reads what comes first.
    pub(crate) async fn open_at(sim: &Sim, query: &str) -> (Self, Result<Value, Option<u16>>) {
        Self::open_url(&format!(
            "{}/{query}",
            sim.base_url().replacen("http", "ws", 1)
        ))
        .await
    }

    /// Opens a websocket at an address and reads what comes first.
    pub(crate) async fn open_url(url: &str) -> (Self, Result<Value, Option<u16>>) {
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        let mut gateway = Self(socket);
        let first = gateway.next().await;
        (gateway, first)
    }

    /// Opens a websocket on which nothing comes.
    pub(crate) async fn silent(sim: &Sim) -> Self {
        let opened = |world: WorldView<'_>| {
            let at = Entrance::Front;
            let connected = Fact::Gateway(GatewayFact::Connected { at });
            let entries = world.journal().iter();
            entries.filter(|entry| entry.fact == connected).count()
        };
        let before = sim.look(opened);
        let url = format!("{}/?v=10", sim.base_url().replacen("http", "ws", 1));
        let (socket, _) = tokio_tungstenite::connect_async(url).await.unwrap();
        // The server has it when it says so, and not when the handshake has ended.
        sim.wait_for(|world| opened(world) > before).await;
        Self(socket)
    }

    /// Opens a websocket, identifies and reads READY and GUILD_CREATE.
    pub(crate) async fn identified(sim: &Sim, intents: u64) -> (Self, Value, Value) {
        let (mut gateway, _) = Self::open(sim).await;
        gateway.identify(sim, &json!({"intents": intents})).await;
        let ready = gateway.next().await.unwrap();
        let guild = gateway.next().await.unwrap();
        (gateway, ready, guild)
    }

    /// Sends IDENTIFY; what `with` says replaces what a well-behaved client says.
    pub(crate) async fn identify(&mut self, sim: &Sim, with: &Value) {
        let mut data = json!({
            "token": sim.token(),
            "intents": INTENTS,
            "properties": {"os": "test", "browser": "test", "device": "test"},
        });
        for (key, value) in with.as_object().unwrap() {
            data[key] = value.clone();
        }
        self.send(&json!({"op": 2, "d": data})).await;
    }

    /// Sends RESUME after READY and another payload.
    pub(crate) async fn resume(&mut self, sim: &Sim, ready: &Value, last: &Value) {
        let session = &ready["d"]["session_id"];
        let resume = json!({"token": sim.token(), "session_id": session, "seq": last["s"]});
        self.send(&json!({"op": 6, "d": resume})).await;
    }

    /// Closes the connection with a code.
    pub(crate) async fn close(&mut self, code: u16) {
        let frame = CloseFrame {
            code: code.into(),
            reason: "".into(),
        };
        self.0.close(Some(frame)).await.unwrap();
    }

    pub(crate) async fn send(&mut self, payload: &Value) {
        self.0
            .send(Message::text(payload.to_string()))
            .await
            .unwrap();
    }

    /// The next payload, or `Err` with the close code when the connection ended. Events that are not as
    /// discord-api-types has them fail the test, where these types are at hand; those that a rule has
    /// broken on purpose say so.
    pub(crate) async fn next(&mut self) -> Result<Value, Option<u16>> {
        let payload = self.frame().await?;
        if let Some(name) = payload["t"].as_str()
            && shapes::at_hand()
            && !payload.to_string().contains(r#""simulated":"malformed""#)
        {
            shapes::event(name, &payload["d"]).unwrap();
        }
        Ok(payload)
    }

    async fn frame(&mut self) -> Result<Value, Option<u16>> {
        match self.0.next().await {
            Some(Ok(Message::Text(text))) => Ok(serde_json::from_str(&text).unwrap()),
            Some(Ok(Message::Binary(bytes))) => {
                let mut decoder = flate2::read::ZlibDecoder::new(bytes.as_ref());
                Ok(serde_json::from_reader(&mut decoder).unwrap())
            }
            Some(Ok(Message::Close(frame))) => Err(frame.map(|frame| frame.code.into())),
            Some(Ok(other)) => panic!("unexpected frame {other:?}"),
            Some(Err(_)) | None => Err(None),
        }
    }

    /// The next dispatch of this name; others are skipped.
    pub(crate) async fn event(&mut self, name: &str) -> Value {
        loop {
            let payload = self.next().await.unwrap();
            if payload["t"] == name {
                return payload;
            }
        }
    }
}
