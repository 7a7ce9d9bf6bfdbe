//! Request bodies, decompressed.

use std::io::Read;

use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header::CONTENT_ENCODING};
use flate2::read::{GzDecoder, ZlibDecoder};
use serde_json::{Value, json};

/// The largest body, as sent and decompressed. Both CLIs send images inline.
const LIMIT: usize = 64 * 1024 * 1024;

/// A request's body.
#[derive(Debug)]
pub(crate) struct Received {
    /// How many bytes it has decompressed.
    pub(crate) length: usize,
    /// What it says, or a sentence about why it cannot be read.
    pub(crate) json: Result<Value, String>,
}

impl Received {
    /// How the log shows it.
    pub(crate) fn for_the_log(&self) -> Value {
        match &self.json {
            Ok(value) => value.clone(),
            Err(why) => json!({ "unreadable": why }),
        }
    }
}

/// Reads a body to its end. The encodings are those that the CLIs use against a custom server.
pub(crate) async fn receive(headers: &HeaderMap, body: Body) -> Received {
    let encoding = headers
        .get(CONTENT_ENCODING)
        .and_then(|value| value.to_str().ok());
    let plain = match to_bytes(body, LIMIT).await {
        Err(error) => Err(format!("the body did not arrive: {error}")),
        Ok(raw) => match encoding {
            None | Some("identity") => Ok(raw),
            Some("gzip") => inflate(GzDecoder::new(raw.as_ref())),
            Some("deflate") => inflate(ZlibDecoder::new(raw.as_ref())),
            Some(other) => Err(format!("the content encoding {other} is not supported")),
        },
    };
    let length = plain.as_ref().map_or(0, Bytes::len);
    let json = plain.and_then(|bytes| match bytes.as_ref() {
        [] => Ok(Value::Null),
        bytes => {
            serde_json::from_slice(bytes).map_err(|error| format!("the body is not JSON: {error}"))
        }
    });
    Received { length, json }
}

fn inflate(compressed: impl Read) -> Result<Bytes, String> {
    let mut plain = Vec::new();
    let limit = u64::try_from(LIMIT).unwrap_or(u64::MAX);
    match compressed.take(limit).read_to_end(&mut plain) {
        Ok(length) if length < LIMIT => Ok(plain.into()),
        Ok(_) => Err(format!("the body is larger than {LIMIT} bytes")),
        Err(error) => Err(format!("the body cannot be decompressed: {error}")),
    }
}
