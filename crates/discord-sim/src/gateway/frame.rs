//! Payloads as websocket frames: text, or zlib when IDENTIFY asked for payload compression.

use std::io::Write;

use axum::extract::ws::Message;
use flate2::Compression;
use flate2::write::ZlibEncoder;
use serde_json::Value;

/// How a connection wants its payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    /// Text frames.
    Plain,
    /// Binary frames, each a zlib stream of its own (Discord: events/gateway, "Payload Compression").
    Zlib,
}

/// One payload as one frame.
pub(crate) fn encode(payload: &Value, encoding: Encoding) -> Message {
    let text = payload.to_string();
    match encoding {
        Encoding::Plain => Message::Text(text.into()),
        Encoding::Zlib => compress(&text).map_or_else(
            |_| Message::Text(text.clone().into()),
            |bytes| Message::Binary(bytes.into()),
        ),
    }
}

fn compress(text: &str) -> std::io::Result<Vec<u8>> {
    let mut encoder = ZlibEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text.as_bytes())?;
    encoder.finish()
}
