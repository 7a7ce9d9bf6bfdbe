//! File systems that are others to whoever is started beside them.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use super::{Powers, server::nsenter};

/// What a process mounts that stays, so that others can be started beside it. Their first argument is the place.
const SMALL_DISK: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1""#;
const NOTHING: &str = "true";
const READ_ONLY: &str = r#"mount --bind "$1" "$1" && mount -o remount,ro,bind "$1""#;

/// File systems as a process of ours sees them, for others with these [`Powers`] alone. Dropping it leaves them to those.
pub(crate) struct Mounts(Child);

impl Mounts {
    /// None that are others, yet.
    pub(crate) async fn none() -> Self {
        Self::of(NOTHING, &[]).await
    }

    /// Lets nothing take the place of this file from now on, as it is mounted itself.
    pub(crate) async fn hold_fast(&self, file: &Path) {
        let mut mount = nsenter(self.pid());
        mount.args(["mount", "--bind"]).arg(file).arg(file);
        assert!(mount.status().await.unwrap().success());
    }

    /// A directory that can only be read.
    pub(crate) async fn read_only(directory: &Path) -> Self {
        Self::of(READ_ONLY, &[directory.as_os_str()]).await
    }

    async fn of(script: &str, arguments: &[&OsStr]) -> Self {
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount"])
            .args(["sh", "-c", &format!("{script} && echo && exec cat"), "sh"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ready = [0];
        let said = holder.stdout.as_mut().unwrap().read(&mut ready).await;
        assert_eq!(said.unwrap(), 1, "this machine lets nobody mount anything");
        Self(holder)
    }

    /// What starts Baton beside it.
    pub(crate) fn powers(&self) -> Powers {
        Powers::Beside(self.pid())
    }

    fn pid(&self) -> u32 {
        self.0.id().expect("it runs")
    }
}

/// A disk in memory that takes the place of a directory.
pub(crate) struct SmallDisk {
    mounts: Mounts,
    directory: PathBuf,
}

impl SmallDisk {
    /// One of so many KiB.
    pub(crate) async fn at(directory: &Path, size: u32) -> Self {
        let size = format!("{size}k");
        Self {
            mounts: Mounts::of(SMALL_DISK, &[directory.as_os_str(), OsStr::new(&size)]).await,
            directory: directory.to_owned(),
        }
    }

    /// What starts Baton beside it.
    pub(crate) fn powers(&self) -> Powers {
        self.mounts.powers()
    }

    /// Where the directory is seen by the others.
    pub(crate) fn path(&self) -> PathBuf {
        let inside = self.directory.strip_prefix("/").unwrap();
        Path::new("/proc")
            .join(self.mounts.pid().to_string())
            .join("root")
            .join(inside)
    }

    /// Fills it to the last byte.
    pub(crate) fn fill(&self) {
        let mut file = OpenOptions::new()
            .create(true)
            .append(true)
            .open(self.path().join("filling"))
            .unwrap();
        let full = std::iter::repeat_with(|| file.write_all(&[0; 512])).find_map(Result::err);
        assert_eq!(full.unwrap().kind(), ErrorKind::StorageFull);
    }

    /// Makes room again.
    pub(crate) fn clear(&self) {
        fs::remove_file(self.path().join("filling")).unwrap();
    }
}
