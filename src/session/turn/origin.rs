//! What has made an agent work: a prompt, or itself.

/// What has made an agent work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Origin {
    /// A prompt.
    Asked,
    /// Something that it had left in the background.
    ByItself,
}
