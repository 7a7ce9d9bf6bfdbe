//! `[data]`: where Baton keeps its state.

use std::{os::unix::ffi::OsStrExt as _, path::PathBuf};

use figment::value::Value;

use super::{
    environment::Environment,
    problem::Complaint,
    section::Section,
    values::{self, wrong},
};

/// The longest path of a socket, in bytes: `sockaddr_un` holds 108 on Linux and 104 on macOS,
/// with the zero at the end.
const SOCKET_PATH: usize = 100;

/// `[data]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Data {
    /// The directory of the database, the journals and the sockets, absolute.
    pub dir: PathBuf,
}

impl Data {
    pub(super) fn read(mut section: Section<'_>, environment: &Environment) -> Option<Self> {
        let dir = match default_dir(environment) {
            Some(default) => section.or("dir", default, read_dir),
            None => section.required(
                "dir",
                "Write an absolute path as `dir` below `[data]`: neither XDG_STATE_HOME nor HOME \
                 is set, so that there is no default.",
                read_dir,
            ),
        };
        section.finish();
        Some(Self { dir: dir? })
    }

    /// Where the runners' sockets are; short enough that `<8 characters>.sock` fits into the
    /// address of a unix socket.
    pub fn sockets(&self) -> PathBuf {
        self.dir.join("run")
    }

    /// Where the transcripts are.
    pub fn transcripts(&self) -> PathBuf {
        self.dir.join("transcripts")
    }
}

/// Where programs keep their state: `$XDG_STATE_HOME` or its default (XDG Base Directory
/// Specification), Application Support on macOS.
fn default_dir(environment: &Environment) -> Option<String> {
    let variable = |name| {
        let (value, _) = environment.get(name)?;
        value
            .starts_with('/')
            .then_some(value.trim_end_matches('/'))
    };
    if cfg!(target_os = "macos") {
        let home = variable("HOME")?;
        return Some(format!("{home}/Library/Application Support/baton"));
    }
    variable("XDG_STATE_HOME")
        .map(|state| format!("{state}/baton"))
        .or_else(|| Some(format!("{}/.local/state/baton", variable("HOME")?)))
}

fn read_dir(value: &Value) -> Result<PathBuf, Complaint> {
    let data = Data {
        dir: values::absolute(value)?,
    };
    let socket = data.sockets().join("12345678.sock");
    let length = socket.as_os_str().as_bytes().len();
    if length <= SOCKET_PATH {
        return Ok(data.dir);
    }
    let over = length - SOCKET_PATH;
    Err(wrong(
        value,
        format!(
            "is {over} bytes too long: the sockets in it would have paths of more than \
             {SOCKET_PATH} bytes, which the system does not take"
        ),
        "Write a shorter path, such as /var/lib/baton.",
    ))
}
