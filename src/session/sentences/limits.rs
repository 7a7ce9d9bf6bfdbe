//! What is said of limits, and to whom has to wait for them.

use crate::{
    clock::Millis,
    runtime::{ErrorClass, Limit},
    session::again::{Pause, Why},
    words::SlotId,
};

/// A run is parked; nothing if that is not worth a word.
pub(in crate::session) fn parked(pause: &Pause) -> Option<String> {
    let when = at(pause.until);
    Some(match &pause.why {
        Why::Limit { window, is_told } => {
            let limit = limit_words(window.as_deref());
            let next = if *is_told {
                format!("This goes on by itself {when}")
            } else {
                format!(
                    "Nobody says until when: I try again {when}, and every 15 minutes from then on"
                )
            };
            format!("⏳ The agent's {limit} is reached. {next}; `/cancel` takes it back.")
        }
        // It is said when it has moved.
        Why::Moves => return None,
        Why::Trouble(class) => {
            let trouble = if *class == ErrorClass::Throttled {
                "takes no more requests at the moment"
            } else if *class == ErrorClass::Unreachable {
                "cannot be reached"
            } else {
                "is in trouble"
            };
            format!(
                "⏳ The model service {trouble}. I try once more {when}; `/cancel` takes it back."
            )
        }
    })
}

/// A conversation goes on with another account of its agent program.
pub(in crate::session) fn moved(from: &SlotId, to: &SlotId) -> String {
    format!(
        "🔀 The limit of the account `{}` is reached, so this conversation goes on with `{}`.",
        from.name, to.name
    )
}

/// A limit is near.
pub(in crate::session) fn limit_near(limit: &Limit) -> String {
    let reset = limit.resets_at.map_or_else(
        || "when it has been reset".to_owned(),
        |reset| format!("when it is reset, {}", at(reset)),
    );
    format!(
        "⚠️ {} When it is reached, what is asked waits and goes on by itself {reset}.",
        how_near(limit)
    )
}

/// The same for those who run Baton, without what only Discord reads.
pub(in crate::session) fn limit_near_for_operators(limit: &Limit) -> String {
    let reset = limit
        .resets_at
        .and_then(|at| chrono::DateTime::from_timestamp_millis(at.get()));
    match reset {
        Some(at) => format!(
            "{} It is reset at {}.",
            how_near(limit),
            at.format("%Y-%m-%d %H:%M UTC")
        ),
        None => how_near(limit),
    }
}

fn how_near(limit: &Limit) -> String {
    let words = limit_words(limit.window.as_deref());
    match limit.used {
        Some(used) => format!("{:.0} % of the agent's {words} is used.", used * 100.0),
        None => format!("The agent's {words} is near."),
    }
}

/// What people call a limit that the agent program calls so.
fn limit_words(window: Option<&str>) -> &'static str {
    match window {
        Some("five_hour") => "session limit",
        Some(window) if window.starts_with("seven_day") => "weekly limit",
        Some(_) | None => "subscription limit",
    }
}

/// A moment as Discord counts it down for each reader (Discord: reference#message-formatting).
fn at(at: Millis) -> String {
    format!("<t:{}:R>", at.get() / 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runtime::LimitState;

    #[test]
    fn who_is_parked_is_told_why_and_until_when() {
        let until = Millis::new(1_795_258_214_999);
        let limit = |window: Option<&str>, is_told| Why::Limit {
            window: window.map(str::to_owned),
            is_told,
        };
        let told = [
            limit(Some("five_hour"), true),
            limit(Some("seven_day"), true),
            limit(None, false),
            Why::Trouble(ErrorClass::Throttled),
            Why::Trouble(ErrorClass::ServiceDown),
            Why::Trouble(ErrorClass::Unreachable),
        ];
        let told = told.map(|why| parked(&Pause { until, why }).unwrap());
        let moves = Why::Moves;
        assert_eq!(parked(&Pause { until, why: moves }), None);
        insta::assert_snapshot!(told.join("\n"));
    }

    #[test]
    fn a_limit_that_is_near_is_told_to_people_and_to_operators() {
        let near = |window: Option<&str>, resets_at, used| Limit {
            state: LimitState::Near,
            window: window.map(str::to_owned),
            resets_at,
            used,
        };
        let reset = Some(Millis::new(1_795_258_214_999));
        let limits = [
            near(Some("five_hour"), reset, Some(0.934)),
            near(Some("seven_day_opus"), reset, None),
            near(None, None, Some(1.0)),
        ];
        let told = limits
            .iter()
            .flat_map(|limit| [limit_near(limit), limit_near_for_operators(limit)]);
        insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"));
    }
}
