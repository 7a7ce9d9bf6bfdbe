//! Nonces: what makes a repeated send harmless.

use crate::words::DeliveryId;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The nonce of one message of a delivery: the same for every repetition within a round.
///
/// 22 characters for the delivery, two for the part, one for the round: 25, which is all that
/// Discord takes (resources/message#create-message).
pub(super) fn nonce(delivery: DeliveryId, part: usize, round: u32) -> String {
    let digit = |value: usize| char::from(ALPHABET[value % 64]);
    let mut bits = delivery.uuid().as_u128();
    let mut text = String::with_capacity(25);
    for _ in 0..22 {
        text.push(digit((bits & 63) as usize));
        bits >>= 6;
    }
    text.push(digit(part / 64));
    text.push(digit(part));
    text.push(digit(round as usize));
    text
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn every_message_has_a_nonce_of_its_own_that_discord_takes() {
        let deliveries: Vec<_> = (0..10).map(|_| DeliveryId::fresh()).collect();
        let mut seen = HashSet::new();
        for delivery in deliveries {
            for part in 0..100 {
                for round in 0..3 {
                    let nonce = nonce(delivery, part, round);
                    assert_eq!(nonce.chars().count(), 25);
                    assert!(seen.insert(nonce));
                }
            }
        }
    }

    #[test]
    fn a_repetition_has_the_same_nonce() {
        let id = DeliveryId::fresh();
        assert_eq!(nonce(id, 3, 1), nonce(id, 3, 1));
    }
}
