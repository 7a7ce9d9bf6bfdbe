//! What Discord says, as far as the relay has to know it.

use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::{Act, Ended, LASTING, Line};
use crate::discord::{
    LinkState,
    relay::{
        frame::{self, Payload, op},
        pulse::{Lasting, Pulse},
    },
};

impl Line {
    /// Takes in what Discord says.
    pub(super) fn heard(&mut self, message: &Message, pulse: &mut Pulse) -> Act {
        let payload = match frame::read(message) {
            Ok(Some(payload)) => payload,
            Ok(None) => return Act::Keep,
            Err(_) => {
                // Serenity would log all of it, and it may be people's words.
                tracing::error!(
                    bytes = message.len(),
                    "a payload of the gateway could not be read"
                );
                self.told.link.unread();
                self.told.gap.notify_one();
                return Act::Keep;
            }
        };
        match payload.op {
            op::DISPATCH => self.dispatched(&payload),
            op::HEARTBEAT => return Act::Beat,
            op::HEARTBEAT_ACK => {
                pulse.acknowledged = true;
                self.told.link.acknowledged();
                return Act::Keep;
            }
            op::HELLO => return Act::Keep,
            op::RECONNECT => return Act::End(Ended::Left),
            op::INVALID_SESSION => {
                let goes_on = payload.data.as_deref() == Some("true");
                return Act::End(if goes_on {
                    Ended::Left
                } else {
                    Ended::SessionOver
                });
            }
            _ => {}
        }
        Act::Forward
    }

    fn dispatched(&mut self, payload: &Payload) {
        let is_first = payload.kind.as_deref() == Some("READY");
        if let Some(number) = payload.seq {
            let before = self.seq.filter(|_| !is_first);
            if before.is_some_and(|before| number > before + 1) {
                tracing::warn!(
                    ?before,
                    number,
                    "the gateway has left events out; reading back"
                );
                self.told.gap.notify_one();
            }
            self.seq = Some(before.map_or(number, |before| before.max(number)));
        }
        if is_first {
            self.resume_at = frame::resume_url(payload);
            self.in_vain = 0;
            self.lasting = Lasting::At(Instant::now() + LASTING);
            self.told.link.set(LinkState::Up);
        } else if payload.kind.as_deref() == Some("RESUMED") {
            self.in_vain = 0;
            // What was replayed is not all there is: some events are never dispatched.
            self.told.gap.notify_one();
            self.told.link.note_resume();
            self.told.link.set(LinkState::Up);
        }
    }
}
