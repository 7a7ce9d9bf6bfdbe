//! A request as it came: route, query, JSON and files.

use axum::body::{Body, to_bytes};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE};
use axum::http::{HeaderMap, Method};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::body;
use crate::error::ApiError;
use crate::journal::ViolationKind;
use crate::limits;
use crate::throttle::Asked;
use crate::world::{Upload, World};

use super::Route;

/// One request.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) method: Method,
    /// Percent-decoded, without the query.
    pub(crate) path: String,
    pub(crate) query: String,
    pub(crate) route: Route,
    /// The token after `Bot `.
    pub(crate) token: Option<String>,
    /// The JSON, or null.
    pub(crate) body: Value,
    pub(crate) uploads: Vec<Upload>,
    /// The place of each upload in the form: `files[3]` has 3.
    upload_ids: Vec<u64>,
}

impl Call {
    /// Reads a request with its whole body.
    pub(crate) async fn read(request: Request) -> Result<Self, ApiError> {
        let (parts, body) = request.into_parts();
        let bytes = to_bytes(body, limits::REQUEST_BYTES)
            .await
            .map_err(|_| ApiError::TooLarge)?;
        let path = decode(parts.uri.path());
        let mut call = Self {
            route: Route::parse(&parts.method, parts.uri.path()),
            method: parts.method.clone(),
            path,
            query: parts.uri.query().unwrap_or_default().to_owned(),
            token: bot_token(&parts.headers),
            body: Value::Null,
            uploads: Vec::new(),
            upload_ids: Vec::new(),
        };
        let content_type = parts
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        if content_type.is_some_and(|kind| kind.starts_with("multipart/")) {
            let request = Request::from_parts(parts, Body::from(bytes));
            let form = Multipart::from_request(request, &()).await;
            call.read_form(form.map_err(|_| ApiError::InvalidJson)?)
                .await?;
        } else if !bytes.is_empty() {
            call.body = serde_json::from_slice(&bytes).map_err(|_| ApiError::InvalidJson)?;
        }
        Ok(call)
    }

    async fn read_form(&mut self, mut form: Multipart) -> Result<(), ApiError> {
        while let Some(part) = form.next_field().await.map_err(|_| ApiError::InvalidJson)? {
            let name = part.name().unwrap_or_default().to_owned();
            let filename = part.file_name().map(str::to_owned);
            let content_type = part
                .content_type()
                .unwrap_or("application/octet-stream")
                .to_owned();
            let bytes = part.bytes().await.map_err(|_| ApiError::InvalidJson)?;
            if name == "payload_json" {
                self.body = serde_json::from_slice(&bytes).map_err(|_| ApiError::InvalidJson)?;
            } else if let Some(filename) = filename {
                let place = name
                    .strip_prefix("files[")
                    .and_then(|rest| rest.strip_suffix(']'));
                let place = place.and_then(|place| place.parse().ok());
                self.upload_ids
                    .push(place.unwrap_or(self.uploads.len() as u64));
                let bytes = bytes.to_vec();
                self.uploads.push(Upload {
                    filename,
                    description: None,
                    content_type,
                    bytes,
                });
            }
        }
        Ok(())
    }

    /// The body as a `T`; keys that Discord does not know become violations.
    pub(crate) fn parse<T>(&self, world: &mut World) -> Result<T, ApiError>
    where
        T: DeserializeOwned + Serialize,
    {
        let read = body::read::<T>(&self.body)?;
        for key in read.unknown {
            let detail = format!("{} {}: {key}", self.method, self.path);
            world.violate(ViolationKind::UnknownKey, detail);
        }
        Ok(read.body)
    }

    /// The uploads with what the body says about them.
    pub(crate) fn described_uploads(
        &self,
        described: Option<&[body::AttachmentBody]>,
    ) -> Vec<Upload> {
        let mut uploads = self.uploads.clone();
        for (upload, place) in uploads.iter_mut().zip(&self.upload_ids) {
            let found = described
                .unwrap_or_default()
                .iter()
                .find(|attachment| attachment.number() == Some(*place));
            if let Some(found) = found {
                upload.description.clone_from(&found.description);
                if let Some(filename) = &found.filename {
                    upload.filename.clone_from(filename);
                }
            }
        }
        uploads
    }

    /// One value of the query.
    pub(crate) fn query<T: std::str::FromStr>(&self, key: &str) -> Option<T> {
        let pairs = self
            .query
            .split('&')
            .filter_map(|pair| pair.split_once('='));
        let (_, value) = pairs.into_iter().find(|(name, _)| *name == key)?;
        decode(value).parse().ok()
    }

    /// The request as rate limits see it.
    pub(crate) fn asked(&self) -> Asked<'_> {
        Asked {
            route: self.route.kind(),
            path: &self.path,
            body: &self.body,
        }
    }

    /// All texts of the body, for rules that look for one.
    pub(crate) fn text(&self) -> String {
        let mut text = String::new();
        collect(&self.body, &mut text);
        text
    }
}

fn collect(value: &Value, text: &mut String) {
    match value {
        Value::String(found) => {
            text.push_str(found);
            text.push('\n');
        }
        Value::Array(list) => list.iter().for_each(|value| collect(value, text)),
        Value::Object(fields) => fields.values().for_each(|value| collect(value, text)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn bot_token(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
    value.strip_prefix("Bot ").map(str::to_owned)
}

/// Percent-decodes a piece of a path or query.
pub(super) fn decode(text: &str) -> String {
    percent_encoding::percent_decode_str(text)
        .decode_utf8_lossy()
        .into_owned()
}

/// The id of an attachment that an edit keeps. Ids of uploads are places in the form and small.
pub(super) fn kept_id(attachment: &body::AttachmentBody) -> Option<u64> {
    attachment.number().filter(|id| *id > limits::FILES as u64)
}
