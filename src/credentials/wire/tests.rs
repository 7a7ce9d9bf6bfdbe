use serde_json::json;

use super::{super::testing::server, *};

/// An address where nobody listens: the port of a service that nobody has.
const NOBODY: &str = "http://127.0.0.1:1";

fn wire(routes: Vec<Route>) -> Wire {
    Wire::new(routes, None).unwrap()
}

async fn post(url: &Url, routes: Vec<Route>) -> Outcome {
    wire(routes).post(url, &json!({"refresh_token": "r"})).await
}

fn answered(outcome: Outcome) -> Answer {
    match outcome {
        Outcome::Answered(answer) => answer,
        Outcome::NotSent(_) | Outcome::Doubt(_) => panic!("{outcome:?}"),
    }
}

#[tokio::test]
async fn an_answer_is_told_with_its_wait_and_its_time() {
    let server = server(&[
        "HTTP/1.1 429 Too Many Requests\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                           Retry-After: 120\r\nContent-Length: 2\r\n\r\n{}",
    ])
    .await;
    let answer = answered(post(&server.url, vec![Route::Direct]).await);
    assert_eq!(answer.status, StatusCode::TOO_MANY_REQUESTS);
    assert_eq!(answer.after, Some(Duration::from_mins(2)));
    assert_eq!(answer.date, Some(Millis::new(784_111_777_000)));
    assert_eq!(answer.body, b"{}");
    let heard = server.heard.lock()[0].to_lowercase();
    assert!(heard.contains("user-agent: baton/"), "{heard}");
    assert!(heard.contains("content-type: application/json"), "{heard}");
}

#[tokio::test]
async fn a_wait_may_be_a_date_and_is_never_longer_than_a_day() {
    for (wait, expected) in [
        ("Sun, 06 Nov 1994 08:50:37 GMT", Some(60)),
        ("Tue, 06 Nov 1990 08:50:37 GMT", Some(1)),
        ("99999999", Some(24 * 60 * 60)),
        ("0", Some(1)),
        ("soon", None),
    ] {
        let mut headers = header::HeaderMap::new();
        headers.insert(
            header::DATE,
            "Sun, 06 Nov 1994 08:49:37 GMT".parse().unwrap(),
        );
        headers.insert(header::RETRY_AFTER, wait.parse().unwrap());
        assert_eq!(
            retry_after(&headers),
            expected.map(Duration::from_secs),
            "{wait}"
        );
    }
}

#[tokio::test]
async fn a_connection_that_could_not_be_made_has_sent_nothing() {
    let url = NOBODY.parse().unwrap();
    let outcome = post(&url, vec![Route::Direct]).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
    let unknown = "https://nowhere.invalid/token".parse().unwrap();
    let outcome = post(&unknown, vec![Route::Direct]).await;
    assert!(matches!(outcome, Outcome::NotSent(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_connection_that_breaks_once_it_was_made_leaves_a_doubt_and_nothing_is_sent_again() {
    let broken = server(&["", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]).await;
    let outcome = post(&broken.url, vec![Route::Direct, Route::Direct]).await;
    assert!(matches!(outcome, Outcome::Doubt(_)), "{outcome:?}");
    assert_eq!(broken.heard.lock().len(), 1);
}

#[tokio::test]
async fn of_an_answer_that_breaks_off_or_is_too_long_its_beginning_is_kept() {
    let broken = server(&["HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}"]).await;
    let answer = answered(post(&broken.url, vec![Route::Direct]).await);
    assert_eq!(answer.body, b"{}");
    let length = LONGEST + 1;
    let long = format!(
        "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}",
        "x".repeat(length)
    );
    let long = server(&[&long]).await;
    let answer = answered(post(&long.url, vec![Route::Direct]).await);
    assert_eq!(answer.body.len(), LONGEST);
}

#[tokio::test]
async fn a_redirection_is_not_followed() {
    let server = server(&[
        "HTTP/1.1 307 Temporary Redirect\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
    ])
    .await;
    let answer = answered(post(&server.url, vec![Route::Direct]).await);
    assert_eq!(answer.status, StatusCode::TEMPORARY_REDIRECT);
    assert_eq!(server.heard.lock().len(), 1);
}

#[tokio::test]
async fn the_next_proxy_is_taken_when_the_one_before_cannot_be_reached() {
    let proxy = server(&["HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"]).await;
    let gone = Route::Proxy(NOBODY.into());
    let there = Route::Proxy(format!("http://user:pa55word@{}", proxy.url.authority()).into());
    let url = "http://127.0.0.1:9/token".parse().unwrap();
    let answer = answered(post(&url, vec![gone, there]).await);
    assert_eq!(answer.status, StatusCode::OK);
    let heard = proxy.heard.lock()[0].clone();
    assert!(
        heard.starts_with("POST http://127.0.0.1:9/token "),
        "{heard}"
    );
    assert!(
        heard.to_lowercase().contains("proxy-authorization: basic "),
        "{heard}"
    );
}

#[tokio::test]
async fn what_is_said_of_a_proxy_does_not_tell_its_password() {
    let address = NOBODY.replace("http://", "http://user:pa55word@");
    let url = "https://service.invalid/token".parse().unwrap();
    let outcome = post(&url, vec![Route::Proxy(address.into())]).await;
    let Outcome::NotSent(why) = &outcome else {
        panic!("{outcome:?}");
    };
    assert!(!why.contains("pa55word"), "{why}");
}

#[tokio::test]
async fn the_time_of_the_service_is_asked_for_without_spending_anything() {
    let server = server(&[
        "HTTP/1.1 405 Method Not Allowed\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\n\
                           Content-Length: 0\r\n\r\n",
    ])
    .await;
    let date = wire(vec![Route::Direct]).date(&server.url).await;
    assert_eq!(date, Some(Millis::new(784_111_777_000)));
    assert!(server.heard.lock()[0].starts_with("HEAD "));
}
