//! Secrets that lie on every stage, and the search for them when it ends: whatever a test is about, nothing that it made
//! Baton say or store may have one in it.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD},
};

use super::Stage;

/// Where the server's environment has one that nobody but it gets.
pub(super) const VARIABLE: &str = "STAGE_PASSWORD";
pub(super) const OF_THE_SERVER: &str = "canary-server-9c1f0e7ab25d4f3684e0d7c2b19a6f58";

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

/// A secret in every form in which it may stand somewhere.
pub(crate) struct Canary {
    name: &'static str,
    forms: Vec<Vec<u8>>,
}

impl Canary {
    pub(crate) fn new(name: &'static str, value: &str) -> Self {
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
        let forms = forms.into_iter().map(String::into_bytes).collect();
        Self { name, forms }
    }

    /// Whether any form of it stands there.
    pub(crate) fn is_in(&self, bytes: &[u8]) -> bool {
        self.forms.iter().any(|form| contains(bytes, form))
    }
}

fn contains(bytes: &[u8], form: &[u8]) -> bool {
    let mut rest = bytes;
    while let Some(at) = rest.iter().position(|byte| *byte == form[0]) {
        rest = &rest[at..];
        if rest.starts_with(form) {
            return true;
        }
        rest = &rest[1..];
    }
    false
}

/// Looks for everything that lies on a stage, in everything that came of it. The processes are still there.
pub(super) fn search(stage: &Stage) -> Vec<Leak> {
    let nobodys = [
        Canary::new("the bot's token", stage.sim.token()),
        Canary::new("a secret of the server's environment", OF_THE_SERVER),
    ];
    let agents = Canary::new("the key of the model service", OF_THE_AGENTS);
    let mut leaks = Vec::new();
    let mut look = |place: PathBuf, bytes: &[u8], for_whom: &[&Canary]| {
        for canary in for_whom.iter().filter(|canary| canary.is_in(bytes)) {
            leaks.push(Leak {
                place: place.clone(),
                secret: canary.name,
            });
        }
    };
    let all = [&nobodys[0], &nobodys[1], &agents];
    look("the log".into(), stage.log().as_bytes(), &all);
    for (name, page) in pages(stage) {
        look(name.into(), &page, &all);
    }
    // What people said themselves stands there too.
    let nobodys = [&nobodys[0], &nobodys[1]];
    let told = format!("{:?}", stage.sim.journal());
    look("Discord".into(), told.as_bytes(), &nobodys);
    let asked = format!("{:?}", stage.model.requests());
    look("the model service".into(), asked.as_bytes(), &nobodys);
    for file in files(&stage.data()) {
        let held = fs::read(&file).unwrap_or_default();
        look(file, &held, &nobodys);
    }
    for process in stage.processes() {
        for about in ["environ", "cmdline"] {
            let path = PathBuf::from(format!("/proc/{process}/{about}"));
            let held = fs::read(&path).unwrap_or_default();
            look(path, &held, &nobodys);
        }
    }
    leaks
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
