//! Nonces: what makes a repeated send harmless.

use uuid::Uuid;

use crate::words::DeliveryId;

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The nonce of one message of a delivery: the same for every repetition within a round.
///
/// 22 characters for the delivery, two for the part, one for the round: 25, which is all that
/// Discord takes (resources/message#create-message).
pub(crate) fn nonce(delivery: DeliveryId, part: usize, round: u32) -> String {
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

/// The delivery that has such a nonce; `None` for what was not made here.
pub(crate) fn delivery_of(nonce: &str) -> Option<DeliveryId> {
    let digit = |letter: u8| ALPHABET.iter().position(|known| *known == letter);
    let digits: Option<Vec<usize>> = nonce.bytes().map(digit).collect();
    let digits = digits.filter(|digits| digits.len() == 25)?;
    let mut bits = 0_u128;
    for (at, digit) in digits[..22].iter().enumerate() {
        let digit = u128::try_from(*digit).ok()?;
        // The last one has two bits.
        if at == 21 && digit > 3 {
            return None;
        }
        bits |= digit << (6 * at);
    }
    let id = Uuid::from_u128(bits);
    (id.get_version_num() == 7).then_some(DeliveryId::from_uuid(id))
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
    fn a_nonce_tells_its_delivery_and_another_programs_tells_none() {
        let id = DeliveryId::fresh();
        assert_eq!(delivery_of(&nonce(id, 70, 2)), Some(id));
        let of_others = ["", "1234567890", "AAAAAAAAAAAAAAAAAAAAAAAAA", "n-1"];
        assert!(of_others.iter().all(|nonce| delivery_of(nonce).is_none()));
        let longer = format!("{}A", nonce(id, 0, 0));
        assert_eq!(delivery_of(&longer), None);
    }

    #[test]
    fn a_repetition_has_the_same_nonce() {
        let id = DeliveryId::fresh();
        assert_eq!(nonce(id, 3, 1), nonce(id, 3, 1));
    }
}
