//! What goes wrong at the token endpoint.

use std::collections::VecDeque;

use parking_lot::Mutex;

/// What happens to one renewal in the stead of a plain answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// Whether the refresh token is used up when it happens.
    pub when: When,
    /// What happens.
    pub what: What,
}

/// Which side of the use of a refresh token something happens on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// The service never saw the token.
    BeforeUse,
    /// The service has given out new tokens.
    AfterUse,
}

/// What can happen. A fault that lets the renewal go on ([`Self::Gate`], [`Self::Date`], [`Self::ExpiresIn`]) uses the
/// token up in either case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The connection is reset before anything is read of it; a tunnel is refused by the proxy, with 502. Always
    /// before use.
    Refuse,
    /// No answer comes.
    Hang,
    /// The answer breaks off after so many bytes of its body.
    Cut(usize),
    /// An error with this HTTP status, and with this `Retry-After` if there is one.
    Status(u16, Option<String>),
    /// A 200 that says this.
    Body(String),
    /// A 200 whose access token is too short to be one.
    ShortToken,
    /// The `Date` header is this many seconds ahead of the machine's clock, or behind.
    Date(i64),
    /// The access token holds this many seconds.
    ExpiresIn(u64),
    /// The renewal waits, before or after it uses the token, until a test opens the gate of this name.
    Gate(String),
}

impl Fault {
    /// Something that happens while the token is unused.
    pub fn before(what: What) -> Self {
        Self {
            when: When::BeforeUse,
            what,
        }
    }

    /// Something that happens when the token has been used.
    pub fn after(what: What) -> Self {
        Self {
            when: When::AfterUse,
            what,
        }
    }

    /// Whether the token stays unused.
    pub(crate) fn spares_the_token(&self) -> bool {
        let goes_on = matches!(
            self.what,
            What::Gate(_) | What::Date(_) | What::ExpiresIn(_)
        );
        self.when == When::BeforeUse && !goes_on
    }
}

/// The faults of the renewals to come, one each.
#[derive(Debug, Default)]
pub(crate) struct Queue(Mutex<VecDeque<Fault>>);

impl Queue {
    pub(crate) fn add(&self, faults: impl IntoIterator<Item = Fault>) {
        self.0.lock().extend(faults);
    }

    pub(crate) fn next(&self) -> Option<Fault> {
        self.0.lock().pop_front()
    }

    /// Whether the next connection is to be refused; counts it.
    pub(crate) fn refuses(&self) -> bool {
        let is_refusal = |fault: &mut Fault| fault.what == What::Refuse;
        self.0.lock().pop_front_if(is_refusal).is_some()
    }

    pub(crate) fn clear(&self) {
        self.0.lock().clear();
    }
}
