//! When the pieces of a text are sent: the pauses, the hold and the break that a step wants.

use serde_json::Value;

use crate::play::Act;
use crate::script::Step;

/// The deltas of a text as a step wants them sent.
pub(crate) fn text(step: &Step, deltas: Vec<Value>) -> Vec<Act> {
    let count = deltas.len();
    let hold_at = step.hold_after.map(|after| after.min(count));
    let mut acts = Vec::new();
    for (sent, delta) in deltas.into_iter().enumerate() {
        acts.extend(hold(step).filter(|_| hold_at == Some(sent)));
        acts.extend(
            step.delay
                .filter(|_| sent > 0)
                .map(|delay| Act::Pause(delay.0)),
        );
        acts.push(Act::Event(delta));
        acts.extend((step.cut && sent == 0).then_some(Act::Cut));
    }
    acts.extend(hold(step).filter(|_| hold_at == Some(count)));
    acts
}

/// The hold and the break of a reply in which no text delta will come.
pub(crate) fn no_text(step: &Step) -> Vec<Act> {
    hold(step)
        .into_iter()
        .chain(step.cut.then_some(Act::Cut))
        .collect()
}

fn hold(step: &Step) -> Option<Act> {
    step.hold_after?;
    step.hold.clone().map(Act::Hold)
}
