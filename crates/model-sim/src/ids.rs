//! Ids as the APIs make them.

use uuid::Uuid;

/// A prefix and 24 hexadecimal digits.
pub(crate) fn new_id(prefix: &str) -> String {
    let random = Uuid::new_v4().simple().to_string();
    format!("{prefix}{}", &random[..24])
}
