//! A client of the Messages API, as thin as can be.

use futures::StreamExt;
use model_sim::ModelSim;
use reqwest::{Client, RequestBuilder, Response};
use serde_json::{Value, json};

/// A streamed request with one user text.
pub(crate) fn streamed(text: &str) -> Value {
    json!({ "model": "m", "stream": true, "messages": [{ "role": "user", "content": text }] })
}

/// The same, unstreamed.
pub(crate) fn whole(text: &str) -> Value {
    json!({ "model": "m", "messages": [{ "role": "user", "content": text }] })
}

pub(crate) fn post(sim: &ModelSim, path: &str, body: &Value) -> RequestBuilder {
    Client::new()
        .post(format!("{}{path}", sim.base_url()))
        .json(body)
}

pub(crate) async fn ask(sim: &ModelSim, body: &Value) -> Response {
    post(sim, "/v1/messages", body)
        .send()
        .await
        .expect("the simulator answers")
}

/// The events of a streamed reply as they come.
pub(crate) struct Events {
    chunks: futures::stream::BoxStream<'static, reqwest::Result<bytes::Bytes>>,
    buffer: String,
}

impl Events {
    pub(crate) fn of(response: Response) -> Self {
        Self {
            chunks: response.bytes_stream().boxed(),
            buffer: String::new(),
        }
    }

    /// The next event, nothing at the end, an error when the connection breaks.
    pub(crate) async fn next(&mut self) -> reqwest::Result<Option<Value>> {
        loop {
            if let Some((event, rest)) = self.buffer.split_once("\n\n") {
                let (name, data) = event.split_once('\n').expect("an event has two lines");
                let data: Value = serde_json::from_str(data.strip_prefix("data: ").expect("data"))
                    .expect("data is JSON");
                assert_eq!(name.strip_prefix("event: "), data["type"].as_str());
                self.buffer = rest.to_owned();
                return Ok(Some(data));
            }
            match self.chunks.next().await {
                Some(chunk) => self
                    .buffer
                    .push_str(std::str::from_utf8(&chunk?).expect("UTF-8")),
                None => return Ok(None),
            }
        }
    }

    pub(crate) async fn all(mut self) -> Vec<Value> {
        let mut events = Vec::new();
        while let Some(event) = self.next().await.expect("the stream is whole") {
            events.push(event);
        }
        events
    }

    /// Reads until so many text deltas came and returns them joined.
    pub(crate) async fn text_of_deltas(&mut self, count: usize) -> String {
        let mut text = Vec::new();
        while text.len() < count {
            let event = self.next().await.expect("no break").expect("no end yet");
            text.extend(event["delta"]["text"].as_str().map(str::to_owned));
        }
        text.concat()
    }
}

/// The text of all text deltas.
pub(crate) fn text_of(events: &[Value]) -> String {
    events
        .iter()
        .filter_map(|event| event["delta"]["text"].as_str())
        .collect()
}
