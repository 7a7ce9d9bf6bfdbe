//! What is asked of an agent program beside all conversations.

/// Something that is asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errand {
    /// The models that the account may use.
    Models,
    /// That a person logs the account in. Given up when nobody listens any more.
    LogIn,
    /// That the program looks after its login, which has run out: it renews that by itself as soon as it looks. So what
    /// is lost is found out before somebody needs it.
    LookAfterLogin,
}

/// What is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tidings {
    /// The models, in the program's own order.
    Models(Vec<String>),
    /// To be logged in, a person has to open this address and to type this code there.
    Code {
        /// The address.
        url: String,
        /// The code.
        code: String,
    },
    /// The account is logged in; with this plan, if the program knows that.
    LoggedIn {
        /// As the program names it.
        plan: Option<String>,
    },
    /// The program has looked after its login.
    LookedAfter,
    /// It is not to be had; why, in the program's words.
    Failed(String),
}
