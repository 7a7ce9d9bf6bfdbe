//! Forms, as serenity alone reads them.

use std::time::Duration;

use async_trait::async_trait;
use discord_sim::{Sim, SimConfig};
use serde_json::{Value, json};
use serenity::all::{ClientBuilder, Context, EventHandler, GatewayIntents, Interaction};
use tokio::sync::mpsc;

use crate::discord::{connect, testing::connected};

/// What takes longer does not come.
const LONG: Duration = Duration::from_mins(2);

/// Shows a form to whoever presses a button, and passes on how many fields of it come back.
struct Forms {
    fields: Value,
    came: mpsc::UnboundedSender<usize>,
}

#[async_trait]
impl EventHandler for Forms {
    async fn interaction_create(&self, context: Context, interaction: Interaction) {
        match interaction {
            Interaction::Component(pressed) => {
                let form = json!({ "type": 9, "data": {
                    "custom_id": "form", "title": "Say more", "components": self.fields,
                }});
                let shown = context.http.create_interaction_response(
                    pressed.id,
                    &pressed.token,
                    &form,
                    Vec::new(),
                );
                shown.await.unwrap();
            }
            Interaction::Modal(sent) => {
                let rows = sent.data.components.iter();
                let _ = self.came.send(rows.map(|row| row.components.len()).sum());
            }
            Interaction::Ping(_) | Interaction::Command(_) | Interaction::Autocomplete(_) | _ => {}
        }
    }
}

/// How many fields serenity reads of a form of this, when it is filled in.
async fn read_of(fields: Value) -> usize {
    let sim = Sim::start(SimConfig {
        // What a busy machine takes on top of Discord's three seconds.
        first_answer_ms: 60_000,
        ..SimConfig::default()
    })
    .await;
    let connection = connected(&sim).await;
    let http = connect::http(&connection.settings, &connection.client);
    let (came, mut read) = mpsc::unbounded_channel();
    let mut client = ClientBuilder::new_with_http(http, GatewayIntents::empty())
        .event_handler(Forms { fields, came })
        .await
        .unwrap();
    let http = client.http.clone();
    let task = tokio::spawn(async move { client.start().await });
    sim.wait_until_connected().await;
    let general = sim.channel("general");
    let button = json!({ "type": 2, "style": 1, "label": "more", "custom_id": "more" });
    let message = json!({
        "content": "?",
        "nonce": "n",
        "enforce_nonce": true,
        "components": [{ "type": 1, "components": [button] }],
    });
    http.send_message(general.get().into(), Vec::new(), &message)
        .await
        .unwrap();
    let message = sim.messages(general).pop().unwrap();
    let pressed = sim.user("alice").clicks(message.at(), "more").await;
    pressed.acknowledged().await;
    let _sent = pressed.submits([("name", "Ann")]);
    let count = tokio::time::timeout(LONG, read.recv()).await;
    task.abort();
    count.expect("it does not come").unwrap()
}

#[tokio::test]
async fn serenity_reads_nothing_of_a_form_whose_fields_have_labels_of_their_own() {
    let mut input = json!({ "type": 4, "custom_id": "name", "style": 1 });
    let labelled = json!({ "type": 18, "label": "Name", "component": input });
    assert_eq!(read_of(json!([labelled])).await, 0);
    input["label"] = json!("Name");
    let row = json!({ "type": 1, "components": [input] });
    assert_eq!(read_of(json!([row])).await, 1);
}
