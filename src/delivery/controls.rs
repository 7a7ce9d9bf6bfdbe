//! Buttons and lists below a message, in the words of no chat service.

/// Buttons in a row (Discord: components/reference#action-row).
pub const BUTTONS_IN_A_ROW: usize = 5;

/// A row below a message, which has five at most (Discord: resources/message#create-message).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ControlRow {
    /// One to five buttons.
    Buttons(Vec<Button>),
    /// A list to choose from.
    List(List),
}

/// A button.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Button {
    /// What comes back when it is pressed; says nothing by itself.
    pub id: String,
    /// What stands on it, 80 code points at most.
    pub label: String,
    /// What it looks like.
    pub look: Look,
}

/// What a button looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// The one that most people press.
    Main,
    /// A yes.
    Yes,
    /// A no.
    No,
    /// Anything else.
    Plain,
}

/// A list to choose from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct List {
    /// What comes back when something is chosen; says nothing by itself.
    pub id: String,
    /// What stands in it before, 150 code points at most.
    pub hint: String,
    /// What can be chosen, 1 to 25; their places come back as numbers from 0.
    pub options: Vec<ListOption>,
    /// How many of them at most.
    pub most: u8,
}

/// Something in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListOption {
    /// Its name, 1 to 100 code points.
    pub label: String,
    /// What it means, 100 code points at most; empty for nothing.
    pub description: String,
}
