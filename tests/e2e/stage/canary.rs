//! Secrets that lie on every stage, and the search for them when it ends: whatever a test is about, nothing that it made
//! Baton say or store may have one in it.

use std::{
    collections::BTreeSet,
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use aho_corasick::AhoCorasick;
use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};
use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::Stage;

/// Where the server's environment has one that nobody but it gets.
pub(super) const VARIABLE: &str = "STAGE_PASSWORD";
pub(super) const OF_THE_SERVER: &str = "canary-server-9c1f0e7ab25d4f3684e0d7c2b19a6f58";

/// The password of a proxy, for tests with one: it stands in the settings.
pub(crate) const OF_A_PROXY: &str = "canary-proxy-51d7a0c3e89b4f26";

/// The key of the model service: agents and their runners have it, and what an agent says is stored as it said it.
pub(super) const OF_THE_AGENTS: &str = "dummy-key";

/// How long a page may take; a server that a test has stopped answers never.
const PAGE: Duration = Duration::from_secs(5);

/// Where something is found, and what.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Leak {
    pub(crate) place: PathBuf,
    pub(crate) secret: &'static str,
}

/// Secrets in every form in which they may stand somewhere.
pub(crate) struct Canaries {
    /// The secret of each form.
    names: Vec<&'static str>,
    forms: AhoCorasick,
}

impl Canaries {
    pub(crate) fn new<'a>(all: impl IntoIterator<Item = (&'static str, &'a str)>) -> Self {
        let all = all.into_iter();
        let (names, forms): (Vec<_>, Vec<_>) = all
            .flat_map(|(name, value)| forms(value).into_iter().map(move |form| (name, form)))
            .unzip();
        Self {
            names,
            forms: AhoCorasick::new(forms).unwrap(),
        }
    }

    /// Those of which any form stands there.
    pub(crate) fn within(&self, bytes: &[u8]) -> BTreeSet<&'static str> {
        let found = self.forms.find_iter(bytes);
        found
            .map(|found| self.names[found.pattern().as_usize()])
            .collect()
    }
}

fn forms(value: &str) -> Vec<String> {
    let mut forms = vec![value.to_owned()];
    for alphabet in [STANDARD_NO_PAD, URL_SAFE_NO_PAD] {
        for before in 0..3 {
            let data = [&vec![0; before], value.as_bytes()].concat();
            let written = alphabet.encode(&data);
            // The letters that have no bit of what stands beside it.
            let (first, end) = ((before * 8).div_ceil(6), data.len() * 8 / 6);
            forms.push(written[first..end].to_owned());
        }
    }
    let hex: Vec<String> = value.bytes().map(|byte| format!("{byte:02x}")).collect();
    let hex = hex.concat();
    forms.push(hex.to_uppercase());
    forms.push(hex);
    let url = value.bytes().map(|byte| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => char::from(byte).to_string(),
        other => format!("%{other:02X}"),
    });
    forms.push(url.collect());
    forms
}

/// Looks for everything that lies on a stage, in everything that came of it. The processes are still there.
pub(super) fn search(stage: &Stage) -> Vec<Leak> {
    let servers = [
        ("the bot's token", stage.sim.token()),
        ("a secret of the server's environment", OF_THE_SERVER),
        ("the password of a proxy", OF_A_PROXY),
    ];
    let given = stage.model.tokens_given();
    let logins = || given.iter().map(|token| ("the token of a login", &**token));
    // Agents use logins where they lie, and the model service is shown them.
    let nobodys = Canaries::new(servers);
    let hidden = Canaries::new(servers.into_iter().chain(logins()));
    let agents = [("the key of the model service", OF_THE_AGENTS)];
    let all = Canaries::new(servers.into_iter().chain(logins()).chain(agents));
    let mut leaks = Vec::new();
    let mut look = |place: PathBuf, bytes: &[u8], for_what: &Canaries| {
        let found = for_what.within(bytes);
        leaks.extend(found.into_iter().map(|secret| Leak {
            place: place.clone(),
            secret,
        }));
    };
    look("the log".into(), stage.log().as_bytes(), &all);
    for (name, page) in pages(stage) {
        look(name.into(), &page, &all);
    }
    // What people said themselves stands there too.
    let told = format!("{:?}", stage.sim.journal());
    look("Discord".into(), told.as_bytes(), &hidden);
    let asked = format!("{:?}", stage.model.requests());
    look("the model service".into(), asked.as_bytes(), &nobodys);
    for file in files(stage.home()) {
        let held = fs::read(&file).unwrap_or_default();
        let is_stored = file.starts_with(stage.data()) && !keeps_logins(stage, &file);
        // The project and the agent program's directory are theirs.
        let for_what = if is_stored { &hidden } else { &nobodys };
        if !file.ends_with(".env") {
            look(file, &held, for_what);
        }
    }
    for process in stage.processes() {
        for about in ["environ", "cmdline"] {
            let path = PathBuf::from(format!("/proc/{process}/{about}"));
            let held = fs::read(&path).unwrap_or_default();
            look(path, &held, &hidden);
        }
    }
    leaks.extend(batons(stage).filter_map(|process| {
        let place = PathBuf::from(format!("/proc/{process}/limits"));
        // Of one byte there is no image.
        let image = core_limit(&place).filter(|limit| !["0", "1"].contains(&&**limit));
        image.map(|_| Leak {
            place,
            secret: "the memory of what crashes",
        })
    }));
    leaks
}

/// The server, and what it and its runners have started.
fn batons(stage: &Stage) -> impl Iterator<Item = u32> {
    // One that has just begun to start is not there yet.
    let server = stage
        .server
        .as_ref()
        .filter(|_| stage.health_page().is_some());
    let server = server.map(super::Server::pid);
    let others = stage.processes().into_iter().filter(|process| {
        let environment = fs::read(format!("/proc/{process}/environ")).unwrap_or_default();
        let marker = b"BATON_RUNNER=";
        environment
            .split(|byte| *byte == 0)
            .any(|variable| variable.starts_with(marker))
    });
    server.into_iter().chain(others)
}

/// How large an image of its memory a process may leave behind; `None` if it has ended.
fn core_limit(limits: &Path) -> Option<String> {
    let limits = fs::read_to_string(limits).ok()?;
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max core file size"))?;
    Some(line.split_whitespace().next()?.to_owned())
}

/// Lets what this process starts leave images behind, as some systems do, so that it can be seen that nobody does.
pub(super) fn allow_images() {
    let (_, hard) = getrlimit(Resource::RLIMIT_CORE).unwrap();
    assert!(
        hard > 1,
        "this machine allows no images, so nothing could be seen: raise `ulimit -Hc`"
    );
    setrlimit(Resource::RLIMIT_CORE, hard, hard).unwrap();
}

/// Whether a file below the data directory is where logins lie: Codex's own directory, and what came while the disk of a
/// login refused it.
fn keeps_logins(stage: &Stage, file: &Path) -> bool {
    ["codex", "rescue"]
        .iter()
        .any(|name| file.starts_with(stage.data().join(name)))
}

/// The pages of a server that answers.
fn pages(stage: &Stage) -> Vec<(&'static str, Vec<u8>)> {
    let address = stage.server.as_ref().and_then(|_| stage.health_page());
    let pages = ["/healthz", "/metrics"].into_iter();
    let read = |name| Some((name, page(address.as_deref()?, name)?));
    pages.filter_map(read).collect()
}

fn page(address: &str, name: &str) -> Option<Vec<u8>> {
    let mut stream = TcpStream::connect_timeout(&address.parse().ok()?, PAGE).ok()?;
    stream.set_read_timeout(Some(PAGE)).ok()?;
    let asked = format!("GET {name} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(asked.as_bytes()).ok()?;
    let mut told = Vec::new();
    // What has come is looked through, also when more does not.
    let _ = stream.read_to_end(&mut told);
    Some(told)
}

/// Every plain file below a directory that can be read.
fn files(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    entries
        .flat_map(|entry| match entry.file_type() {
            Ok(kind) if kind.is_dir() => files(&entry.path()),
            Ok(kind) if kind.is_file() => vec![entry.path()],
            Ok(_) | Err(_) => Vec::new(),
        })
        .collect()
}
