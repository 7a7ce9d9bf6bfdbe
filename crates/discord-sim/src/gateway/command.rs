//! What a client sends to the gateway (Discord: events/gateway-events, "Send Events").

use axum::extract::ws::{Message, Utf8Bytes};
use serde_json::Value;

use crate::limits;

/// A command of the client.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Heartbeat,
    Identify(Identify),
    Resume {
        token: String,
        session: String,
        seq: u64,
    },
    RequestMembers(Value),
    /// Presence, voice state and others that change nothing here.
    Ignored(u64),
}

/// IDENTIFY.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Identify {
    pub(crate) token: String,
    pub(crate) intents: u64,
    pub(crate) compress: bool,
    /// Which shard of how many.
    pub(crate) shard: Option<(u64, u64)>,
}

/// Why a payload cannot be read, and the close code that it is answered with
/// (Discord: topics/opcodes-and-status-codes, "Gateway Close Event Codes").
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unreadable {
    pub(crate) code: u16,
    pub(crate) why: &'static str,
}

const fn undecodable(why: &'static str) -> Unreadable {
    Unreadable { code: 4_002, why }
}

/// Reads a frame; `None` for ping and pong.
pub(crate) fn read(frame: &Message) -> Option<Result<Command, Unreadable>> {
    let text: &Utf8Bytes = match frame {
        Message::Text(text) => text,
        Message::Binary(_) => return Some(Err(undecodable("a binary frame"))),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
    };
    if text.len() > limits::GATEWAY_PAYLOAD_BYTES {
        return Some(Err(undecodable("more than 4096 bytes")));
    }
    Some(parse(text))
}

fn parse(text: &str) -> Result<Command, Unreadable> {
    let payload: Value = serde_json::from_str(text).map_err(|_| undecodable("no JSON"))?;
    let op = payload.get("op").and_then(Value::as_u64);
    let data = payload.get("d").unwrap_or(&Value::Null);
    Ok(match op.ok_or(undecodable("no opcode"))? {
        1 if data.is_null() || data.is_u64() => Command::Heartbeat,
        1 => return Err(undecodable("a heartbeat whose d is no sequence number")),
        2 => Command::Identify(identify(data).ok_or(undecodable("IDENTIFY of a wrong shape"))?),
        6 => resume(data).ok_or(undecodable("RESUME of a wrong shape"))?,
        8 => Command::RequestMembers(data.clone()),
        op @ (3 | 4 | 31) => Command::Ignored(op),
        _ => {
            return Err(Unreadable {
                code: 4_001,
                why: "an unknown opcode",
            });
        }
    })
}

/// `None` when something is missing or has a wrong type (events/gateway-events, "Identify").
fn identify(data: &Value) -> Option<Identify> {
    for property in ["os", "browser", "device"] {
        data.get("properties")?.get(property)?.as_str()?;
    }
    if let Some(threshold) = given(data, "large_threshold") {
        threshold
            .as_u64()
            .filter(|size| (50..=250).contains(size))?;
    }
    if let Some(presence) = given(data, "presence") {
        presence.as_object()?;
    }
    Some(Identify {
        token: token(data)?,
        intents: data.get("intents")?.as_u64()?,
        compress: match given(data, "compress") {
            Some(compress) => compress.as_bool()?,
            None => false,
        },
        shard: match given(data, "shard") {
            Some(shard) => match shard.as_array()?.as_slice() {
                [shard, shards] => Some((shard.as_u64()?, shards.as_u64()?)),
                _ => return None,
            },
            None => None,
        },
    })
}

fn resume(data: &Value) -> Option<Command> {
    Some(Command::Resume {
        token: token(data)?,
        session: data.get("session_id")?.as_str()?.to_owned(),
        seq: data.get("seq")?.as_u64()?,
    })
}

fn token(data: &Value) -> Option<String> {
    let token = data.get("token")?.as_str()?;
    Some(token.strip_prefix("Bot ").unwrap_or(token).to_owned())
}

fn given<'a>(data: &'a Value, key: &str) -> Option<&'a Value> {
    data.get(key).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(text: impl Into<Utf8Bytes>) -> Option<u16> {
        read(&Message::text(text))?
            .err()
            .map(|unreadable| unreadable.code)
    }

    #[test]
    fn an_unknown_opcode_closes_with_4001_and_what_cannot_be_read_with_4002() {
        assert_eq!(code("{\"op\":99}"), Some(4_001));
        for unreadable in [
            "garbage",
            "{}",
            "{\"op\":2,\"d\":{}}",
            "{\"op\":1,\"d\":\"x\"}",
        ] {
            assert_eq!(code(unreadable), Some(4_002), "{unreadable}");
        }
        assert_eq!(
            code(format!("{{\"op\":1}}{}", " ".repeat(4_096))),
            Some(4_002)
        );
    }

    #[test]
    fn a_heartbeat_is_understood() {
        assert_eq!(
            read(&Message::text("{\"op\":1,\"d\":null}")),
            Some(Ok(Command::Heartbeat))
        );
    }

    #[test]
    fn an_identify_needs_all_that_discord_demands_and_only_in_its_types() {
        let whole = json!({
            "token": "Bot t", "intents": 1, "compress": true, "large_threshold": 250,
            "shard": [0, 1], "presence": {"status": "online"},
            "properties": {"os": "a", "browser": "b", "device": "c"},
        });
        let read = Identify {
            token: "t".into(),
            intents: 1,
            compress: true,
            shard: Some((0, 1)),
        };
        assert_eq!(identify(&whole), Some(read));
        for (key, wrong) in [
            ("token", json!(1)),
            ("intents", json!("1")),
            ("compress", json!(1)),
            ("large_threshold", json!(251)),
            ("shard", json!([0])),
            ("presence", json!("online")),
            ("properties", json!({"os": "a"})),
        ] {
            let mut broken = whole.clone();
            broken[key] = wrong;
            assert_eq!(identify(&broken), None, "{key}");
        }
    }
}
