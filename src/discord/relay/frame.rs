//! What a payload of the gateway says on its envelope (Discord: events/gateway-events#payload-structure).

use std::io::Read as _;

use flate2::read::ZlibDecoder;
use serde::Deserialize;
use serde_json::value::RawValue;
use tokio_tungstenite::tungstenite::Message;

/// The largest payload that is unpacked; a READY or GUILD_CREATE of a huge guild has some MiB.
const LARGEST: u64 = 64 * 1024 * 1024;

/// The opcodes that the relay acts on (Discord: opcodes-and-status-codes#gateway-gateway-opcodes).
pub(super) mod op {
    pub(in super::super) const DISPATCH: u8 = 0;
    pub(in super::super) const HEARTBEAT: u8 = 1;
    pub(in super::super) const IDENTIFY: u8 = 2;
    pub(in super::super) const RESUME: u8 = 6;
    pub(in super::super) const RECONNECT: u8 = 7;
    pub(in super::super) const INVALID_SESSION: u8 = 9;
    pub(in super::super) const HELLO: u8 = 10;
    pub(in super::super) const HEARTBEAT_ACK: u8 = 11;
}

/// The envelope; what is in it is read only where the relay needs it.
#[derive(Debug, Deserialize)]
struct Envelope<'a> {
    op: u8,
    s: Option<u64>,
    t: Option<String>,
    #[serde(borrow)]
    d: Option<&'a RawValue>,
}

/// A payload as the relay sees it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Payload {
    pub(super) op: u8,
    /// The number of a dispatch in its session.
    pub(super) seq: Option<u64>,
    /// The name of a dispatch.
    pub(super) kind: Option<String>,
    /// The data of HELLO, READY and "invalid session"; nothing else is kept.
    pub(super) data: Option<String>,
}

/// Why a frame says nothing that can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("it is no payload of the gateway")]
pub(super) struct Unreadable;

/// Reads a text or binary frame; `None` for what carries no payload.
pub(super) fn read(message: &Message) -> Result<Option<Payload>, Unreadable> {
    match message {
        Message::Text(text) => parse(text).map(Some),
        // Payload compression: each binary frame is a zlib stream of its own.
        Message::Binary(bytes) => {
            let mut text = String::new();
            ZlibDecoder::new(&bytes[..])
                .take(LARGEST)
                .read_to_string(&mut text)
                .map_err(|_| Unreadable)?;
            parse(&text).map(Some)
        }
        Message::Ping(_) | Message::Pong(_) | Message::Close(_) | Message::Frame(_) => Ok(None),
    }
}

fn parse(text: &str) -> Result<Payload, Unreadable> {
    let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|_| Unreadable)?;
    let is_wanted = match envelope.op {
        op::HELLO | op::INVALID_SESSION => true,
        op::DISPATCH => envelope.t.as_deref() == Some("READY"),
        _ => false,
    };
    Ok(Payload {
        op: envelope.op,
        seq: envelope.s,
        kind: envelope.t,
        data: envelope
            .d
            .filter(|_| is_wanted)
            .map(|data| data.get().to_owned()),
    })
}

/// HELLO's interval in milliseconds.
pub(super) fn interval(hello: &Payload) -> Option<u64> {
    #[derive(Deserialize)]
    struct Hello {
        heartbeat_interval: u64,
    }
    let hello: Hello = serde_json::from_str(hello.data.as_deref()?).ok()?;
    Some(hello.heartbeat_interval)
}

/// Where READY says that the session can be resumed.
pub(super) fn resume_url(ready: &Payload) -> Option<String> {
    #[derive(Deserialize)]
    struct Ready {
        resume_gateway_url: Option<String>,
    }
    let ready: Ready = serde_json::from_str(ready.data.as_deref()?).ok()?;
    ready.resume_gateway_url
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::{Compression, write::ZlibEncoder};

    use super::*;

    fn packed(text: &str) -> Message {
        let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).unwrap();
        Message::Binary(encoder.finish().unwrap().into())
    }

    #[test]
    fn the_envelope_is_read_packed_or_not_and_only_what_is_wanted_is_kept() {
        let text = r#"{"d":{"content":"secret"},"op":0,"s":7,"t":"MESSAGE_CREATE"}"#;
        let wanted = Payload {
            op: op::DISPATCH,
            seq: Some(7),
            kind: Some("MESSAGE_CREATE".into()),
            data: None,
        };
        assert_eq!(read(&Message::text(text)), Ok(Some(wanted.clone())));
        assert_eq!(read(&packed(text)), Ok(Some(wanted)));
    }

    #[test]
    fn hello_and_ready_say_what_the_relay_needs() {
        let hello = r#"{"op":10,"s":null,"t":null,"d":{"heartbeat_interval":41250}}"#;
        let hello = read(&Message::text(hello)).unwrap().unwrap();
        assert_eq!(interval(&hello), Some(41_250));
        let ready = r#"{"op":0,"s":1,"t":"READY","d":{"resume_gateway_url":"wss://one"}}"#;
        let ready = read(&packed(ready)).unwrap().unwrap();
        assert_eq!(resume_url(&ready).as_deref(), Some("wss://one"));
    }

    #[test]
    fn what_is_no_payload_is_said_to_be_none() {
        for bad in [
            Message::text("{"),
            Message::text("[]"),
            Message::text(r#"{"d":1}"#),
            Message::Binary(vec![1, 2, 3].into()),
        ] {
            assert_eq!(read(&bad), Err(Unreadable), "{bad:?}");
        }
        assert_eq!(read(&Message::Ping(Vec::new().into())), Ok(None));
    }
}
