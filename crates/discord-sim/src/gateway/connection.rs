//! One websocket: HELLO, IDENTIFY or RESUME, then events out and heartbeats in.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::extract::ws::{CloseFrame, Message, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::command::{self, CloseCode, Command};
use super::event::valid_intents;
use super::frame::{Encoding, encode};
use super::{GatewayMode, Out, Resume};
use crate::journal::{Fact, GatewayFact, ViolationKind};
use crate::limits;
use crate::portal;
use crate::server::Wire;
use crate::shared::Shared;
use crate::wire;

/// Answers the request for a websocket, as the gateway's mode says.
pub(crate) async fn upgrade(shared: Arc<Shared>, tcp: Wire, mut parts: Parts) -> Response {
    match shared.look(|core| core.hub.mode) {
        GatewayMode::Open => {}
        GatewayMode::Refuse => {
            shared.note(Fact::Gateway(GatewayFact::Refused));
            return tcp.cut().await;
        }
        GatewayMode::Hang => {
            shared.note(Fact::Gateway(GatewayFact::Refused));
            return std::future::pending().await;
        }
    }
    match WebSocketUpgrade::from_request_parts(&mut parts, &()).await {
        Ok(upgrade) => upgrade.on_upgrade(move |socket| serve(shared, tcp, socket)),
        Err(refused) => refused.into_response(),
    }
}

struct Connection {
    shared: Arc<Shared>,
    id: u64,
    out: UnboundedSender<Out>,
    encoding: Encoding,
    state: State,
    /// When the last payloads came, for the limit of 120 in 60 s.
    sends: VecDeque<i64>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Stranger,
    Identified,
}

async fn serve(shared: Arc<Shared>, tcp: Wire, socket: WebSocket) {
    let (out, inbox) = mpsc::unbounded_channel();
    let id = shared.act(|core| core.hub.connect(out.clone()));
    let mut connection = Connection {
        shared: Arc::clone(&shared),
        id,
        out,
        encoding: Encoding::Plain,
        state: State::Stranger,
        sends: VecDeque::new(),
    };
    let code = connection.run(socket, inbox, &tcp).await;
    shared.act(|core| {
        core.hub.disconnect(id, code);
        core.world.note(Fact::Gateway(GatewayFact::Closed { code }));
    });
}

impl Connection {
    /// Serves until one side ends it; gives the client's close code.
    async fn run(
        &mut self,
        socket: WebSocket,
        mut inbox: UnboundedReceiver<Out>,
        tcp: &Wire,
    ) -> Option<u16> {
        let (mut sink, mut stream) = socket.split();
        self.shared.note(Fact::Gateway(GatewayFact::Connected));
        let interval = self.shared.heartbeat_interval_ms;
        self.send(json!({"op": 10, "s": null, "t": null, "d": {"heartbeat_interval": interval}}));
        let stop = self.shared.stop.clone();
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                out = inbox.recv() => match out? {
                    Out::Payload(payload) => {
                        sink.send(encode(&payload, self.encoding)).await.ok()?;
                    }
                    Out::Close(code) => {
                        let frame = code.map(|code| CloseFrame { code, reason: "".into() });
                        sink.send(Message::Close(frame)).await.ok()?;
                        // The client's own close frame, or its end, follows.
                        while let Some(Ok(_)) = stream.next().await {}
                        return None;
                    }
                    Out::Drop => {
                        tcp.kill();
                        return None;
                    }
                },
                frame = stream.next() => match frame {
                    Some(Ok(Message::Close(frame))) => return frame.map(|frame| frame.code),
                    Some(Ok(frame)) => self.hear(&frame),
                    Some(Err(_)) | None => return None,
                },
            }
        }
    }

    fn hear(&mut self, frame: &Message) {
        let Some(command) = command::read(frame) else {
            return;
        };
        if self.too_many() {
            self.shared.violate(
                ViolationKind::OverLimit,
                "more than 120 gateway sends in 60 s",
            );
            return self.close(4_008);
        }
        match command {
            Ok(command) => self.obey(command),
            Err(CloseCode(code)) => self.close(code),
        }
    }

    fn obey(&mut self, command: Command) {
        match (command, self.state) {
            (Command::Heartbeat, _) => {
                self.shared.note(Fact::Gateway(GatewayFact::Heartbeat));
                self.send(json!({"op": 11, "s": null, "t": null, "d": null}));
            }
            (Command::Identify { .. } | Command::Resume { .. }, State::Identified) => {
                self.close(4_005);
            }
            (Command::Identify { token, .. } | Command::Resume { token, .. }, _)
                if token != self.shared.token =>
            {
                self.shared.violate(
                    ViolationKind::BadToken,
                    "the gateway was given a wrong token",
                );
                self.close(4_004);
            }
            (Command::Identify { intents, .. }, _) if !valid_intents(intents) => self.close(4_013),
            (Command::Identify { intents, .. }, _) if !self.portal_allows(intents) => {
                self.close(4_014);
            }
            (
                Command::Identify {
                    intents, compress, ..
                },
                _,
            ) => {
                if compress == Some(true) {
                    self.encoding = Encoding::Zlib;
                }
                self.identify(intents);
            }
            (Command::Resume { session, seq, .. }, _) => self.resume(session, seq),
            (Command::RequestMembers(_) | Command::Ignored(_), State::Stranger) => {
                self.close(4_003);
            }
            (Command::RequestMembers(request), State::Identified) => {
                self.note_command(8);
                self.members(&request);
            }
            (Command::Ignored(op), State::Identified) => self.note_command(op),
        }
    }

    fn identify(&mut self, intents: u64) {
        let (id, out) = (self.id, self.out.clone());
        self.shared.act(|core| {
            let world = &core.world;
            let first = |session: &str| {
                let mut first = vec![("READY", ready(world, session))];
                for guild in world
                    .guilds
                    .values()
                    .filter(|g| g.members.contains_key(&world.bot))
                {
                    first.push(("GUILD_CREATE", wire::guild_create(world, guild.id)));
                }
                first
            };
            let session = core.hub.identify(id, intents, out, first);
            core.world
                .note(Fact::Gateway(GatewayFact::Identified { session, intents }));
        });
        self.state = State::Identified;
    }

    fn resume(&mut self, session: String, seq: u64) {
        let (id, out) = (self.id, self.out.clone());
        let resumed = self.shared.act(|core| {
            let resumed = core.hub.resume(id, &session, seq, out);
            core.world.note(Fact::Gateway(match resumed {
                Resume::Done(replayed) => GatewayFact::Resumed { session, replayed },
                Resume::Unknown => GatewayFact::ResumeRefused { session },
            }));
            resumed
        });
        match resumed {
            Resume::Done(_) => self.state = State::Identified,
            Resume::Unknown => self.send(json!({"op": 9, "s": null, "t": null, "d": false})),
        }
    }

    /// Answers "Request Guild Members" with one chunk.
    fn members(&self, request: &Value) {
        let query = request
            .get("query")
            .and_then(Value::as_str)
            .unwrap_or_default();
        self.shared.act(|core| {
            let world = &core.world;
            let Some(guild) = world.guilds.get(&world.home) else {
                return;
            };
            let found = guild
                .members
                .keys()
                .filter(|id| world.user_name(**id).starts_with(query));
            let members: Vec<Value> = found
                .filter_map(|id| wire::member(world, guild.id, *id))
                .collect();
            let chunk = json!({
                "guild_id": guild.id,
                "members": members,
                "chunk_index": 0,
                "chunk_count": 1,
                "not_found": [],
                "nonce": request.get("nonce"),
            });
            core.hub.tell_one(self.id, "GUILD_MEMBERS_CHUNK", &chunk);
        });
    }

    /// Whether the privileged ones of these intents are switched on in the developer portal.
    fn portal_allows(&self, intents: u64) -> bool {
        self.shared
            .look(|core| portal::allows(&core.world.portal_intents, intents))
    }

    fn too_many(&mut self) -> bool {
        let now = self.shared.clock.now_ms();
        self.sends.retain(|at| now - at < limits::GATEWAY_WINDOW_MS);
        self.sends.push_back(now);
        self.sends.len() > limits::GATEWAY_SENDS
    }

    fn note_command(&self, op: u64) {
        self.shared.note(Fact::Gateway(GatewayFact::Command { op }));
    }

    fn send(&self, payload: Value) {
        // The receiver is this connection's own loop, which outlives every sender in it.
        let _ = self.out.send(Out::Payload(payload));
    }

    fn close(&self, code: u16) {
        // As in `send`.
        let _ = self.out.send(Out::Close(Some(code)));
    }
}

fn ready(world: &crate::world::World, session: &str) -> Value {
    let guilds: Vec<Value> = world
        .guilds
        .values()
        .filter(|guild| guild.members.contains_key(&world.bot))
        .map(|guild| wire::unavailable(guild.id))
        .collect();
    let flags = portal::flags(&world.portal_intents);
    json!({
        "v": 10,
        "user": wire::current_user(world),
        "user_settings": {},
        "guilds": guilds,
        "session_id": session,
        "session_type": "normal",
        "resume_gateway_url": world.base_url.replacen("http", "ws", 1),
        "shard": [0, 1],
        "application": {"id": world.bot, "flags": flags, "flags_new": flags.to_string()},
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "auth": {},
    })
}
