//! IDENTIFY and RESUME: who may begin a session or go on with one.

use serde_json::{Value, json};

use super::command::Identify;
use super::connection::{Connection, State};
use super::event::valid_intents;
use super::frame::Encoding;
use super::{Entrance, Event, Out, Resume, ResumeAt, Start};
use crate::journal::{Fact, GatewayFact, ViolationKind};
use crate::limits;
use crate::portal;
use crate::rules::{GatewayFault, Stage};
use crate::shared::Core;
use crate::wire;
use crate::world::World;

/// Why IDENTIFY gets a close frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Denied {
    InvalidShard,
    ShardingRequired,
    InvalidIntents,
    /// Not switched on in the developer portal.
    DisallowedIntents,
}

impl Denied {
    const fn code(self) -> u16 {
        match self {
            Self::InvalidShard => 4_010,
            Self::ShardingRequired => 4_011,
            Self::InvalidIntents => 4_013,
            Self::DisallowedIntents => 4_014,
        }
    }
}

impl Connection {
    pub(super) fn identify(&mut self, identify: &Identify) {
        let fault = self.shared.act(|core| core.gateway_fault(Stage::Identify));
        match fault {
            Some(GatewayFault::IgnoreIdentify) => return,
            Some(GatewayFault::CloseAtIdentify { code }) => return self.close(code),
            Some(GatewayFault::InvalidAtIdentify) => return self.invalid(&json!(false)),
            None | Some(_) => {}
        }
        if !self.knows(&identify.token) {
            return;
        }
        if let Err(denied) = self.shared.look(|core| check(identify, &core.world)) {
            return self.close(Some(denied.code()));
        }
        let now = self.shared.clock.now_ms();
        match self.shared.act(|core| start(core, now)) {
            Start::Granted => {}
            Start::TooSoon => return self.invalid(&json!(false)),
            // Discord resets the token: no session of it lives on.
            Start::Exhausted => return,
        }
        if identify.compress {
            self.encoding = Encoding::Zlib;
        }
        let (id, out, intents) = (self.id, self.out.clone(), identify.intents);
        let shard = identify.shard.unwrap_or((0, 1));
        self.shared.act(|core| {
            let world = &core.world;
            let first = |session: &str| first_events(world, session, shard, intents);
            let session = core.hub.identify(id, intents, out, first);
            core.world
                .note(Fact::Gateway(GatewayFact::Identified { session, intents }));
        });
        self.state = State::Identified;
    }

    pub(super) fn resume(&mut self, token: &str, session: String, seq: u64) {
        let fault = self.shared.act(|core| core.gateway_fault(Stage::Resume));
        match fault {
            Some(GatewayFault::IgnoreResume) => return,
            Some(GatewayFault::CloseAtResume { code }) => return self.close(code),
            Some(GatewayFault::InvalidAtResume) => {
                self.shared.act(|core| core.hub.forget_session(&session));
            }
            Some(GatewayFault::RetryAtResume) => return self.invalid(&json!(true)),
            None | Some(_) => {}
        }
        if !self.knows(token) {
            return;
        }
        let (id, out) = (self.id, self.out.clone());
        let now = self.shared.clock.now_ms();
        let resumed = self.shared.act(|core| {
            let at = ResumeAt {
                session: &session,
                seq,
                now,
            };
            let resumed = core.hub.resume(id, at, out);
            core.world.note(Fact::Gateway(match resumed {
                Resume::Done(replayed) => GatewayFact::Resumed { session, replayed },
                Resume::Unknown | Resume::InvalidSeq | Resume::TimedOut => {
                    GatewayFact::ResumeRefused { session }
                }
            }));
            resumed
        });
        match resumed {
            Resume::Done(_) => self.state = State::Identified,
            Resume::Unknown => self.invalid(&json!(false)),
            Resume::InvalidSeq => self.refuse(4_007, "RESUME with a sequence of the future"),
            Resume::TimedOut => self.close(Some(4_009)),
        }
    }

    fn knows(&self, token: &str) -> bool {
        let known = token == self.shared.token;
        if !known {
            self.shared.violate(
                ViolationKind::BadToken,
                "the gateway was given a wrong token",
            );
            self.close(Some(4_004));
        }
        known
    }

    /// Opcode 9; `resumable` says whether the session is still there.
    fn invalid(&self, resumable: &Value) {
        self.send(json!({"op": 9, "s": null, "t": null, "d": resumable}));
    }
}

/// Counts a session start. Too many end all sessions, as a new token does.
fn start(core: &mut Core, now: i64) -> Start {
    let start = core.world.starts.take(now);
    match start {
        Start::Granted => {}
        Start::TooSoon => core.world.note(Fact::Gateway(GatewayFact::IdentifyRefused)),
        Start::Exhausted => {
            core.world.note(Fact::Gateway(GatewayFact::IdentifyRefused));
            core.world.violate(
                ViolationKind::SessionStarts,
                format!("more than {} in a day", limits::SESSION_STARTS),
            );
            core.hub.tell_all(&Out::Close(Some(4_004)));
            core.hub.forget_sessions();
        }
    }
    start
}

fn check(identify: &Identify, world: &World) -> Result<(), Denied> {
    let (shard, shards) = identify.shard.unwrap_or((0, 1));
    if shard >= shards {
        return Err(Denied::InvalidShard);
    }
    if world.guilds.len() as u64 > limits::SHARD_GUILDS * shards {
        return Err(Denied::ShardingRequired);
    }
    if !valid_intents(identify.intents) {
        return Err(Denied::InvalidIntents);
    }
    if !portal::allows(&world.portal_intents, identify.intents) {
        return Err(Denied::DisallowedIntents);
    }
    Ok(())
}

/// READY, and a GUILD_CREATE for each guild of the shard (Discord: events/gateway, "Sharding").
fn first_events(
    world: &World,
    session: &str,
    shard: (u64, u64),
    intents: u64,
) -> Vec<(&'static str, Value)> {
    let own = || {
        let guilds = world.guilds.values();
        guilds.filter(|guild| {
            guild.members.contains_key(&world.bot) && (guild.id.get() >> 22) % shard.1 == shard.0
        })
    };
    let unavailable: Vec<Value> = own().map(|guild| wire::unavailable(guild.id)).collect();
    let mut first = vec![("READY", ready(world, session, &unavailable, shard))];
    first.extend(own().filter_map(|guild| {
        let event = Event::guild_create(world, guild.id);
        Some((event.kind.name(), event.for_intents(intents)?))
    }));
    first
}

fn ready(world: &World, session: &str, guilds: &[Value], shard: (u64, u64)) -> Value {
    let flags = portal::flags(&world.portal_intents);
    json!({
        "v": 10,
        "user": wire::current_user(world),
        "user_settings": {},
        "guilds": guilds,
        "session_id": session,
        "session_type": "normal",
        "resume_gateway_url": Entrance::Resume.url(&world.base_url),
        "shard": [shard.0, shard.1],
        "application": {"id": world.bot, "flags": flags, "flags_new": flags.to_string()},
        "relationships": [],
        "private_channels": [],
        "presences": [],
        "guild_join_requests": [],
        "geo_ordered_rtc_regions": [],
        "auth": {},
    })
}
