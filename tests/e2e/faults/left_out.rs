//! What was written while nobody listened and will not be answered.

use baton::words::MessageId;

use super::{Bench, CHANNEL};

#[tokio::test]
async fn that_something_was_left_out_is_said_once_however_often_it_is_noticed() {
    let bench = Bench::new().await;
    for last in [7, 7, 8] {
        let last = MessageId::new(last);
        bench.engine.left_out(CHANNEL, last).await.unwrap();
    }
    let keys = "SELECT group_concat(key, ' ') FROM (SELECT key FROM deliveries ORDER BY key)";
    assert_eq!(bench.sql(keys).await, "left-out:2:7 left-out:2:8");
    let channels = "SELECT group_concat(json_extract(payload, '$.channel'), ' ') FROM deliveries";
    assert_eq!(bench.sql(channels).await, "2 2");
    let mark = bench.store.channel_mark(CHANNEL).await.unwrap();
    assert_eq!(mark, Some(MessageId::new(8)));
}
