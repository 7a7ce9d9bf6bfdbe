//! Where the gateway is, and whether it may be spoken to.

use std::time::Duration;

use async_trait::async_trait;
use parking_lot::Mutex;

use super::{
    Connection, DiscordError,
    connect::stays_here,
    relay::{NoGateway, Signpost, StartLimit},
    rest::Rest,
};
use crate::delivery::ChatError;

/// IDENTIFYs that are not spent on an old answer: while Discord does not say how many are left, the
/// last ones stay for whoever can ask it.
const RESERVE: u64 = 100;

/// What the hosts of Discord's gateway end in: `gateway.discord.gg`, and those that READY names
/// (Discord: events/gateway#connecting, events/gateway-events#ready).
const GATEWAYS: &str = ".discord.gg";

/// Asks Discord, or the simulator in its stead.
pub(super) struct FrontDoor {
    http: Rest,
    api_base: Option<String>,
    /// The last answer: the gateway may well be reached while the REST API has trouble.
    known: Mutex<Option<(String, StartLimit)>>,
}

impl FrontDoor {
    pub(super) fn to(connection: &Connection) -> Self {
        Self {
            http: connection.http.clone(),
            api_base: connection.settings.api_base.clone(),
            known: Mutex::new(None),
        }
    }

    async fn ask(&self) -> Result<(String, StartLimit), NoGateway> {
        let answer = self.http.within(self.http.get_bot_gateway()).await;
        let gateway = answer.map_err(|error| match error {
            ChatError::Unauthorized => NoGateway::Ever(DiscordError::BadToken),
            other @ (ChatError::Unknown(_)
            | ChatError::NotSent(_)
            | ChatError::Throttled(_)
            | ChatError::Refused { .. }) => NoGateway::Now(other),
        })?;
        let limit = gateway.session_start_limit;
        Ok((
            gateway.url,
            StartLimit {
                remaining: limit.remaining,
                reset_after: Duration::from_millis(limit.reset_after),
                concurrency: limit.max_concurrency,
            },
        ))
    }

    /// What Discord said last, if that allows another IDENTIFY.
    fn remembered(&self) -> Option<(String, StartLimit)> {
        let mut known = self.known.lock();
        let (_, limit) = known
            .as_mut()
            .filter(|(_, limit)| limit.remaining > RESERVE)?;
        limit.remaining -= 1;
        known.clone()
    }
}

#[async_trait]
impl Signpost for FrontDoor {
    async fn gateway(&self) -> Result<(String, StartLimit), NoGateway> {
        match self.ask().await {
            Ok(told) => {
                *self.known.lock() = Some(told.clone());
                Ok(told)
            }
            Err(NoGateway::Now(error)) => self.remembered().ok_or(NoGateway::Now(error)),
            Err(for_good) => Err(for_good),
        }
    }

    fn check(&self, url: &str) -> Result<(), DiscordError> {
        match &self.api_base {
            Some(base) => stays_here(base, url),
            None if url.starts_with("wss://") => Ok(()),
            None => Err(DiscordError::Ended(format!(
                "{url} is no address of Discord's gateway"
            ))),
        }
    }

    fn may_resume_at(&self, url: &str) -> bool {
        if self.api_base.is_some() {
            return self.check(url).is_ok();
        }
        // Whoever has the session and the token gets all that the bot hears.
        let parsed = reqwest::Url::parse(url).ok();
        parsed.is_some_and(|url| {
            let host = url.host_str();
            url.scheme() == "wss" && host.is_some_and(|host| host.ends_with(GATEWAYS))
        })
    }
}

#[cfg(test)]
mod tests {
    use serenity::http::HttpBuilder;

    use super::*;

    fn door(api_base: Option<&str>) -> FrontDoor {
        FrontDoor {
            http: Rest::new(|| HttpBuilder::new("token").build()),
            api_base: api_base.map(str::to_owned),
            known: Mutex::new(None),
        }
    }

    #[test]
    fn a_simulators_gateway_is_on_this_machine_and_discords_is_never_spoken_to_in_the_clear() {
        let simulators = door(Some("http://127.0.0.1:1"));
        let discords = door(None);
        for (url, here, there) in [
            ("ws://127.0.0.1:7", true, false),
            ("wss://gateway-us-east1-b.discord.gg", false, true),
            ("ws://gateway.discord.gg", false, false),
            ("http://gateway.discord.gg", false, false),
            ("", false, false),
        ] {
            assert_eq!(simulators.check(url).is_ok(), here, "{url}");
            assert_eq!(discords.check(url).is_ok(), there, "{url}");
        }
    }
    #[test]
    fn a_session_is_resumed_at_discords_own_gateways_and_at_a_simulators_on_this_machine() {
        let simulators = door(Some("http://127.0.0.1:1"));
        let discords = door(None);
        for (url, here, there) in [
            ("ws://127.0.0.1:7", true, false),
            ("wss://127.0.0.1:7", true, false),
            ("wss://gateway.discord.gg", false, true),
            ("wss://gateway-us-east1-b.discord.gg/?v=10", false, true),
            ("ws://gateway-us-east1-b.discord.gg", false, false),
            ("wss://gateway.discord.gg.evil.example", false, false),
            ("wss://gateway.discord.gg@evil.example", false, false),
            ("wss://evil.example/gateway.discord.gg", false, false),
            ("wss://evil.example?.discord.gg", false, false),
            ("wss://evildiscord.gg", false, false),
            ("wss://evil.example", false, false),
            ("", false, false),
        ] {
            assert_eq!(simulators.may_resume_at(url), here, "{url}");
            assert_eq!(discords.may_resume_at(url), there, "{url}");
        }
    }
}
