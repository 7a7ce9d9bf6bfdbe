//! `[approvals]`: how people are asked whether an agent may do something.

use std::{ops::RangeInclusive, time::Duration};

use figment::value::Value;

use super::{
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};
use crate::words::{ChannelId, Routing};

/// Nobody decides within less, and an agent that waits longer blocks its session.
const PATIENCE: RangeInclusive<Duration> = Duration::from_mins(1)..=Duration::from_hours(24);

/// `[approvals]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Approvals {
    /// How long a question waits for an answer.
    pub timeout: Duration,
    /// Which way questions go.
    pub route: Routing,
    /// The channel for questions.
    pub channel: Option<ChannelId>,
}

impl Approvals {
    pub(super) fn read(mut section: Section<'_>) -> Option<Self> {
        let timeout = section.or("timeout", "1h", values::span(PATIENCE));
        let wished = section.source("route");
        let route = section.or("route", Routing::Auto.as_str(), read_route);
        let channel = section.optional("channel", "none", values::id(ChannelId::new));
        let goes_nowhere = route == Some(Routing::Channel) && matches!(channel, Ok(None));
        if goes_nowhere {
            let complaint = Complaint::new(
                "Questions go to a channel, and none is named.",
                "Write the id of a channel that only approvers read, or route = \"auto\".",
            );
            section.report("channel", wished, complaint);
        }
        section.finish();
        if goes_nowhere {
            return None;
        }
        Some(Self {
            timeout: timeout?,
            route: route?,
            channel: channel.ok()?,
        })
    }
}

fn read_route(value: &Value) -> Result<Routing, Complaint> {
    let all: Vec<String> = Routing::ALL
        .iter()
        .map(|route| format!("\"{route}\""))
        .collect();
    values::text(value)?.parse().map_err(|_| {
        wrong(
            value,
            "is no way to ask people",
            format!("Write one of: {}.", all.join(", ")),
        )
    })
}
