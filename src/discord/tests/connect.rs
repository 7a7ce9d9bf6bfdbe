//! The first contact.

use discord_sim::{Fault, RouteKind, Rule, SimConfig, ViolationKind};
use secrecy::SecretString;

use crate::discord::{
    DiscordError, connect,
    testing::{CleanSim, settings},
};

#[tokio::test]
async fn a_token_that_discord_does_not_know_is_said_kindly() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let mut settings = settings(&sim);
    settings.token = SecretString::from("another-token");
    let error = connect(settings).await.unwrap_err();
    assert!(matches!(error, DiscordError::BadToken), "{error:?}");
    assert_eq!(sim.broken(), [ViolationKind::BadToken]);
}

#[tokio::test]
async fn a_simulator_without_a_gateway_stops_the_start() {
    let sim = CleanSim::start(SimConfig::default()).await;
    sim.fault(Rule::route(RouteKind::Gateway), Fault::status(500));
    let error = connect(settings(&sim)).await.unwrap_err();
    assert!(matches!(error, DiscordError::NoGateway { .. }), "{error:?}");
}

#[tokio::test]
async fn the_token_is_in_no_text_about_the_connection() {
    let sim = CleanSim::start(SimConfig::default()).await;
    let connection = connect(settings(&sim)).await.unwrap();
    let told = format!(
        "{connection:?} {:?} {:?}",
        connection.chat(),
        connection.http
    );
    assert!(!told.contains(sim.token()), "{told}");
}
