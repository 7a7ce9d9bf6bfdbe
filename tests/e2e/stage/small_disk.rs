//! A directory that is a small disk to whoever is started beside it.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::AsyncReadExt as _,
    process::{Child, Command},
};

use super::Powers;

/// Mounts the disk and stays, so that others can be started beside it.
const MOUNT: &str = r#"mount -t tmpfs -o "size=$2,mode=0700" tmpfs "$1" && echo && exec cat"#;

/// A disk in memory that takes the place of a directory, for processes with these [`Powers`] alone. Dropping it leaves
/// it to those.
pub(crate) struct SmallDisk {
    holder: Child,
    directory: PathBuf,
}

impl SmallDisk {
    /// One of so many KiB.
    pub(crate) async fn at(directory: &Path, size: u32) -> Self {
        let mut holder = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount"])
            .args(["sh", "-c", MOUNT, "sh"])
            .arg(directory)
            .arg(format!("{size}k"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut ready = [0];
        let said = holder.stdout.as_mut().unwrap().read(&mut ready).await;
        assert_eq!(said.unwrap(), 1, "this machine lets nobody mount a disk");
        Self {
            holder,
            directory: directory.to_owned(),
        }
    }

    /// What starts Baton beside it.
    pub(crate) fn powers(&self) -> Powers {
        Powers::Beside(self.pid())
    }

    fn pid(&self) -> u32 {
        self.holder.id().expect("it runs")
    }

    /// Where the directory is seen by the others.
    pub(crate) fn path(&self) -> PathBuf {
        let inside = self.directory.strip_prefix("/").unwrap();
        Path::new("/proc")
            .join(self.pid().to_string())
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
