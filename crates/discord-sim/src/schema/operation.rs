//! One operation: what its query, its body and its answers may look like.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};

use super::bundle::Components;
use super::part::Part;
use super::{Exchange, Finding, documents};

/// An operation of the description.
#[derive(Debug)]
pub(super) struct Operation {
    /// Discord's name for it: `create_message`.
    id: String,
    query: BTreeMap<String, Part>,
    body: Option<Body>,
    /// By status: `200`, `4XX`, `default`.
    answers: BTreeMap<String, Answer>,
}

#[derive(Debug)]
struct Answer {
    /// `None` when it is empty.
    json: Option<Part>,
    /// The headers that it has, in lower case.
    headers: Vec<String>,
}

#[derive(Debug)]
struct Body {
    part: Part,
    required: bool,
}

impl Operation {
    pub(super) fn new(
        operation: &Value,
        shared_parameters: Option<&Value>,
        components: &Arc<Components>,
    ) -> Self {
        let own = operation.get("parameters");
        let parameters = own.into_iter().chain(shared_parameters);
        let query = parameters
            .filter_map(Value::as_array)
            .flatten()
            .filter(|parameter| parameter["in"] == "query")
            .filter_map(|parameter| {
                let part = Part::new(parameter["schema"].clone(), components);
                Some((parameter["name"].as_str()?.to_owned(), part))
            });
        let answers = operation["responses"].as_object().into_iter().flatten();
        let answers = answers.map(|(status, answer)| {
            let shared = answer["$ref"].as_str();
            let shared = shared.map(|name| components.get(name).unwrap_or_default());
            let answer = shared.as_ref().unwrap_or(answer);
            let headers = answer["headers"].as_object().into_iter().flatten();
            let headers = headers.map(|(name, _)| name.to_lowercase()).collect();
            let json = json_of(answer, components);
            (status.clone(), Answer { json, headers })
        });
        let body = operation.get("requestBody").and_then(|body| {
            Some(Body {
                part: json_of(body, components)?,
                required: body["required"] == true,
            })
        });
        Self {
            id: operation["operationId"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            query: query.collect(),
            body,
            answers: answers.collect(),
        }
    }

    /// All that is wrong with an exchange.
    pub(super) fn check(&self, exchange: &Exchange<'_>) -> Vec<Finding> {
        let mut findings = Vec::new();
        if exchange.status != 400 {
            self.check_query(exchange, &mut findings);
            self.check_body(exchange, &mut findings);
        }
        self.check_answer(exchange, &mut findings);
        findings
    }

    fn check_query(&self, exchange: &Exchange<'_>, findings: &mut Vec<Finding>) {
        let pairs = exchange.query.split('&').filter(|pair| !pair.is_empty());
        for pair in pairs {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some(part) = self.query.get(name) else {
                findings.push(Finding::UnknownKey(format!("?{name}")));
                continue;
            };
            let value = percent_encoding::percent_decode_str(value).decode_utf8_lossy();
            let text = json!(value);
            // A query has only texts: what is a number or a flag has to be told from its look.
            let read = serde_json::from_str::<Value>(&value);
            let fits =
                part.wrong(&text).is_empty() || read.is_ok_and(|read| part.wrong(&read).is_empty());
            if !fits {
                let wrong = format!("?{name}={value} is not what Discord takes");
                findings.push(self.mismatch("request", exchange, &wrong));
            }
        }
    }

    fn check_body(&self, exchange: &Exchange<'_>, findings: &mut Vec<Finding>) {
        match &self.body {
            None if exchange.body.is_null() => {}
            None => findings.push(self.mismatch("request", exchange, "Discord takes no body here")),
            Some(body) if exchange.body.is_null() && !body.required => {}
            Some(body) => {
                let given = documents::request(exchange.body);
                for wrong in body.part.wrong(&given) {
                    findings.push(self.mismatch("request", exchange, &wrong));
                }
                let unknown = body.part.unknown_keys(&given).into_iter();
                let unknown = unknown.filter(|key| !documents::knows(&self.id, key));
                findings.extend(unknown.map(Finding::UnknownKey));
            }
        }
    }

    fn check_answer(&self, exchange: &Exchange<'_>, findings: &mut Vec<Finding>) {
        let Some(described) = self.answer(exchange.status) else {
            let status = exchange.status;
            let wrong = format!("Discord never answers with {status}");
            findings.push(self.mismatch("answer", exchange, &wrong));
            return;
        };
        match (&described.json, exchange.answer) {
            (None, None) => {}
            (None, Some(_)) => {
                findings.push(self.mismatch("answer", exchange, "Discord's is empty"));
            }
            (Some(_), None) => findings.push(self.mismatch("answer", exchange, "it has no body")),
            (Some(part), Some(answer)) => {
                for wrong in part.wrong(&documents::answer(answer)) {
                    findings.push(self.mismatch("answer", exchange, &wrong));
                }
            }
        }
        // Limits are told with all that belongs to them or, where there are none, not at all.
        let told = |name: &str| exchange.headers.iter().any(|(known, _)| *known == name);
        if described.headers.iter().any(|name| told(name)) {
            for name in described.headers.iter().filter(|name| !told(name)) {
                let wrong = format!("the header {name} is missing");
                findings.push(self.mismatch("answer", exchange, &wrong));
            }
        }
    }

    fn answer(&self, status: u16) -> Option<&Answer> {
        let names = [
            status.to_string(),
            format!("{}XX", status / 100),
            "default".to_owned(),
        ];
        names.iter().find_map(|name| self.answers.get(name))
    }

    fn mismatch(&self, direction: &str, exchange: &Exchange<'_>, wrong: &str) -> Finding {
        let Exchange { method, path, .. } = exchange;
        let id = &self.id;
        Finding::Mismatch(format!("{id} {direction} ({method} {path}): {wrong}"))
    }
}

/// The JSON of a body or answer. Forms carry the same JSON in one of their parts.
fn json_of(described: &Value, components: &Arc<Components>) -> Option<Part> {
    let schema = described.pointer("/content/application~1json/schema")?;
    Some(Part::new(schema.clone(), components))
}
