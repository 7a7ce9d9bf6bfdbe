//! How a line of the log looks.

use crate::words::words;

words! {
    /// How a line of the log looks.
    LogFormat {
        /// For people.
        Text = "text",
        /// One JSON object a line, for machines.
        Json = "json",
    }
}
