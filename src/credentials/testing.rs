//! A service for tests that says what it is told to say.

use std::sync::Arc;

use parking_lot::Mutex;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// Answers each connection with the next of these texts; what it was sent is kept. One that is empty closes the
/// connection without an answer.
pub(super) struct Server {
    pub(super) url: Url,
    pub(super) heard: Arc<Mutex<Vec<String>>>,
}

pub(super) async fn server(answers: &[&str]) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/token", listener.local_addr().unwrap());
    let heard = Arc::<Mutex<Vec<String>>>::default();
    let kept = Arc::clone(&heard);
    let answers: Vec<String> = answers.iter().map(|&answer| answer.to_owned()).collect();
    tokio::spawn(async move {
        for answer in answers {
            let (mut stream, _) = listener.accept().await.unwrap();
            let request = request(&mut stream).await;
            kept.lock().push(request);
            stream.write_all(answer.as_bytes()).await.unwrap();
        }
    });
    Server {
        url: url.parse().unwrap(),
        heard,
    }
}

/// Reads a request with a body of JSON, or one without a body.
async fn request(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    let mut piece = [0; 4096];
    loop {
        let read = stream.read(&mut piece).await.unwrap();
        text.push_str(std::str::from_utf8(&piece[..read]).unwrap());
        let is_whole =
            text.ends_with('}') || text.ends_with("\r\n\r\n") && !text.starts_with("POST");
        if read == 0 || is_whole {
            return text;
        }
    }
}

/// An answer of HTTP with a body of JSON.
pub(super) fn json(status: u16, body: &serde_json::Value) -> String {
    let body = body.to_string();
    format!(
        "HTTP/1.1 {status} \r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}
