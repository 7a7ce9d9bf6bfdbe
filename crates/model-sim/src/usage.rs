//! How much of its plan the simulated `ChatGPT` account has used.

use serde::Deserialize;
use serde_json::{Value, json};

/// When a window ends unless a test says otherwise: in May 2033, because clients read the time into 32 bits.
const FAR_AHEAD: u64 = 2_000_000_000;

/// The usage of an account. Every reply to a `ChatGPT` login tells it in headers, and `wham/usage` as JSON. It changes only
/// by a test: what the model says costs nothing.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Usage {
    /// The plan: `plus`, `pro`, …
    pub plan: String,
    /// The first window, of five hours as a rule.
    pub primary: Option<UsageWindow>,
    /// The second window, of a week as a rule.
    pub secondary: Option<UsageWindow>,
    /// Which limit is reached (`rate_limit_reached`, …), if one is. Requests are refused by a script or a forced error only.
    pub reached: Option<String>,
}

/// One window of a [`Usage`].
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsageWindow {
    /// How much of it is used, in percent.
    pub used_percent: u32,
    /// How long it is.
    pub minutes: u32,
    /// When it is over, in Unix seconds.
    pub resets_at: u64,
}

impl Default for Usage {
    fn default() -> Self {
        let window = |used_percent, minutes| UsageWindow {
            used_percent,
            minutes,
            resets_at: FAR_AHEAD,
        };
        Self {
            plan: "plus".to_owned(),
            primary: Some(window(12, 5 * 60)),
            secondary: Some(window(34, 7 * 24 * 60)),
            reached: None,
        }
    }
}

impl Usage {
    /// The same usage with the first window used up until a time in Unix seconds.
    #[must_use]
    pub fn used_up(mut self, resets_at: u64) -> Self {
        let minutes = self.primary.map_or(5 * 60, |window| window.minutes);
        self.primary = Some(UsageWindow {
            used_percent: 100,
            minutes,
            resets_at,
        });
        self.reached = Some("rate_limit_reached".to_owned());
        self
    }

    /// The headers that tell it, as Codex reads them.
    pub(crate) fn headers(&self) -> Vec<(&'static str, String)> {
        let names = [
            (
                &self.primary,
                [
                    "x-codex-primary-used-percent",
                    "x-codex-primary-window-minutes",
                    "x-codex-primary-reset-at",
                ],
            ),
            (
                &self.secondary,
                [
                    "x-codex-secondary-used-percent",
                    "x-codex-secondary-window-minutes",
                    "x-codex-secondary-reset-at",
                ],
            ),
        ];
        let windows = names.into_iter().filter_map(|(window, names)| {
            let window = window.as_ref()?;
            let values = [
                u64::from(window.used_percent),
                u64::from(window.minutes),
                window.resets_at,
            ];
            Some(names.into_iter().zip(values.map(|value| value.to_string())))
        });
        let reached = self.reached.clone();
        windows
            .flatten()
            .chain(reached.map(|reached| ("x-codex-rate-limit-reached-type", reached)))
            .collect()
    }

    /// What `GET …/wham/usage` says of it.
    pub(crate) fn page(&self) -> Value {
        let reached = self.reached.is_some();
        json!({
            "user_id": "user-simulated",
            "account_id": "account-simulated",
            "email": "simulated@example.invalid",
            "plan_type": self.plan,
            "rate_limit": {
                "allowed": !reached,
                "limit_reached": reached,
                "primary_window": self.primary.as_ref().map(UsageWindow::page),
                "secondary_window": self.secondary.as_ref().map(UsageWindow::page),
            },
            "rate_limit_reached_type": self.reached.as_ref().map(|kind| json!({ "type": kind })),
            "credits": { "has_credits": false, "unlimited": false, "balance": "0" },
        })
    }
}

impl UsageWindow {
    fn page(&self) -> Value {
        let length = u64::from(self.minutes) * 60;
        json!({
            "used_percent": self.used_percent,
            "limit_window_seconds": length,
            "reset_at": self.resets_at,
            // Codex goes by the time above, and the simulator has no clock.
            "reset_after_seconds": length,
        })
    }
}
