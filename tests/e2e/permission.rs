//! `/permission`: who makes whom what, from Discord.

use baton::words::{Scope, Tier};

use crate::stage::Stage;

/// Ids and moments are different each time.
fn stable(stage: &Stage, text: &str) -> String {
    let mut text = text.to_owned();
    for name in ["owner", "ann", "bob", "boss", "stranger"] {
        let id = stage.sim.user(name).id().to_string();
        text = text.replace(&id, name);
    }
    text = text.replace(&stage.channel().to_string(), "project");
    text = text.replace(&stage.sim.role("crew").to_string(), "crew");
    let mut parts = text.split("<t:");
    let mut stable = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.split_once('>').map_or("", |(_, rest)| rest);
        stable.push_str("<when>");
        stable.push_str(rest);
    }
    stable
}

async fn used(stage: &Stage, who: &str, line: &str, options: &[(&str, &str)]) -> String {
    let options = options.iter().copied();
    let answer = stage
        .command_with(who, line, options, stage.channel())
        .await;
    format!("{who}: {}", stable(stage, &answer))
}

async fn audit(stage: &Stage) -> Vec<String> {
    let store = stage.store().await;
    let lines = store.audit_trail(50).await.unwrap();
    store.close().await;
    lines
        .iter()
        .map(|line| {
            let by = line
                .actor
                .map_or_else(|| "nobody".to_owned(), |by| by.to_string());
            stable(
                stage,
                &format!("{by} {} {} {}", line.action, line.object, line.detail),
            )
        })
        .collect()
}

#[tokio::test]
async fn what_an_owner_sets_holds_at_once_and_is_written_down() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    let _ = stage.sim.user("bob").with_role("crew");
    let set = "permission set";
    let told = [
        used(&stage, "bob", "wait", &[]).await,
        used(
            &stage,
            "owner",
            set,
            &[
                ("user", "bob"),
                ("tier", "member"),
                ("scope", "this channel"),
            ],
        )
        .await,
        used(&stage, "bob", "wait", &[]).await,
        used(&stage, "bob", "permission show", &[]).await,
        used(
            &stage,
            "owner",
            set,
            &[
                ("role", "crew"),
                ("tier", "blocked"),
                ("scope", "everywhere"),
            ],
        )
        .await,
        used(&stage, "bob", "wait", &[]).await,
        used(&stage, "owner", "permission show", &[("user", "bob")]).await,
        used(&stage, "owner", "permission show", &[("role", "crew")]).await,
        used(&stage, "owner", "permission show", &[]).await,
        used(&stage, "owner", "permission list", &[]).await,
    ];
    insta::assert_snapshot!(told.join("\n"));
    let crew = stage.sim.role("crew");
    let membership = format!("role:{crew}:global");
    let told = [
        used(
            &stage,
            "owner",
            "permission revoke",
            &[("membership", &membership)],
        )
        .await,
        used(&stage, "bob", "wait", &[]).await,
        used(
            &stage,
            "owner",
            "permission revoke",
            &[("membership", &membership)],
        )
        .await,
        used(
            &stage,
            "owner",
            "permission revoke",
            &[("membership", "bob")],
        )
        .await,
    ];
    insta::assert_snapshot!(told.join("\n"));
    insta::assert_snapshot!(audit(&stage).await.join("\n"));
    stage.sim.assert_clean();
}

#[tokio::test]
async fn who_may_not_change_memberships_is_told_why() {
    let stage = Stage::open().await;
    stage.until_commands().await;
    stage.grant("boss", Scope::Global, Tier::Owner).await;
    stage.grant("bad", Scope::Global, Tier::Blocked).await;
    let here = Scope::Channel(baton::words::ChannelId::new(stage.channel().get()));
    stage.grant("local", here, Tier::Owner).await;
    let set = "permission set";
    let as_member = |who| [("user", who), ("tier", "member"), ("scope", "everywhere")];
    let mut told = vec![
        used(&stage, "stranger", set, &as_member("stranger")).await,
        used(&stage, "ann", set, &as_member("bob")).await,
        used(&stage, "bad", "permission show", &[]).await,
        used(&stage, "stranger", "permission show", &[]).await,
        used(&stage, "ann", "permission show", &[("user", "bob")]).await,
        used(&stage, "ann", "permission list", &[]).await,
        used(&stage, "local", set, &as_member("bob")).await,
        used(&stage, "boss", set, &as_member("owner")).await,
        used(&stage, "owner", set, &as_member("boss")).await,
        used(
            &stage,
            "owner",
            set,
            &[("tier", "member"), ("scope", "everywhere")],
        )
        .await,
        used(
            &stage,
            "owner",
            set,
            &[
                ("user", "bob"),
                ("tier", "member"),
                ("scope", "this thread"),
            ],
        )
        .await,
    ];
    let boss = format!("user:{}:global", stage.sim.user("boss").id());
    told.push(used(&stage, "ann", "permission revoke", &[("membership", &boss)]).await);
    told.push(
        used(
            &stage,
            "owner",
            "permission revoke",
            &[("membership", &boss)],
        )
        .await,
    );
    insta::assert_snapshot!(told.join("\n"));
    // An owner may step down.
    let down = used(
        &stage,
        "boss",
        "permission revoke",
        &[("membership", &boss)],
    )
    .await;
    insta::assert_snapshot!(down, @"boss: <@boss> is not owner everywhere any more.");
    assert_eq!(audit(&stage).await.len(), 1);
    stage.sim.assert_clean();
}
