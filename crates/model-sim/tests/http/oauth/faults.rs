use std::time::Duration;

use model_sim::{Fault, Outcome, Road, Rules, Service, Tokens, Verdict, What};
use reqwest::{Response, StatusCode, header};
use serde_json::{Value, json};

use super::{Stage, text};

/// A service with a login, whose next renewal goes so wrong.
async fn with(fault: Fault) -> (Stage, Tokens) {
    let stage = Stage::open(Rules::default()).await;
    let login = stage.oauth.login(Service::Claude);
    stage.oauth.next([fault]);
    (stage, login)
}

impl Stage {
    /// Whether the refresh token that went wrong was used, as the service sees it and as a client finds out.
    async fn has_used(&self, login: &Tokens) -> bool {
        let seen = self.oauth.posts()[0].verdict;
        let again = self.renew(&login.refresh).await.status();
        match (seen, again) {
            (Verdict::Accepted, StatusCode::BAD_REQUEST) => true,
            (Verdict::Unseen, StatusCode::OK) => false,
            both => panic!("the service says one thing and does another: {both:?}"),
        }
    }
}

/// What happens on either side of the use of the token, and what a client must see of it.
async fn on_both_sides(what: What, look: impl AsyncFn(reqwest::Result<Response>)) {
    for (fault, used) in [
        (Fault::before(what.clone()), false),
        (Fault::after(what), true),
    ] {
        let (stage, login) = with(fault.clone()).await;
        look(stage.try_to_renew(&login.refresh).await).await;
        assert_eq!(stage.has_used(&login).await, used, "{fault:?}");
    }
}

#[tokio::test]
async fn a_connection_can_be_reset_before_it_is_read() {
    let (stage, login) = with(Fault::before(What::Refuse)).await;
    let refused = stage.try_to_renew(&login.refresh).await;
    assert!(!refused.expect_err("no answer").is_connect());
    let post = stage.oauth.posted(1).await;
    assert_eq!(
        (post.refresh(), post.road, post.outcome),
        (None, Road::Plain, Outcome::Cut)
    );
    assert!(!stage.has_used(&login).await);
}

#[tokio::test]
async fn an_answer_can_stay_away_until_the_client_gives_up() {
    for (fault, used) in [
        (Fault::before(What::Hang), false),
        (Fault::after(What::Hang), true),
    ] {
        let (stage, login) = with(fault).await;
        let asked = stage.try_to_renew(&login.refresh);
        tokio::select! {
            answer = asked => panic!("{answer:?}"),
            post = stage.oauth.posted(1) => assert_eq!(post.outcome, Outcome::Open),
        }
        let gives_up = |outcome| outcome == Outcome::Abandoned;
        stage.oauth.until(|posts| gives_up(posts[0].outcome)).await;
        assert_eq!(stage.has_used(&login).await, used);
    }
}

#[tokio::test]
async fn an_answer_can_break_off() {
    for bytes in [0, 1, 40] {
        on_both_sides(What::Cut(bytes), async |answer| {
            // Without a byte behind it the head may be lost too.
            if let Ok(answer) = answer {
                assert_eq!(answer.status(), StatusCode::OK);
                answer.bytes().await.expect_err("half a body");
            }
        })
        .await;
    }
}

#[tokio::test]
async fn a_status_can_come_with_a_time_to_wait() {
    for (status, after) in [(403, None), (429, Some("120")), (500, None), (529, None)] {
        on_both_sides(
            What::Status(status, after.map(str::to_owned)),
            async |answer| {
                let answer = answer.expect("an answer");
                assert_eq!(answer.status().as_u16(), status);
                let told = answer.headers().get(header::RETRY_AFTER);
                assert_eq!(told.map(|value| value.to_str().expect("text")), after);
                let body: Value = answer.json().await.expect("JSON");
                assert_eq!(body["type"], "error");
            },
        )
        .await;
    }
}

#[tokio::test]
async fn a_body_can_say_anything() {
    let words = "<html>sign in to the wireless network</html>";
    on_both_sides(What::Body(words.to_owned()), async |answer| {
        let answer = answer.expect("an answer");
        assert_eq!(answer.status(), StatusCode::OK);
        assert_eq!(answer.text().await.expect("text"), words);
    })
    .await;
}

#[tokio::test]
async fn a_token_can_be_too_short() {
    on_both_sides(What::ShortToken, async |answer| {
        let tokens: Value = answer.expect("an answer").json().await.expect("JSON");
        assert!(text(&tokens["access_token"]).len() < 20);
        assert!(text(&tokens["refresh_token"]).len() > 40);
    })
    .await;
}

#[tokio::test]
async fn a_time_can_be_wrong_in_one_answer_and_for_good() {
    let (stage, login) = with(Fault::after(What::Date(7_200))).await;
    let ahead = |answer: &Response| {
        let date = &answer.headers()[header::DATE];
        let date = httpdate::parse_http_date(date.to_str().expect("text")).expect("a date");
        date.duration_since(plain_now()).unwrap_or_default()
    };
    let about = |ahead: Duration, hours: u64| {
        let hours = Duration::from_hours(hours);
        (hours.saturating_sub(Duration::from_mins(5))..=hours).contains(&ahead)
    };
    let first = stage.renew(&login.refresh).await;
    assert!(about(ahead(&first), 2));
    let second = stage.renew(&stage.newest().refresh).await;
    assert_eq!(ahead(&second), Duration::ZERO);
    stage.oauth.set_clock_ahead(5 * 3_600);
    let head = reqwest::Client::new().head(stage.oauth.base_url());
    assert!(about(ahead(&head.send().await.expect("an answer")), 5));
}

#[expect(
    clippy::disallowed_methods,
    reason = "the simulator goes by the machine's clock"
)]
fn plain_now() -> std::time::SystemTime {
    std::time::SystemTime::now()
}

#[tokio::test]
async fn a_token_can_hold_for_another_time() {
    let (stage, login) = with(Fault::after(What::ExpiresIn(0))).await;
    let tokens = stage.renewed(&login.refresh).await;
    assert_eq!(tokens["expires_in"], json!(0));
    let refused = stage.model(text(&tokens["access_token"])).await;
    assert_eq!(refused.0, StatusCode::UNAUTHORIZED);
    let next = stage.renewed(&stage.newest().refresh).await;
    assert_eq!(next["expires_in"], json!(8 * 3_600));
}

#[tokio::test]
async fn a_renewal_can_wait_on_either_side_of_the_use() {
    for (fault, used) in [
        (Fault::before(What::Gate("g".to_owned())), false),
        (Fault::after(What::Gate("g".to_owned())), true),
    ] {
        let (stage, login) = with(fault).await;
        let watch = async {
            stage.oauth.at_gate("g").await;
            let verdict = stage.oauth.posts()[0].verdict;
            assert_eq!(verdict == Verdict::Accepted, used, "{verdict:?}");
            assert_eq!(stage.newest() == login, !used);
            stage.oauth.open_gate("g");
        };
        let (answer, ()) = tokio::join!(stage.renewed(&login.refresh), watch);
        assert_eq!(answer["access_token"], stage.newest().access.as_str());
        assert_eq!(stage.oauth.posts()[0].outcome, Outcome::Answered);
    }
}

#[tokio::test]
async fn each_fault_is_for_one_renewal_and_can_be_taken_back() {
    let (stage, login) = with(Fault::before(What::Status(500, None))).await;
    let also = Fault::before(What::Status(503, None));
    stage.oauth.next([also.clone(), also.clone(), also]);
    for status in [500, 503] {
        let answer = stage.renew(&login.refresh).await;
        assert_eq!(answer.status().as_u16(), status);
    }
    stage.oauth.no_more_faults();
    stage.renewed(&login.refresh).await;
}
