use super::*;
use crate::words::RuntimeKind;

fn claude() -> SlotId {
    SlotId::main(RuntimeKind::Claude)
}

#[test]
fn a_login_that_cannot_be_renewed_grows_at_the_third_seventh_and_tenth_failure() {
    let tier = |failures| {
        let slot = claude();
        let why = "no answer".to_owned();
        Alert::RefreshFails {
            slot,
            failures,
            why,
        }
        .tier()
    };
    let tiers: Vec<u32> = (1..=11).map(tier).collect();
    assert_eq!(tiers, [0, 0, 1, 1, 1, 1, 2, 2, 2, 3, 3]);
}

#[test]
fn an_alert_says_what_it_is_about_what_is_so_and_what_to_do() {
    let lost = Alert::LoginLost {
        slot: claude(),
        why: "the service does not know its token any more".to_owned(),
        login: "`claude auth login`".to_owned(),
    };
    assert_eq!(lost.kind().as_str(), "login_lost");
    assert_eq!(lost.kind().level(), Level::Error);
    assert_eq!(lost.subject(), "account claude/main");
    assert_eq!(
        lost.sentence(),
        "Nobody is logged in any more: the service does not know its token any more. Run `claude auth login` as \
         Baton's user; Baton goes on by itself then."
    );
    assert_eq!(
        lost.kind().recovery(),
        Some("Somebody has logged in again.")
    );
}
