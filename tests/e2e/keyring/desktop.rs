//! The session of a desktop: a message bus, and perhaps a keyring on it.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    os::unix::net::UnixListener,
    path::Path,
    process::{Child, Command, Stdio},
    sync::Once,
};

use tempfile::TempDir;

/// A bus that starts nobody by itself, so that there is no keyring but ours.
const BUS: &str = "<busconfig><type>session</type><listen>unix:dir=$DIR</listen><auth>EXTERNAL</auth>\
    <policy context=\"default\"><allow send_destination=\"*\" eavesdrop=\"true\"/><allow eavesdrop=\"true\"/>\
    <allow own=\"*\"/></policy></busconfig>";

pub(super) struct Desktop {
    folder: TempDir,
    address: String,
    bus: Option<Child>,
    /// Somebody who listens and never answers.
    _silent: Option<UnixListener>,
}

impl Desktop {
    /// With a keyring that is open.
    pub(super) fn unlocked() -> Self {
        let desktop = Self::without_keyring();
        let mut keyring = desktop
            .command("gnome-keyring-daemon")
            .args(["--unlock", "--components=secrets", "--daemonize"])
            .arg(format!(
                "--control-directory={}",
                desktop.folder.path().display()
            ))
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        keyring
            .stdin
            .take()
            .unwrap()
            .write_all(b"password\n")
            .unwrap();
        // It goes on by itself once it is on the bus, and ends with that.
        assert!(keyring.wait().unwrap().success());
        desktop
    }

    /// With nobody on the bus.
    pub(super) fn without_keyring() -> Self {
        make_sure();
        let folder = TempDir::new().unwrap();
        let file = folder.path().join("bus.conf");
        fs::write(&file, BUS.replace("$DIR", folder.path().to_str().unwrap())).unwrap();
        let mut bus = Command::new("dbus-daemon")
            .arg(format!("--config-file={}", file.display()))
            .args(["--nofork", "--print-address=1"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut address = String::new();
        let mut said = BufReader::new(bus.stdout.take().unwrap());
        said.read_line(&mut address).unwrap();
        Self {
            folder,
            address: address.trim().to_owned(),
            bus: Some(bus),
            _silent: None,
        }
    }

    /// With a bus that never answers.
    pub(super) fn silent() -> Self {
        let folder = TempDir::new().unwrap();
        let socket = folder.path().join("bus");
        let listener = UnixListener::bind(&socket).unwrap();
        Self {
            folder,
            address: format!("unix:path={}", socket.display()),
            bus: None,
            _silent: Some(listener),
        }
    }

    pub(super) fn address(&self) -> &str {
        &self.address
    }

    /// Closes the keyring, as a desktop does when its person leaves.
    pub(super) fn lock(&self) {
        let locked = self
            .command("dbus-send")
            .args([
                "--session",
                "--print-reply",
                "--dest=org.freedesktop.secrets",
            ])
            .args([
                "/org/freedesktop/secrets",
                "org.freedesktop.Secret.Service.Lock",
            ])
            .arg("array:objpath:/org/freedesktop/secrets/collection/login")
            .stdout(Stdio::null())
            .status()
            .unwrap();
        assert!(locked.success());
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.folder.path())
            .env("XDG_RUNTIME_DIR", self.folder.path())
            .env("DBUS_SESSION_BUS_ADDRESS", &self.address);
        command
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        if let Some(bus) = &mut self.bus {
            let _ended = bus.kill();
            let _reaped = bus.wait();
        }
    }
}

/// Installs the keyring on a machine that has none.
fn make_sure() {
    static MADE_SURE: Once = Once::new();
    MADE_SURE.call_once(|| {
        let install = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/gnome-keyring/install");
        let done = Command::new(install).output().unwrap();
        assert!(
            done.status.success(),
            "{}",
            String::from_utf8_lossy(&done.stderr)
        );
    });
}
