//! Commands, options that complete, buttons, selects and modals.

use discord_sim::{InteractionRef, NO_OPTIONS, Sim};
use serde_json::{Value, json};

use super::script::Script;

/// Commands that are deferred, edited, followed up.
pub(super) async fn commands(sim: &Sim, script: &mut Script) -> Result<(), String> {
    let general = sim.channel("general");
    let owner = sim.user("owner");
    let whom = sim.user("member").id().to_string();
    let place = sim.channel("project").to_string();
    let options = [
        ("text", "news"),
        ("whom", whom.as_str()),
        ("where", place.as_str()),
    ];
    owner.slash("report", options).in_(general).await;
    let report = json!({
        "text": "news",
        "whom": "member",
        "where": "project",
        "user": "owner",
        "guild": "Sim",
        "channel": "general",
        "locale": "en-US",
        "mayManage": true,
        "another": true,
        "content": "here it is",
        "files": [["report.txt", 12, "The report"]],
        "loading": false,
        "by": "owner",
    });
    script.tells([("report", report)]).await?;
    owner.slash("quiet", NO_OPTIONS).in_(general).await;
    let quiet = json!({"firstIsOriginal": true, "ephemeral": [true, true, true]});
    script.tells([("quiet", quiet)]).await?;
    let typed = owner.completes(general, "report", [("whom", whom.as_str())], ("text", "ne"));
    let typed = typed.await;
    let completed = json!({"command": "report", "typed": "ne"});
    script.tells([("completed", completed)]).await?;
    let german = json!({"de": "auf Deutsch: ne!"});
    let offered = json!([{"name": "text: ne!", "name_localizations": german, "value": "ne!"}]);
    same("the choices", &choices(&typed), &offered)
}

/// What can be clicked, and what it opens.
pub(super) async fn components(sim: &Sim, script: &mut Script) -> Result<(), String> {
    let general = sim.channel("general");
    let (owner, member) = (sim.user("owner"), sim.user("member"));
    let used = owner.slash("panel", NO_OPTIONS).in_(general).await;
    let ids = json!([["press", "form"], ["pick"]]);
    script
        .tells([("panel", json!({"content": "a panel", "ids": ids}))])
        .await?;
    let panel = used.answer().await.at();
    member.clicks(panel, "press").await;
    let pressed = json!({
        "on": "a panel",
        "component": "Press",
        "now": "pressed by member",
        "rows": 2,
    });
    script.tells([("pressed", pressed)]).await?;
    member.selects(panel, "pick", ["red", "blue"]).await;
    let selected = json!({"id": "pick", "values": ["red", "blue"]});
    script.tells([("selected", selected)]).await?;
    let chosen = sim.message(panel).map(|message| message.content);
    same("the panel", &json!(chosen), &json!("chosen: red, blue"))?;
    let opened = member.clicks(panel, "form").await;
    let form = json!({"on": "chosen: red, blue"});
    script.tells([("form", form)]).await?;
    let submitted = opened.submits([("why", "it works")]);
    let told = json!({"id": "reason", "text": "it works", "from": "chosen: red, blue"});
    script.tells([("submitted", told)]).await?;
    let answer = submitted.answer().await;
    let seen = json!([answer.content, answer.only_for]);
    same(
        "the answer to the form",
        &seen,
        &json!(["because it works", "member"]),
    )
}

fn choices(typed: &InteractionRef) -> Value {
    typed.data().unwrap_or_default()
}

fn same(what: &str, found: &Value, wanted: &Value) -> Result<(), String> {
    if found == wanted {
        Ok(())
    } else {
        Err(format!("{what}: {found} and should be {wanted}"))
    }
}
