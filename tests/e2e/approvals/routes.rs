//! Where people are asked.

use super::*;

/// A channel that only owners see, for questions.
fn owners_channel(stage: &Stage) -> ChannelId {
    let channel = stage.sim.create_channel("questions");
    hide(stage, channel);
    channel
}

fn hide(stage: &Stage, channel: ChannelId) {
    let sight = [discord_sim::Permission::ViewChannel];
    stage.sim.overwrite(
        channel,
        discord_sim::Sim::everyone_in(stage.sim.guild_id()),
        [],
        sight,
    );
    let bot = stage.sim.bot_id();
    stage.sim.overwrite(channel, bot, sight, []);
}

both!(where_only_approvers_are_it_is_asked_in_place);

async fn where_only_approvers_are_it_is_asked_in_place(program: Program) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    hide(&stage, stage.channel());
    stage.start().await;
    let thread = stage.ask("owner", &runs(&["touch it"], "the end")).await;
    let question = stage.question(thread, "touch it").await;
    assert_eq!(stage.sim.messages(stage.owners_messages()), []);
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.closed(question.at(), "✅ Allowed once by").await;
    stage.until_settled().await;
}

both!(who_takes_no_direct_messages_is_asked_in_the_channel_for_questions);

async fn who_takes_no_direct_messages_is_asked_in_the_channel_for_questions(program: Program) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    let channel = owners_channel(&stage);
    stage.set_env("BATON_APPROVALS__CHANNEL", &channel.to_string());
    stage.sim.user("owner").closes_direct_messages();
    stage.start().await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(channel, "touch it").await;
    let pointer = stage
        .says(thread, "approvers were asked in a channel")
        .await;
    stage.pressed("owner", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.closed(question.at(), "✅ Allowed once by").await;
    stage.closed(pointer.at(), "✅ Allowed once by").await;
    stage.until_settled().await;
    assert_eq!(stage.sim.messages(stage.owners_messages()), []);
}

both!(where_nothing_else_is_left_only_a_veil_is_seen_and_approvers_look_behind_it);

async fn where_nothing_else_is_left_only_a_veil_is_seen_and_approvers_look_behind_it(
    program: Program,
) {
    let stage = Stage::with(owners_decide_on(program)).await;
    stage.sim.user("owner").closes_direct_messages();
    with_bob(&stage).await;
    let thread = stage
        .ask("ann", &runs(&["touch secretly"], "the end"))
        .await;
    let veil = stage.question(thread, "has to allow first").await;
    assert!(!veil.content.contains("secretly"), "{}", veil.content);
    assert_eq!(labels(&veil), ["Show details"]);
    for who in ["bob", "ann"] {
        let said = stage.pressed(who, &veil, "Show details").await;
        assert_eq!(said, "Only an owner can decide on this.");
    }
    let shown = stage
        .press("owner", &veil, "Show details")
        .await
        .answer()
        .await;
    assert_eq!(shown.only_for.as_deref(), Some("owner"));
    assert!(
        shown.content.contains("touch secretly"),
        "{}",
        shown.content
    );
    stage.pressed("owner", &shown, "Allow once").await;
    stage.answer(thread, "the end").await;
    let closed = stage.closed(veil.at(), "✅ Allowed once by").await;
    assert!(!closed.content.contains("secretly"), "{}", closed.content);
    stage.until_settled().await;
    assert!(stage.has("secretly"));
}

both!(a_long_command_is_a_file_and_a_secret_is_nowhere);

async fn a_long_command_is_a_file_and_a_secret_is_nowhere(program: Program) {
    let mut settings = owners_decide_on(program);
    for name in ["ANTHROPIC_API_KEY", "SIM_KEY"] {
        settings
            .env
            .push((name.into(), "canary-key-of-the-agent".into()));
    }
    let stage = Stage::with(settings).await;
    let long = format!("touch it # {} canary-key-of-the-agent", "x".repeat(3_000));
    let thread = stage.ask("ann", &runs(&[&long], "the end")).await;
    let question = stage.question(stage.owners_messages(), "touch it").await;
    let [file] = question.attachments.as_slice() else {
        panic!("{question:?}");
    };
    let text = String::from_utf8_lossy(&file.bytes);
    assert_eq!(file.filename, "command.sh");
    assert!(text.ends_with("x [redacted]"), "{text}");
    assert!(!question.content.contains("canary"), "{}", question.content);
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}

/// A stage whose owners are known by a role alone.
async fn owned_by_a_role(program: Program) -> Stage {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    let role = stage.sim.role("keys");
    stage.set_env("BATON_DISCORD__OWNER_ROLE", &role.to_string());
    // The person of the settings is gone.
    stage.sim.user("owner").leaves();
    let _ = stage.sim.user("keeper").with_role("keys");
    stage
}

both!(where_owners_are_known_by_a_role_alone_nobody_is_written_to_and_they_open_the_veil);

async fn where_owners_are_known_by_a_role_alone_nobody_is_written_to_and_they_open_the_veil(
    program: Program,
) {
    let mut stage = owned_by_a_role(program).await;
    stage.start().await;
    let thread = stage
        .ask("ann", &runs(&["touch secretly"], "the end"))
        .await;
    let veil = stage.question(thread, "has to allow first").await;
    assert!(!veil.content.contains("secretly"), "{}", veil.content);
    let said = stage.pressed("ann", &veil, "Show details").await;
    assert_eq!(said, clicks::NOT_HIS);
    let shown = stage.shown("keeper", &veil).await;
    stage.pressed("keeper", &shown, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    for who in ["owner", "keeper"] {
        let messages = stage.sim.user(who).direct_channel();
        assert_eq!(stage.sim.messages(messages), [], "{who}");
    }
}

both!(where_owners_are_known_by_a_role_alone_their_channel_is_used);

async fn where_owners_are_known_by_a_role_alone_their_channel_is_used(program: Program) {
    let mut stage = owned_by_a_role(program).await;
    let channel = owners_channel(&stage);
    let sight = [discord_sim::Permission::ViewChannel];
    stage
        .sim
        .overwrite(channel, stage.sim.role("keys"), sight, []);
    stage.set_env("BATON_APPROVALS__CHANNEL", &channel.to_string());
    stage.start().await;
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(channel, "touch it").await;
    stage.pressed("keeper", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}
