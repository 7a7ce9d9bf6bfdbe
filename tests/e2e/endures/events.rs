//! Events that come twice, in another order, broken, or never.

use discord_sim::{DispatchFault, DispatchRule, EventKind};

use super::{Case, Trouble};

pub(super) fn cases() -> Vec<Case> {
    let every = || DispatchRule::any().always();
    let messages = || DispatchRule::of(EventKind::MessageCreate);
    let case = |name, rule, fault| Case::new(name, Trouble::Events(rule, fault));
    vec![
        case("dispatched twice", every(), DispatchFault::Duplicate),
        case(
            "overtaken by two others",
            messages().times(2),
            DispatchFault::Overtaken { by: 2 },
        ),
        case("malformed", every(), DispatchFault::Malformed),
        case(
            "with a field of 100 kB that nobody knows",
            messages().always(),
            DispatchFault::Padded { bytes: 100_000 },
        ),
        case("never dispatched", every(), DispatchFault::Lost),
    ]
}
