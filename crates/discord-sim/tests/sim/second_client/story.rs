//! What people do, and what discord.js must make of it.

use discord_sim::{Entrance, Sim};
use serde_json::json;

use super::offers;
use super::script::{PATIENCE, Script};

/// The whole story; `Err` says where it went wrong.
pub(super) async fn tell(sim: &Sim) -> Result<(), String> {
    let mut script = Script::start(sim)?;
    arrives(&mut script).await?;
    writes(sim, &mut script).await?;
    offers::commands(sim, &mut script).await?;
    offers::components(sim, &mut script).await?;
    comes_back(sim, &mut script).await?;
    sim.user("owner")
        .says("goodbye")
        .in_(sim.channel("general"))
        .await;
    script.tells([("gone", json!({}))]).await?;
    script.ends().await
}

async fn arrives(script: &mut Script) -> Result<(), String> {
    let ready = json!({
        "user": "bot",
        "bot": true,
        "application": true,
        "guild": "Sim",
        "owner": "owner",
        "channels": ["general", "project"],
        "everyone": "@everyone",
    });
    let registered =
        json!({"commands": [["report", 3, true], ["quiet", 0, true], ["panel", 0, true]]});
    script.tells([("ready", ready)]).await?;
    script.tells([("registered", registered)]).await
}

async fn writes(sim: &Sim, script: &mut Script) -> Result<(), String> {
    let general = sim.channel("general");
    let (owner, member) = (sim.user("owner"), sim.user("member"));
    let said = member.says("hello").in_(general).await;
    script
        .tells([(
            "heard",
            json!({"content": "hello", "author": "member", "member": true, "channel": "general"}),
        )])
        .await?;
    // All at once: an event that does not come is seen when the next one does.
    member.edits(said, "hello there").await;
    owner.reacts(said, "👍").await;
    owner.unreacts(said, "👍").await;
    member.deletes(said).await;
    member.types_in(general).await;
    let reaction = |count: u8| json!({"emoji": "👍", "user": "owner", "count": count});
    for (step, words) in [
        ("edited", json!({"before": "hello", "after": "hello there"})),
        ("reacted", reaction(1)),
        ("unreacted", reaction(0)),
        ("deleted", json!({"content": "hello there"})),
        ("typing", json!({"user": "member", "channel": "general"})),
    ] {
        script.tells([(step, words)]).await?;
    }
    let file = member.says("").with_file("a note.txt", "three words here");
    file.in_(general).await;
    script
        .tells([(
            "file",
            json!({
                "name": "a note.txt",
                "size": 16,
                "description": null,
                "type": "application/octet-stream",
                "text": "three words here",
            }),
        )])
        .await?;
    threads(sim, script).await?;
    member.says("psst").in_dm().await;
    script
        .tells([(
            "dm",
            json!({"type": 1, "same": true, "recipient": "member", "content": "psst", "guild": null}),
        )])
        .await
}

async fn threads(sim: &Sim, script: &mut Script) -> Result<(), String> {
    let general = sim.channel("general");
    let member = sim.user("member");
    member.says("a thread, please").in_(general).await;
    script
        .tells([(
            "thread",
            json!({
                "idOfMessage": true,
                "name": "by discord.js",
                "type": 11,
                "parent": "general",
                "archives": 60,
                "replyTo": true,
                "reactions": [["👀", 1, true]],
                "hasThread": true,
            }),
        )])
        .await?;
    member.says("change your mind").in_(general).await;
    script
        .tells([(
            "changed",
            json!({
                "content": "the other way",
                "edited": true,
                "newest": ["the other way", "change your mind"],
            }),
        )])
        .await?;
    let thread = sim.threads(general);
    let thread = *thread.first().ok_or("there is no thread")?;
    member.says("close it").in_(thread).await;
    script
        .tells([(
            "closed",
            json!({"archived": true, "locked": false, "name": "by discord.js"}),
        )])
        .await?;
    member.says("not yet").in_(thread).await;
    script
        .tells([
            ("turned", json!({"archived": false})),
            (
                "heard",
                json!({"content": "not yet", "author": "member", "member": true, "channel": "by discord.js"}),
            ),
        ])
        .await?;
    sim.archive(thread);
    script
        .tells([("turned", json!({"archived": true}))])
        .await?;
    sim.delete_channel(thread);
    script
        .tells([("removed", json!({"name": "by discord.js"}))])
        .await?;
    member.creates_thread("by a person").in_(general).await;
    script
        .tells([
            (
                "opened",
                json!({"name": "by a person", "new": true, "archived": false}),
            ),
            ("announced", json!({"type": 18, "content": "by a person"})),
        ])
        .await?;
    sim.create_channel("annex");
    script
        .tells([("built", json!({"name": "annex", "type": 0}))])
        .await
}

/// What happened while the client was away comes once, in its order, when it resumes.
async fn comes_back(sim: &Sim, script: &mut Script) -> Result<(), String> {
    let general = sim.channel("general");
    let member = sim.user("member");
    let heard = |content: &str| json!({"content": content, "author": "member", "member": true, "channel": "general"});
    for (round, end) in [Sim::ask_to_reconnect, Sim::drop_gateway]
        .into_iter()
        .enumerate()
    {
        end(sim);
        // discord.js closes its connection when it is asked to, and comes back half a second later.
        let away = sim.wait_within(PATIENCE, |world| world.connected_sessions() == 0);
        away.await.ok_or("the connection did not end")?;
        let texts = ["one", "two", "three"].map(|text| format!("{text} of round {round}"));
        for text in &texts {
            member.says(text).in_(general).await;
        }
        for text in &texts {
            script.tells([("heard", heard(text))]).await?;
        }
        // The messages and RESUMED itself.
        script.tells([("resumed", json!({"replayed": 4}))]).await?;
    }
    match sim.entrances()[..] {
        [Entrance::Front, Entrance::Resume, Entrance::Resume] => Ok(()),
        ref other => Err(format!("it came by {other:?}")),
    }
}
