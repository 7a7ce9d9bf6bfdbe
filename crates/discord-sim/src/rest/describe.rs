//! Holds a request and the simulator's own answer against Discord's description, where there is one.

use crate::journal::{Violation, ViolationKind};
use crate::schema::{Exchange, Finding};
use crate::shared::Shared;

use super::answer::Headers;
use super::call::Call;
use super::reply::Reply;

/// Writes down what the description does not allow. Answers of rules that break requests are not
/// looked at: they are wrong on purpose.
pub(super) fn check(shared: &Shared, call: &Call, reply: &Reply, headers: &Headers) {
    let Some(schemas) = &shared.schemas else {
        return;
    };
    let (method, path) = (call.method.as_str(), &call.path);
    let findings = schemas.check(&Exchange {
        method,
        path,
        query: &call.query,
        body: &call.body,
        status: reply.status(),
        answer: reply.value(),
        headers,
    });
    for finding in findings {
        let violation = match finding {
            Finding::UnknownKey(key) => Violation {
                kind: ViolationKind::UnknownKey,
                detail: format!("{method} {path}: {key}"),
            },
            Finding::Mismatch(detail) => Violation {
                kind: ViolationKind::Schema,
                detail,
            },
        };
        // The strict types of the simulator may have found the same key, in the same words.
        if !shared.look(|core| core.journal.has(&violation)) {
            shared.violate(violation.kind, violation.detail);
        }
    }
}
