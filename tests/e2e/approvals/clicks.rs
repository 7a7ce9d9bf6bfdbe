//! Nobody but an approver can approve, whatever he uses.

use super::*;

pub(super) const NOT_HIS: &str = "Only an owner can decide on this.";

/// The question stands where everybody is who may not decide, so that they can press its buttons.
async fn in_the_open(program: Program) -> (Stage, ChannelId, MessageView) {
    in_the_open_on(Stage::dark(owners_decide_on(program)).await).await
}

/// The same on a stage that was prepared otherwise.
pub(super) async fn in_the_open_on(mut stage: Stage) -> (Stage, ChannelId, MessageView) {
    let role = stage.sim.role("keys");
    stage.set_env("BATON_DISCORD__OWNER_ROLE", &role.to_string());
    stage.set_env("BATON_APPROVALS__ROUTE", "thread");
    let (nobody, sight) = (
        discord_sim::Sim::everyone_in(stage.sim.guild_id()),
        [discord_sim::Permission::ViewChannel],
    );
    stage.sim.overwrite(stage.channel(), nobody, [], sight);
    stage.sim.overwrite(stage.channel(), role, sight, []);
    stage
        .sim
        .overwrite(stage.channel(), stage.sim.bot_id(), sight, []);
    let _ = stage.sim.user("keeper").with_role("keys");
    stage.start().await;
    let _ = stage.sim.user("ann").with_role("keys");
    let thread = stage.ask("ann", &runs(&["touch it"], "the end")).await;
    let question = stage.question(thread, "touch it").await;
    // From here on he is no owner any more.
    let _ = stage.sim.user("ann").without_role("keys");
    (stage, thread, question)
}

both!(nobody_but_an_approver_presses_a_button_or_sends_a_form);

async fn nobody_but_an_approver_presses_a_button_or_sends_a_form(program: Program) {
    let (stage, thread, question) = in_the_open(program).await;
    with_bob(&stage).await;
    stage.grant("zed", Scope::Global, Tier::Blocked).await;
    let all = [
        "Allow once",
        "Allow for this session",
        "Deny",
        "Deny with a reason…",
        "Always in this project…",
    ];
    for label in all {
        for who in ["bob", "ann", "nobody"] {
            assert_eq!(
                stage.pressed(who, &question, label).await,
                NOT_HIS,
                "{who} {label}"
            );
        }
        let blocked = stage.pressed("zed", &question, label).await;
        assert!(blocked.starts_with("You are blocked here."), "{blocked}");
    }
    // Once each, whatever they pressed.
    let refused = stage.refused_clicks().await;
    let of_zed = refused.iter().filter(|why| why.starts_with("You are bl"));
    assert_eq!((of_zed.count(), refused.len()), (1, 4), "{refused:?}");
    assert_eq!(stage.pending().await.len(), 1);
    assert!(!stage.has("it"));
    stage.pressed("keeper", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}

both!(who_loses_the_role_while_he_fills_the_form_in_decides_nothing);

async fn who_loses_the_role_while_he_fills_the_form_in_decides_nothing(program: Program) {
    let (stage, thread, question) = in_the_open(program).await;
    let mut forms = Vec::new();
    for label in ["Deny with a reason…", "Always in this project…"] {
        let form = stage.press("keeper", &question, label).await;
        form.acknowledged().await;
        forms.push(form);
    }
    let keeper = stage.sim.user("keeper").without_role("keys");
    assert_eq!(
        told("keeper", &forms[0].submits([("reason", "no")])).await,
        NOT_HIS
    );
    assert_eq!(
        told("keeper", &forms[1].submits([("for", "1h")])).await,
        NOT_HIS
    );
    assert_eq!(stage.pending().await.len(), 1);
    let _ = keeper.with_role("keys");
    let sent = forms[1].submits([("rule", "Bash("), ("for", "1h")]);
    let wrong = told("keeper", &sent).await;
    assert!(
        wrong.starts_with("The rule cannot be understood"),
        "{wrong}"
    );
    let sent = forms[1].submits([("rule", "Bash(ls)"), ("for", "1h")]);
    let other = told("keeper", &sent).await;
    assert!(
        other.starts_with("That rule would not have allowed"),
        "{other}"
    );
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}

both!(a_forged_id_and_a_button_of_another_message_decide_nothing);

async fn a_forged_id_and_a_button_of_another_message_decide_nothing(program: Program) {
    let (stage, thread, question) = in_the_open(program).await;
    let ids = [
        "Allow once",
        "Deny with a reason…",
        "Always in this project…",
    ]
    .map(|label| control(&question, label));
    let forged = "a".repeat(ids[0].len());
    let general = stage.sim.channel("general");
    let elsewhere = "This belongs to another message.";
    // Another program with the bot's token puts the ids where they do not belong.
    let mut used = vec![(thread, &forged, "This is not in use any more.")];
    for id in &ids {
        used.extend([(thread, id, elsewhere), (general, id, elsewhere)]);
    }
    for (place, id, said) in &used {
        let message = as_bot(&stage, *place, id).await;
        let used = stage.sim.user("owner").clicks(message, id).await;
        let told = told("owner", &used).await;
        assert!(told.starts_with(said), "{told}");
    }
    let refused = stage.refused_clicks().await;
    let reasons = ["This is not in use any more.", elsewhere];
    assert_eq!(refused.len(), reasons.len(), "{refused:?}");
    for (why, said) in refused.iter().zip(reasons) {
        assert!(why.starts_with(said), "{why}");
    }
    assert_eq!(stage.pending().await.len(), 1);
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}

both!(of_two_clicks_at_once_one_counts_and_a_late_one_is_told);

async fn of_two_clicks_at_once_one_counts_and_a_late_one_is_told(program: Program) {
    let (stage, thread, question) = in_the_open(program).await;
    let yes = stage.press("owner", &question, "Allow once").await;
    let no = stage.press("keeper", &question, "Deny").await;
    let said = [told("owner", &yes).await, told("keeper", &no).await];
    let winners = said
        .iter()
        .filter(|said| said.ends_with("goes on.") || said.ends_with("is told."));
    assert_eq!(winners.count(), 1, "{said:?}");
    assert!(
        said.iter().any(|said| said.contains("was faster")),
        "{said:?}"
    );
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
    let ended = stage.sim.message(question.at()).unwrap();
    assert_eq!(ended.components, Vec::<Value>::new());
    assert_eq!(stage.has("it"), ended.content.contains("✅ Allowed once"));
}

both!(from_a_direct_message_somebody_is_what_he_is_in_the_server);

async fn from_a_direct_message_somebody_is_what_he_is_in_the_server(program: Program) {
    let (stage, thread, question) = touching_by(program, "it").await;
    stage.sim.user("owner").leaves();
    let said = stage.pressed("owner", &question, "Allow once").await;
    assert!(
        said.starts_with("You are not a member of the server"),
        "{said}"
    );
    assert_eq!(stage.pending().await.len(), 1);
    stage.sim.user("owner").joins(stage.sim.guild_id());
    stage.pressed("owner", &question, "Deny").await;
    stage.answer(thread, "the end").await;
    stage.until_settled().await;
}

both!(with_four_eyes_who_asked_is_neither_asked_nor_heard);

async fn with_four_eyes_who_asked_is_neither_asked_nor_heard(program: Program) {
    let mut stage = Stage::dark(owners_decide_on(program)).await;
    stage.set_env("BATON_PROJECTS__0__FOUR_EYES", "true");
    stage.set_env("BATON_APPROVALS__ROUTE", "dm");
    stage.grant("bob", Scope::Global, Tier::Owner).await;
    stage.start().await;
    let thread = stage.ask("owner", &runs(&["touch it"], "the end")).await;
    let bobs = stage.sim.user("bob").direct_channel();
    let question = stage.question(bobs, "touch it").await;
    assert_eq!(stage.sim.messages(stage.owners_messages()), []);
    stage.pressed("bob", &question, "Allow once").await;
    stage.answer(thread, "the end").await;
    assert!(stage.has("it"));
    stage.until_settled().await;
}

/// A message of the bot with a button of this id.
pub(super) async fn as_bot(stage: &Stage, place: ChannelId, id: &str) -> MessageRef {
    let message = json!({
        "content": "press it",
        "nonce": format!("{place}-{}", &id[..4]),
        "enforce_nonce": true,
        "allowed_mentions": {"parse": []},
        "components": [{"type": 1, "components": [
            {"type": 2, "style": 1, "label": "press", "custom_id": id}]}],
    });
    let sim = &stage.sim;
    let answer = reqwest::Client::new()
        .post(format!(
            "{}/api/v10/channels/{place}/messages",
            sim.base_url()
        ))
        .header("Authorization", format!("Bot {}", sim.token()))
        .json(&message)
        .send()
        .await
        .unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    let posted: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap();
    MessageRef {
        channel: place,
        id: discord_sim::MessageId::new(posted["id"].as_str().unwrap().parse().unwrap()),
    }
}
