//! One websocket: HELLO, then events out and commands in, until one side ends it.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::extract::ws::{CloseFrame, Message, WebSocket};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::sync::mpsc::{self, UnboundedReceiver, UnboundedSender};

use super::command::{self, Command};
use super::frame::{Encoding, encode};
use super::pulse::Pulse;
use super::{Entrance, Out};
use crate::journal::{Fact, GatewayFact, ViolationKind};
use crate::limits;
use crate::mistake::{Muddle, Told};
use crate::rules::{GatewayFault, Stage};
use crate::server::Wire;
use crate::shared::Shared;
use crate::wire;

/// A websocket that is being served.
pub(super) struct Connection {
    pub(super) shared: Arc<Shared>,
    pub(super) id: u64,
    pub(super) out: UnboundedSender<Out>,
    pub(super) encoding: Encoding,
    pub(super) state: State,
    pulse: Pulse,
    /// When the last payloads came, for the limit of 120 in 60 s.
    sends: VecDeque<i64>,
}

/// Whether the client has said who it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum State {
    Stranger,
    Identified,
}

/// What the address asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// What is served.
    Served,
    /// Another version, encoding or transport compression.
    Foreign,
}

pub(super) async fn serve(
    shared: Arc<Shared>,
    tcp: Wire,
    socket: WebSocket,
    (at, asked): (Entrance, Asked),
) {
    let (out, inbox) = mpsc::unbounded_channel();
    let (id, fault) = shared.act(|core| {
        let fault = core.gateway_fault(Stage::Hello);
        (core.hub.connect(out.clone()), fault)
    });
    let interval_ms = match fault {
        Some(GatewayFault::HelloInterval { ms }) => ms,
        None | Some(_) => shared.heartbeat_interval_ms,
    };
    let mut connection = Connection {
        shared: Arc::clone(&shared),
        id,
        out,
        encoding: Encoding::Plain,
        state: State::Stranger,
        pulse: Pulse::new(shared.zombies, shared.clock.clone(), interval_ms),
        sends: VecDeque::new(),
    };
    shared.note(Fact::Gateway(GatewayFact::Connected { at }));
    connection.greet(asked, fault, interval_ms);
    let code = connection.run(socket, inbox, &tcp).await;
    let now = shared.clock.now_ms();
    shared.act(|core| {
        core.hub.disconnect(id, code, now);
        core.world.note(Fact::Gateway(GatewayFact::Closed { code }));
    });
}

impl Connection {
    fn greet(&self, asked: Asked, fault: Option<GatewayFault>, interval_ms: u64) {
        match (asked, fault) {
            (Asked::Foreign, _) => self.refuse(4_012, "v=10 with plain JSON is what is served"),
            (_, Some(GatewayFault::NoHello)) => {}
            (_, Some(GatewayFault::CloseAtHello { code })) => self.close(code),
            (Asked::Served, _) => {
                let hello = json!({"heartbeat_interval": interval_ms});
                self.send(json!({"op": 10, "s": null, "t": null, "d": hello}));
            }
        }
    }

    /// Serves until one side ends it; gives the client's close code.
    async fn run(
        &mut self,
        socket: WebSocket,
        mut inbox: UnboundedReceiver<Out>,
        tcp: &Wire,
    ) -> Option<u16> {
        let (mut sink, mut stream) = socket.split();
        let stop = self.shared.stop.clone();
        let mut muddle = Muddle::new(self.shared.mistake);
        loop {
            tokio::select! {
                () = stop.cancelled() => return None,
                () = self.pulse.missed() => {
                    self.shared.act(|core| core.hub.forget_session_of(self.id));
                    self.pulse.beat();
                    self.close(Some(4_009));
                }
                out = inbox.recv() => match out? {
                    Out::Payload(mut payload) => {
                        if muddle.payload(&mut payload) == Told::No {
                            continue;
                        }
                        sink.send(encode(&payload, self.encoding)).await.ok()?;
                    }
                    Out::Close(code) => {
                        self.shared.note(Fact::Gateway(GatewayFact::CloseSent { code }));
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
            return self.close(Some(4_008));
        }
        match command {
            Ok(command) => self.obey(command),
            Err(unreadable) => self.refuse(unreadable.code, unreadable.why),
        }
    }

    fn obey(&mut self, command: Command) {
        match (command, self.state) {
            (Command::Heartbeat, _) => self.heartbeat(),
            (Command::Identify(_) | Command::Resume { .. }, State::Identified) => {
                self.refuse(4_005, "IDENTIFY or RESUME after the session has begun");
            }
            (Command::Identify(identify), State::Stranger) => self.identify(&identify),
            (
                Command::Resume {
                    token,
                    session,
                    seq,
                },
                State::Stranger,
            ) => self.resume(&token, session, seq),
            (Command::RequestMembers(_) | Command::Ignored(_), State::Stranger) => {
                self.refuse(4_003, "a command before IDENTIFY");
            }
            (Command::RequestMembers(request), State::Identified) => {
                self.note_command(8);
                self.members(&request);
            }
            (Command::Ignored(op), State::Identified) => self.note_command(op),
        }
    }

    fn heartbeat(&mut self) {
        self.pulse.beat();
        let fault = self.shared.act(|core| {
            core.world.note(Fact::Gateway(GatewayFact::Heartbeat));
            core.gateway_fault(Stage::Heartbeat)
        });
        match fault {
            Some(GatewayFault::NoAck) => {}
            Some(GatewayFault::CloseAtHeartbeat { code }) => self.close(code),
            None | Some(_) => self.send(json!({"op": 11, "s": null, "t": null, "d": null})),
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

    fn too_many(&mut self) -> bool {
        let now = self.shared.clock.now_ms();
        self.sends.retain(|at| now - at < limits::GATEWAY_WINDOW_MS);
        self.sends.push_back(now);
        self.sends.len() > limits::GATEWAY_SENDS
    }

    fn note_command(&self, op: u64) {
        self.shared.note(Fact::Gateway(GatewayFact::Command { op }));
    }

    pub(super) fn send(&self, payload: Value) {
        // The receiver is this connection's own loop, which outlives every sender in it.
        let _ = self.out.send(Out::Payload(payload));
    }

    pub(super) fn close(&self, code: Option<u16>) {
        // As in `send`.
        let _ = self.out.send(Out::Close(code));
    }

    /// Closes because the client did what it may not.
    pub(super) fn refuse(&self, code: u16, why: &str) {
        self.shared
            .violate(ViolationKind::GatewayMisuse, format!("{code}: {why}"));
        self.close(Some(code));
    }
}
