//! Whoever reaches the port may send what he likes, and as slowly as he likes.

use proptest::{
    collection::vec,
    prelude::*,
    test_runner::{Config, TestRunner},
};

use super::*;

/// Short times, for those who send nothing more.
const SHORT: Bounds = Bounds {
    connections: 64,
    header: Duration::from_millis(100),
    whole: Duration::from_millis(400),
};

/// In what is sent, this is where the server listens.
const OURS: &str = "OURS";

/// Requests that have ended servers, or might.
fn known() -> Vec<Vec<u8>> {
    let host = format!("Host: {OURS}\r\n");
    let lines = [
        "GET // HTTP/1.1",
        "GET http:// HTTP/1.1",
        "GET http://evil/healthz HTTP/1.1",
        "GET https://[::1/healthz HTTP/1.1",
        "GET http://a:99999999/ HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "GET * HTTP/1.1",
        "CONNECT evil:443 HTTP/1.1",
        "CONNECT / HTTP/1.1",
        "GET healthz HTTP/1.1",
        "GET /%zz%00 HTTP/1.1",
        "GET /healthz?%%%&&== HTTP/1.1",
        "GET /healthz#a HTTP/1.1",
        "GET ///../../etc/passwd HTTP/1.1",
        "GET /healthz HTTP/0.9",
        "GET /healthz HTTP/1.0",
        "GET /healthz HTTP/9.9",
        "GET /healthz",
        "GET  HTTP/1.1",
        " / HTTP/1.1",
        "GET /\u{0} HTTP/1.1",
        "GET /\u{e9}\u{1f980} HTTP/1.1",
        "PRI * HTTP/2.0",
        "\u{16}\u{3}\u{1}",
        "",
    ];
    let mut all: Vec<Vec<u8>> = lines
        .iter()
        .flat_map(|line| [format!("{line}\r\n\r\n"), format!("{line}\r\n{host}\r\n")])
        .map(String::into_bytes)
        .collect();
    let one = format!("GET /healthz HTTP/1.1\r\n{host}\r\n");
    all.push(one.repeat(300).into_bytes());
    all.push(format!("GET /{} HTTP/1.1\r\n\r\n", "x".repeat(1 << 20)).into_bytes());
    all.push(vec![0; 1 << 20]);
    all.push(format!("GET / HTTP/1.1\r\n{}\r\n", "a: b\r\n".repeat(10_000)).into_bytes());
    for more in [
        "Content-Length: 99999999999999999999\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 5\r\nContent-Length: 6\r\n",
        "Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        "Expect: 100-continue\r\nContent-Length: 3\r\n",
        "Upgrade: websocket\r\nConnection: upgrade\r\n",
        "Host: evil\r\n",
        "Host:\r\n",
        ": \r\n",
        "\u{0}: \u{0}\r\n",
    ] {
        all.push(format!("GET /healthz HTTP/1.1\r\n{host}{more}\r\nzz\r\n").into_bytes());
    }
    all
}

/// Bytes that look more or less like a request.
fn request() -> impl Strategy<Value = Vec<u8>> {
    let method = prop_oneof![
        Just("GET".to_owned()),
        Just("HEAD".to_owned()),
        Just("OPTIONS".to_owned()),
        Just("CONNECT".to_owned()),
        "[A-Za-z!#$%&'*+.^_`|~-]{0,8}",
    ];
    let target = prop_oneof![
        3 => "/[/*:@?%.a-z0-9-]{0,24}",
        1 => "[/*:@?#%.a-z0-9\\[\\]-]{0,24}",
        1 => Just(format!("http://{OURS}//")),
        1 => "(http|https|ws|x)?:?/{0,3}[@:\\[\\]a-z0-9.]{0,12}/{0,2}[a-z?%]{0,8}",
        1 => Just("/healthz".to_owned()),
        1 => Just("/metrics".to_owned()),
        1 => "\\PC{0,12}",
    ];
    let version = prop_oneof![
        4 => Just("HTTP/1.1".to_owned()),
        1 => Just("HTTP/1.0".to_owned()),
        1 => "HTTP/[0-9]{0,2}\\.?[0-9]{0,2}",
        1 => "[ -~]{0,8}",
    ];
    let header = prop_oneof![
        "Host: (127\\.0\\.0\\.1|localhost|\\[::1\\]|evil)(:[0-9]{0,6})?",
        "[A-Za-z-]{1,10}: ?[ -~]{0,20}",
        Just(format!("Host: {OURS}")),
        "(Transfer-Encoding|Content-Length|Connection|Expect): ?[ -~]{0,20}",
    ];
    let shaped = (method, target, version, vec(header, 0..5)).prop_map(
        |(method, target, version, headers)| {
            let mut lines = vec![format!("{method} {target} {version}")];
            lines.extend(headers);
            format!("{}\r\n\r\n", lines.join("\r\n")).into_bytes()
        },
    );
    prop_oneof![3 => shaped, 1 => vec(any::<u8>(), 0..200)]
}

#[test]
fn whatever_is_sent_the_server_answers_the_next_who_asks_and_no_part_of_it_falls() {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    let open = runtime.block_on(open(report(None), SHORT));
    let connections = AtomicU32::new(0);
    let send = |bytes: &[u8]| {
        connections.fetch_add(1, Ordering::Relaxed);
        let ours = open.address.to_string().into_bytes();
        let mut bytes = bytes.to_vec();
        while let Some(at) = bytes
            .windows(OURS.len())
            .position(|it| it == OURS.as_bytes())
        {
            bytes.splice(at..at + OURS.len(), ours.iter().copied());
        }
        runtime.block_on(open.send(&bytes))
    };
    for bytes in known() {
        send(&bytes);
    }
    let config = Config {
        cases: 400,
        failure_persistence: None,
        ..Config::default()
    };
    // A case fails the test only at its end: the server counts what fell in it.
    TestRunner::new(config)
        .run(&request(), |bytes| {
            send(&bytes);
            Ok(())
        })
        .unwrap();
    let all = u64::from(connections.into_inner());
    runtime.block_on(async {
        let ended = || {
            let ways = [Visit::Served, Visit::BrokenOff, Visit::Failed];
            ways.map(|visit| open.metrics.visits(visit))
        };
        let all_ended = async {
            while ended().iter().sum::<u64>() < all {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, all_ended).await.unwrap();
        let [served, broken_off, failed] = ended();
        assert_eq!(failed, 0, "a connection met a fault");
        // By chance about 130 and 330 are.
        assert!(served > 20 && broken_off > 20, "{served}, {broken_off}");
        assert_eq!(open.get("/livez").await.0, StatusCode::OK);
        open.close().await;
    });
}

#[tokio::test]
async fn one_connection_gets_one_answer() {
    let open = open(report(None), Bounds::default()).await;
    let one = format!("GET /livez HTTP/1.1\r\nHost: {}\r\n\r\n", open.address);
    let answer = open.send(one.repeat(3).as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200 OK").count(), 1, "{answer}");
    open.close().await;
}

#[tokio::test]
async fn what_would_change_something_is_refused_and_told_what_is_not() {
    let open = open(report(None), Bounds::default()).await;
    let post = format!("POST /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", open.address);
    let answer = open.send(post.as_bytes()).await;
    assert!(answer.starts_with("HTTP/1.1 405 "), "{answer}");
    assert!(answer.contains("\r\nallow: GET, HEAD\r\n"), "{answer}");
    let head = format!("HEAD /healthz HTTP/1.1\r\nHost: {}\r\n\r\n", open.address);
    let answer = open.send(head.as_bytes()).await;
    assert!(
        answer.starts_with("HTTP/1.1 200 ") && answer.ends_with("\r\n\r\n"),
        "{answer}"
    );
    open.close().await;
}

#[tokio::test]
async fn a_page_that_gave_itself_our_address_gets_nothing() {
    let open = open(report(None), Bounds::default()).await;
    let port = open.address.port();
    for (target, host) in [
        ("/healthz".to_owned(), format!("evil.example:{port}")),
        (
            format!("http://evil.example:{port}/healthz"),
            open.address.to_string(),
        ),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nHost: {host}\r\n\r\n");
        let answer = open.send(request.as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 421 "), "{answer}");
        assert!(!answer.contains("activeSessions"), "{answer}");
    }
    open.close().await;
}

#[tokio::test]
async fn who_sends_a_request_drop_by_drop_is_left() {
    let open = open(report(None), SHORT).await;
    let mut stream = TcpStream::connect(open.address).await.unwrap();
    stream.write_all(b"GET /healthz HT").await.unwrap();
    let answer = read(&mut stream).await;
    assert!(!answer.contains("200 OK"), "{answer}");
    open.until(Visit::BrokenOff, 1).await;
    open.close().await;
}

#[tokio::test]
async fn who_takes_up_every_place_keeps_others_out_only_while_he_is_there() {
    let bounds = Bounds {
        connections: 3,
        header: PATIENCE,
        whole: PATIENCE,
    };
    let open = open(report(None), bounds).await;
    let mut held = Vec::new();
    for _ in 0..bounds.connections {
        held.push(TcpStream::connect(open.address).await.unwrap());
    }
    assert_eq!(open.send(b"").await, "", "he is not heard");
    open.until(Visit::TurnedAway, 1).await;
    drop(held);
    open.until(Visit::Served, 3).await;
    assert_eq!(open.get("/livez").await.0, StatusCode::OK);
    open.close().await;
}

/// A machine on which at first no more files can be opened.
struct Jammed {
    listener: TcpListener,
    tried: AtomicU32,
}

const TIMES: u32 = 5;

#[async_trait]
impl Door for Jammed {
    async fn next(&self) -> io::Result<TcpStream> {
        if self.tried.fetch_add(1, Ordering::Relaxed) < TIMES {
            return Err(io::Error::from_raw_os_error(24));
        }
        self.listener.next().await
    }
}

#[tokio::test(start_paused = true)]
async fn a_machine_without_free_files_costs_pauses_and_not_the_server() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, tried) = (CancellationToken::new(), AtomicU32::new(0));
    let door = Jammed { listener, tried };
    let fixed = Fixed {
        report: report(None),
        alive: Ok(()),
    };
    let began = tokio::time::Instant::now();
    let served = take_in(
        &door,
        address,
        Arc::new(fixed),
        Metrics::default(),
        Bounds::default(),
        stop.clone(),
    );
    let asks = async {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let ask = format!("GET /livez HTTP/1.1\r\nHost: {address}\r\n\r\n");
        stream.write_all(ask.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        stop.cancel();
        answer
    };
    let ((), answer) = tokio::join!(served, asks);
    assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
    assert!(began.elapsed() >= BREATH * TIMES, "{:?}", began.elapsed());
}
