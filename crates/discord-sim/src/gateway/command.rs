//! What a client sends to the gateway (Discord: events/gateway-events, "Send Events").

use axum::extract::ws::{Message, Utf8Bytes};
use serde_json::Value;

use crate::limits;

/// A command of the client.
#[derive(Debug, PartialEq)]
pub(crate) enum Command {
    Heartbeat,
    Identify {
        token: String,
        intents: u64,
        compress: Option<bool>,
    },
    Resume {
        token: String,
        session: String,
        seq: u64,
    },
    RequestMembers(Value),
    /// Presence, voice state and others that change nothing here.
    Ignored(u64),
}

/// The close code that a bad payload is answered with
/// (Discord: topics/opcodes-and-status-codes, "Gateway Close Event Codes").
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct CloseCode(pub(crate) u16);

/// Reads a frame; `None` for ping and pong.
pub(crate) fn read(frame: &Message) -> Option<Result<Command, CloseCode>> {
    let text: &Utf8Bytes = match frame {
        Message::Text(text) => text,
        Message::Binary(_) => return Some(Err(CloseCode(4_002))),
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) => return None,
    };
    if text.len() > limits::GATEWAY_PAYLOAD_BYTES {
        return Some(Err(CloseCode(4_002)));
    }
    Some(
        parse(text)
            .ok_or(CloseCode(4_002))
            .and_then(|command| command),
    )
}

/// `None` when it cannot be decoded.
fn parse(text: &str) -> Option<Result<Command, CloseCode>> {
    let payload: Value = serde_json::from_str(text).ok()?;
    let data = payload.get("d").unwrap_or(&Value::Null);
    let token = || {
        let token = data.get("token")?.as_str()?;
        Some(token.strip_prefix("Bot ").unwrap_or(token).to_owned())
    };
    let command = match payload.get("op")?.as_u64()? {
        1 => Command::Heartbeat,
        2 => Command::Identify {
            token: token()?,
            intents: data.get("intents")?.as_u64()?,
            compress: data.get("compress").and_then(Value::as_bool),
        },
        6 => Command::Resume {
            token: token()?,
            session: data.get("session_id")?.as_str()?.to_owned(),
            seq: data.get("seq")?.as_u64()?,
        },
        8 => Command::RequestMembers(data.clone()),
        op @ (3 | 4 | 31) => Command::Ignored(op),
        _ => return Some(Err(CloseCode(4_001))),
    };
    Some(Ok(command))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_opcode_closes_with_4001_and_garbage_with_4002() {
        assert_eq!(
            read(&Message::text("{\"op\":99}")),
            Some(Err(CloseCode(4_001)))
        );
        assert_eq!(read(&Message::text("garbage")), Some(Err(CloseCode(4_002))));
        assert_eq!(
            read(&Message::text("{\"op\":2,\"d\":{}}")),
            Some(Err(CloseCode(4_002)))
        );
    }

    #[test]
    fn a_heartbeat_is_understood() {
        assert_eq!(
            read(&Message::text("{\"op\":1,\"d\":null}")),
            Some(Ok(Command::Heartbeat))
        );
    }
}
