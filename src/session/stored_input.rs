//! How much of a tool call is stored for good.

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

/// The longest input of a tool call that is stored whole, in bytes of its JSON. Longer ones are files
/// that are written: those are kept elsewhere, and would be read again with every end of a run.
const WHOLE: usize = 16 << 10;

/// What is stored of a tool call's input, and beside it, if it was cut, by what the whole of it is
/// known again.
pub(super) fn kept(input: &Value) -> (Value, Value) {
    let text = input.to_string();
    if text.len() <= WHOLE {
        return (input.clone(), Value::Null);
    }
    let beginning = &text[..text.floor_char_boundary(WHOLE)];
    let whole = json!({"bytes": text.len(), "sha256": format!("{:x}", Sha256::digest(&text))});
    (beginning.into(), whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_input_is_stored_as_it_is() {
        let input = json!({"command": "ls"});
        assert_eq!(kept(&input), (input.clone(), Value::Null));
        let longest = Value::from("x".repeat(WHOLE - 2));
        assert_eq!(kept(&longest), (longest.clone(), Value::Null));
    }

    #[test]
    fn of_a_long_input_the_beginning_is_stored_and_how_the_whole_is_known() {
        // A character stands across the limit.
        let input = Value::from(format!("{}é{}", "x".repeat(WHOLE - 2), "y".repeat(100_000)));
        let (stored, whole) = kept(&input);
        assert_eq!(stored, format!("\"{}", "x".repeat(WHOLE - 2)));
        let sha256 = format!("{:x}", Sha256::digest(input.to_string()));
        assert_eq!(whole, json!({"bytes": 116_386, "sha256": sha256}));
    }
}
