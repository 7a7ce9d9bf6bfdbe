//! The logins that a service has given out. What comes of one login is a family: each renewal adds a generation.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

use super::token::{Mint, Tokens};

/// How the service treats its tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// Whether a refresh token is good for one time, and the answer brings the next one. Otherwise it stays.
    pub one_time: bool,
    /// How long a one-time token that was used may come again. It then gets what it got the first time.
    pub grace: Duration,
    /// Whether a used token that comes again, without grace, ends the whole login.
    pub revoke_on_reuse: bool,
    /// Whether a renewal ends the access token of before. Otherwise that holds until its time is over.
    pub ends_the_old: bool,
    /// How long an access token holds, as its client is told.
    pub expires_in: Duration,
    /// How long it is taken after that: clocks differ.
    pub leeway: Duration,
}

impl Default for Rules {
    /// One-time tokens without grace, whose reuse ends the login; access tokens of eight hours.
    fn default() -> Self {
        Self {
            one_time: true,
            grace: Duration::ZERO,
            revoke_on_reuse: true,
            ends_the_old: false,
            expires_in: Duration::from_hours(8),
            leeway: Duration::ZERO,
        }
    }
}

/// Why a refresh token gets nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Refusal {
    /// Nobody was ever given it.
    Unknown,
    /// It was used before.
    Reused,
    /// Its login was ended.
    Ended,
}

/// What an access token is worth.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    Good,
    Unknown,
    Expired,
    Ended,
}

impl Worth {
    /// What the service says when it refuses the token.
    pub(crate) fn complaint(self) -> Option<&'static str> {
        match self {
            Self::Good => None,
            Self::Unknown => Some("Invalid bearer token"),
            Self::Expired => Some(
                "OAuth token has expired. Please obtain a new token or refresh your existing token.",
            ),
            Self::Ended => Some("OAuth token has been revoked. Please obtain a new token."),
        }
    }
}

/// Gives tokens out and knows them again. Clones share one book.
#[derive(Debug, Clone, Default)]
pub(crate) struct Issuer(Arc<Mutex<Vec<Family>>>);

#[derive(Debug)]
struct Family {
    is_alive: bool,
    /// Each but the newest was renewed; never empty.
    generations: Vec<Generation>,
}

#[derive(Debug)]
struct Generation {
    tokens: Tokens,
    given: Instant,
}

impl Generation {
    fn new(tokens: Tokens) -> Self {
        Self {
            tokens,
            given: Instant::now(),
        }
    }
}

impl Issuer {
    /// Begins a login.
    pub(crate) fn login(&self, mint: &Mint) -> Tokens {
        let tokens = mint.tokens();
        self.begin(vec![Generation::new(tokens.clone())]);
        tokens
    }

    /// The same for a refresh token that was given out elsewhere, which this uses.
    pub(crate) fn adopt(&self, refresh: &str, mint: &Mint) -> Tokens {
        let foreign = Tokens {
            refresh: refresh.to_owned(),
            ..mint.tokens()
        };
        let tokens = mint.tokens();
        let both = [foreign, tokens.clone()];
        self.begin(both.into_iter().map(Generation::new).collect());
        tokens
    }

    fn begin(&self, generations: Vec<Generation>) {
        self.0.lock().push(Family {
            is_alive: true,
            generations,
        });
    }

    /// Every token that was given out, whether it is still good or not.
    pub(crate) fn given(&self) -> Vec<String> {
        let families = self.0.lock();
        let all = families.iter().flat_map(|family| &family.generations);
        all.flat_map(|generation| {
            let tokens = &generation.tokens;
            [tokens.access.clone(), tokens.refresh.clone()]
        })
        .collect()
    }

    /// What a refresh token gets.
    pub(crate) fn renew(
        &self,
        refresh: &str,
        rules: &Rules,
        mint: &Mint,
    ) -> Result<Tokens, Refusal> {
        let mut families = self.0.lock();
        let (at, family) = families
            .iter_mut()
            .find_map(|family| Some((family.position(refresh)?, family)))
            .ok_or(Refusal::Unknown)?;
        if !family.is_alive {
            return Err(Refusal::Ended);
        }
        if let Some(next) = family.generations.get(at + 1) {
            // The next generation was given out when this one was used.
            if next.given.elapsed() < rules.grace {
                return Ok(next.tokens.clone());
            }
            family.is_alive = !rules.revoke_on_reuse;
            return Err(Refusal::Reused);
        }
        let mut tokens = mint.tokens();
        if !rules.one_time {
            refresh.clone_into(&mut tokens.refresh);
        }
        family.generations.push(Generation::new(tokens.clone()));
        Ok(tokens)
    }

    /// Ends the login of a refresh or an access token. Says whether there was one.
    pub(crate) fn end(&self, token: &str) -> bool {
        let mut families = self.0.lock();
        let found = families
            .iter_mut()
            .find(|family| family.position(token).is_some() || family.holder_of(token).is_some());
        found.is_some_and(|family| std::mem::replace(&mut family.is_alive, false))
    }

    /// The newest tokens of each login that holds, in the order of the logins.
    pub(crate) fn live(&self) -> Vec<Tokens> {
        let families = self.0.lock();
        let alive = families.iter().filter(|family| family.is_alive);
        alive
            .filter_map(|family| Some(family.generations.last()?.tokens.clone()))
            .collect()
    }

    /// What an access token is worth.
    pub(crate) fn worth(&self, access: &str, rules: &Rules) -> Worth {
        let families = self.0.lock();
        let Some((family, at)) = families
            .iter()
            .find_map(|family| Some((family, family.holder_of(access)?)))
        else {
            return Worth::Unknown;
        };
        let is_newest = at + 1 == family.generations.len();
        let generation = &family.generations[at];
        if !family.is_alive || (rules.ends_the_old && !is_newest) {
            Worth::Ended
        } else if generation.given.elapsed() >= generation.tokens.expires_in + rules.leeway {
            Worth::Expired
        } else {
            Worth::Good
        }
    }

    pub(crate) fn reset(&self) {
        self.0.lock().clear();
    }
}

impl Family {
    /// Which generation a refresh token is of: the newest, if it has stayed the same.
    fn position(&self, refresh: &str) -> Option<usize> {
        let mut generations = self.generations.iter();
        generations.rposition(|generation| generation.tokens.refresh == refresh)
    }

    fn holder_of(&self, access: &str) -> Option<usize> {
        let mut generations = self.generations.iter();
        generations.position(|generation| generation.tokens.access == access)
    }
}
