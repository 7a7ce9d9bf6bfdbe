//! What people write that is not for Baton, or that is refused, costs little however much it is.

use baton::{
    session::Heard,
    words::{Addressed, ChannelId, GuildId, Person, Place, UserId},
};

use super::{Bench, CHANNEL, HeldClock, heard, owner, place, wait};

const MESSAGES: u64 = 300;

fn elsewhere() -> Place {
    Place {
        guild: GuildId::new(3),
        channel: ChannelId::new(99),
        thread: None,
    }
}

fn guest() -> Person {
    Person {
        id: UserId::new(7),
        name: "guest".into(),
        roles: Vec::new(),
    }
}

#[tokio::test]
async fn talk_is_marked_now_and_then_and_only_where_it_is_read_back() {
    let bench = Bench::new().await;
    let marks = "SELECT group_concat(channel_id || ':' || last_message_id) FROM channel_marks";
    // However long this takes here, no mark is due.
    let clock = HeldClock::new();
    for n in 1..=MESSAGES {
        for place in [place(None), elsewhere()] {
            let talk = Heard {
                addressed: Addressed::ToNobody,
                ..heard(owner(), place, 1_000 + n, "so they said")
            };
            bench.engine.hear(talk).await.unwrap();
        }
    }
    assert_eq!(bench.sql(marks).await, "", "nothing was written yet");
    drop(clock);
    // Before it ends the server stores how far it came.
    bench.stop.cancel();
    let wanted = format!("{CHANNEL}:{}", 1_000 + MESSAGES);
    wait("the mark is stored", async || {
        bench.sql(marks).await == wanted
    })
    .await;
}

#[tokio::test]
async fn who_is_refused_however_often_gets_some_signs_and_one_sentence() {
    let bench = Bench::new().await;
    for n in 1..=MESSAGES {
        let asked = heard(guest(), place(None), 1_000 + n, "let me in");
        bench.engine.hear(asked).await.unwrap();
        let lost = heard(guest(), elsewhere(), 5_000 + n, "and here?");
        bench.engine.hear(lost).await.unwrap();
    }
    let count = "SELECT group_concat(kind || ' ' || count) FROM
                   (SELECT kind, COUNT(*) AS count FROM deliveries GROUP BY kind ORDER BY kind)";
    assert_eq!(bench.sql(count).await, "notice 1,reaction 10");
}
