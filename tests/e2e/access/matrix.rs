//! Who may do what by which way in: the table that the tests beside this one hold Baton to, and that
//! SECURITY.md shows.

use std::{fmt::Write as _, fs, path::Path};

use baton::words::{Guests, Tier};

/// What comes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It is done.
    Done,
    /// It is done for owners of the whole server; an owner of one channel or thread alone is told why not.
    DoneForOwnersOfAll,
    /// It is done by an agent that only looks.
    Looks,
    /// Nothing; his message gets a sign, and he at most one sentence in ten minutes.
    Sign,
    /// Nothing; he alone is told why.
    Alone,
    /// Nothing; the place is told.
    Told,
    /// Nothing at all.
    Ignored,
    /// He is offered what there is.
    Offered,
    /// He is offered nothing.
    Withheld,
    /// Nothing; he alone is told that there is nothing behind it.
    Useless,
}

impl Outcome {
    /// What comes of it for somebody who owns the whole server, or does not.
    pub(super) const fn of(self, owns: Owns) -> Self {
        match (self, owns) {
            (Self::DoneForOwnersOfAll, Owns::Everything) => Self::Done,
            (Self::DoneForOwnersOfAll, Owns::NoMoreThanAPlace) => Self::Alone,
            (other, _) => other,
        }
    }
}

/// How far it goes what somebody owns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Owns {
    Everything,
    NoMoreThanAPlace,
}

/// A way in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    Mention,
    Thread,
    GuestsThread,
    Reply,
    Steered,
    Missed,
    MissedMention,
    Queued,
    Edited,
    Direct,
    Button,
    List,
    Form,
    /// A button, a form and a list that decide something: below a tool call that owners have to allow, and
    /// below what the agent of a members' conversation wants to know.
    LiveButton,
    LiveForm,
    LiveList,
    Typing,
    /// A slash command, with options that let it come to nothing.
    Command(&'static str, &'static [(&'static str, &'static str)]),
}

use Outcome::{
    Alone, Done, DoneForOwnersOfAll, Ignored, Looks, Offered, Sign, Told, Useless, Withheld,
};

/// Owner, member, guest, guest of a project that lets guests ask, blocked.
type Row = (Entry, [Outcome; 5]);

const FOR_OWNERS: [Outcome; 5] = [Done, Alone, Alone, Alone, Alone];
const FOR_MEMBERS: [Outcome; 5] = [Done, Done, Alone, Alone, Alone];
const FOR_ALL: [Outcome; 5] = [Done, Done, Done, Done, Alone];

pub(super) const MATRIX: &[Row] = &[
    (Entry::Mention, [Done, Done, Sign, Looks, Sign]),
    (Entry::Thread, [Done, Done, Sign, Sign, Sign]),
    (Entry::GuestsThread, [Looks, Looks, Sign, Looks, Sign]),
    (Entry::Reply, [Done, Done, Sign, Sign, Sign]),
    (Entry::Steered, [Done, Done, Sign, Sign, Sign]),
    (Entry::Missed, [Done, Done, Sign, Sign, Sign]),
    (Entry::MissedMention, [Done, Done, Sign, Looks, Sign]),
    (Entry::Queued, [Done, Done, Told, Told, Told]),
    (Entry::Edited, [Ignored; 5]),
    (Entry::Direct, [Ignored; 5]),
    (Entry::Button, [Useless, Useless, Alone, Alone, Alone]),
    (Entry::List, [Useless, Useless, Alone, Alone, Alone]),
    (Entry::Form, [Useless, Useless, Alone, Alone, Alone]),
    (Entry::LiveButton, FOR_OWNERS),
    (Entry::LiveForm, FOR_OWNERS),
    (Entry::LiveList, FOR_MEMBERS),
    (
        Entry::Typing,
        [Offered, Offered, Withheld, Withheld, Withheld],
    ),
    (Entry::Command("cancel", &[]), FOR_MEMBERS),
    (
        Entry::Command("session start", &[("name", "x")]),
        FOR_MEMBERS,
    ),
    (
        Entry::Command("session start", &[("name", "x"), ("project", "elsewhere")]),
        FOR_OWNERS,
    ),
    (
        Entry::Command("session start", &[("name", "x"), ("here", "true")]),
        FOR_OWNERS,
    ),
    (
        Entry::Command("session stop", &[("name", "none")]),
        FOR_MEMBERS,
    ),
    (
        Entry::Command("session clear", &[("name", "none")]),
        FOR_MEMBERS,
    ),
    (
        Entry::Command("session model", &[("name", "none")]),
        FOR_MEMBERS,
    ),
    (
        Entry::Command("session busy", &[("does", "steer"), ("name", "none")]),
        FOR_MEMBERS,
    ),
    (
        Entry::Command("session mode", &[("mode", "plan"), ("name", "none")]),
        FOR_MEMBERS,
    ),
    (Entry::Command("session list", &[]), FOR_MEMBERS),
    (Entry::Command("wait", &[]), FOR_MEMBERS),
    (Entry::Command("permission show", &[]), FOR_MEMBERS),
    (
        Entry::Command(
            "permission set",
            &[("tier", "member"), ("scope", "everywhere")],
        ),
        FOR_OWNERS,
    ),
    (Entry::Command("permission list", &[]), FOR_OWNERS),
    (
        Entry::Command("permission revoke", &[("membership", "none")]),
        FOR_OWNERS,
    ),
    (Entry::Command("approvals", &[]), FOR_MEMBERS),
    (Entry::Command("grants list", &[]), FOR_MEMBERS),
    (
        Entry::Command("grants revoke", &[("grant", "none")]),
        FOR_MEMBERS,
    ),
    (Entry::Command("health", &[]), FOR_ALL),
    (
        Entry::Command("login codex", &[]),
        [DoneForOwnersOfAll, Alone, Alone, Alone, Alone],
    ),
    (
        Entry::Command("auth status", &[]),
        [DoneForOwnersOfAll, Alone, Alone, Alone, Alone],
    ),
];

/// What the table says of somebody.
pub(super) fn outcome(entry: Entry, tier: Tier, guests: Guests) -> Outcome {
    let (_, row) = MATRIX
        .iter()
        .find(|(one, _)| *one == entry)
        .expect("every way in is in the table");
    row[match (tier, guests) {
        (Tier::Owner, _) => 0,
        (Tier::Member, _) => 1,
        (Tier::Guest, Guests::None) => 2,
        (Tier::Guest, Guests::Ask) => 3,
        (Tier::Blocked, _) => 4,
    }]
}

/// The commands of the table.
pub(super) fn commands() -> impl Iterator<Item = Entry> {
    let entries = MATRIX.iter().map(|(entry, _)| *entry);
    entries.filter(|entry| matches!(entry, Entry::Command(..)))
}

fn way_in(entry: Entry) -> String {
    let way = match entry {
        Entry::Mention => "mention in a project's channel",
        Entry::Thread => "message in a conversation of members",
        Entry::GuestsThread => "message in a conversation that a guest began",
        Entry::Reply => "reply to an answer of a members' agent",
        Entry::Steered => "message that joins the turn of a member's agent (`busy = \"steer\"`)",
        Entry::Missed => "message in a members' conversation, read back after a stop",
        Entry::MissedMention => "mention in a project's channel, read back after a stop",
        Entry::Queued => "request of a members' conversation whose turn comes",
        Entry::Edited => "edited message",
        Entry::Direct => "direct message",
        Entry::Button => "button with an id that is forged or that nobody knows any more",
        Entry::List => "list to choose from, with such an id",
        Entry::Form => "form, with such an id",
        Entry::LiveButton => "button below a call that owners have to allow",
        Entry::LiveForm => "form about a call that owners have to allow",
        Entry::LiveList => "list below a question of the agent of a members' conversation",
        Entry::Typing => "what is offered while one types",
        Entry::Command("session start", [_, ("project", _)]) => {
            return "`/session start` with another project".to_owned();
        }
        Entry::Command("session start", [_, ("here", _)]) => {
            return "`/session start` with `here:true`".to_owned();
        }
        Entry::Command(line, _) => return format!("`/{line}`"),
    };
    way.to_owned()
}

const fn words(outcome: Outcome) -> &'static str {
    match outcome {
        Done => "yes",
        DoneForOwnersOfAll => {
            "of the whole server: yes; of one channel or thread: no, he alone is told"
        }
        Looks => "an agent that only reads",
        Sign => "🚫",
        Alone => "no, he alone is told",
        Told => "no, the place is told",
        Ignored => "ignored",
        Offered => "what there is",
        Withheld => "nothing",
        Useless => "no, he alone is told that nothing is behind it",
    }
}

fn page() -> String {
    let mut page =
        "| | owner | member | guest | guest, with `guests = \"ask\"` | blocked |\n|---|---|---|---|---|---|\n"
            .to_owned();
    for (entry, row) in MATRIX {
        let cells = row.map(words).join(" | ");
        writeln!(page, "| {} | {cells} |", way_in(*entry)).unwrap();
    }
    page
}

const BEGIN: &str = "<!-- The table is made by tests/e2e/access/matrix.rs. -->\n\n";
const END: &str = "\n<!-- The end of that table. -->";

#[test]
fn the_table_of_the_security_page_is_the_one_that_the_tests_hold_baton_to() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("SECURITY.md");
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).expect("SECURITY.md marks the table");
    let (found, after) = rest.split_once(END).expect("SECURITY.md marks its end");
    if std::env::var_os("BATON_WRITE_MATRIX").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{}{END}{after}", page())).unwrap();
        return;
    }
    assert_eq!(
        found,
        page(),
        "SECURITY.md is not up to date: BATON_WRITE_MATRIX=1 cargo nextest run -E \
         'test(the_table_of_the_security_page)' writes it"
    );
}
