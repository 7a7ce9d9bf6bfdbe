//! Whose the files with secrets are, who else can read them, and whether there is room.

use std::{
    collections::BTreeMap,
    fs,
    io::ErrorKind,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

use super::{Finding, House};
use crate::credentials::{Account, Document, FileStore, Renewer, free_on};

/// What nobody else may do to files with secrets in them, and to directories with such files.
const OTHERS: u32 = 0o077;

/// What is worth most in the data directory.
const FIRST: [&str; 6] = [
    "baton.db",
    "baton.db-wal",
    "baton.db-shm",
    "rescue",
    "run",
    "transcripts",
];

/// Of so many files in the data directory is looked whether they are closed; more than a busy server has.
const LOOKED_AT: usize = 100_000;

/// So many that are not are shown: whoever has opened one has opened all.
const SHOWN: usize = 5;

/// What nobody else may do to a directory in which secrets are put by other programs, which close their files themselves.
const WRITE: u32 = 0o022;

pub(super) fn look(house: &House) -> Vec<Finding> {
    let data = &house.settings.data.dir;
    let mut all: Vec<Finding> = closed(data, OTHERS).into_iter().collect();
    for name in FIRST {
        all.extend(closed(&data.join(name), OTHERS));
    }
    all.extend(kept_in(house));
    for account in kept(house) {
        all.extend(closed(account.file.directory(), WRITE));
        all.extend(closed(&account.file.path(), OTHERS));
        all.extend(left_open(account));
    }
    if all.is_empty() {
        all.push(Finding::good(
            "nobody else can read or write the files with secrets",
        ));
    }
    all.extend(shared(house));
    all.extend(room(house));
    all
}

/// What is open of all else that lies in the data directory, the first few. What agent programs have there, who close
/// their own files and link them as they like, is left out.
fn kept_in(house: &House) -> Vec<Finding> {
    let data = &house.settings.data.dir;
    let programs: Vec<&Path> = house
        .accounts
        .iter()
        .map(|it| it.file.directory())
        .collect();
    let mut found = Vec::new();
    let mut directories = vec![data.to_owned()];
    let mut left = LOOKED_AT;
    while let Some(directory) = directories.pop() {
        for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
            if left == 0 || found.len() == SHOWN {
                return found;
            }
            left -= 1;
            let path = entry.path();
            let Ok(kind) = entry.file_type() else {
                continue;
            };
            let is_named = FIRST.iter().any(|name| path == data.join(name));
            if kind.is_symlink() || programs.contains(&path.as_path()) {
                continue;
            }
            if !is_named {
                found.extend(closed(&path, OTHERS));
            }
            if kind.is_dir() {
                directories.push(path);
            }
        }
    }
    found
}

/// The accounts with a file that counts.
fn kept(house: &House) -> impl Iterator<Item = &Account> {
    let all = house.accounts.iter();
    all.filter(|account| account.renewer != Renewer::Nobody)
}

/// What is wrong with a file or a directory, of which this may not be open to others; nothing if there is none.
fn closed(path: &Path, open: u32) -> Option<Finding> {
    let place = path.display();
    let found = match fs::symlink_metadata(path) {
        Ok(found) => found,
        Err(error) if error.kind() == ErrorKind::NotFound => return None,
        Err(error) => {
            let what = format!("{place} cannot be looked at: {error}");
            return Some(Finding::warning(what, "run this as the user of the server"));
        }
    };
    let me = nix::unistd::geteuid().as_raw();
    if found.is_symlink() {
        let what = format!("{place} is a symbolic link, which Baton does not follow");
        return Some(Finding::fault(
            what,
            "name the place that it leads to in the settings",
        ));
    }
    if found.uid() != me && me != 0 {
        let what = format!("{place} belongs to user {}", found.uid());
        return Some(Finding::fault(what, format!("chown $(id -u) {place}")));
    }
    let mode = found.permissions().mode() & 0o777;
    (mode & open != 0).then(|| {
        let what = format!("others can get at {place} (its mode is {mode:o})");
        let close = if open == OTHERS { "go=" } else { "go-w" };
        Finding::fault(what, format!("chmod {close} {place}"))
    })
}

/// What renewals have left behind holds tokens too.
fn left_open(account: &Account) -> Vec<Finding> {
    let entries = fs::read_dir(account.file.directory());
    let files = entries
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path());
    let start = account.file.path();
    let start = start.file_name().map(|name| format!("{}.", name.display()));
    let is_one = |path: &PathBuf| {
        let name = path.file_name().map(|name| name.display().to_string());
        name.zip(start.as_ref())
            .is_some_and(|(name, start)| name.starts_with(start.as_str()))
    };
    files
        .filter(is_one)
        .filter_map(|path| closed(&path, OTHERS))
        .collect()
}

/// Two places with one login: whichever is renewed first logs the other out.
fn shared(house: &House) -> Vec<Finding> {
    let mut places: BTreeMap<Vec<u8>, Vec<PathBuf>> = BTreeMap::new();
    let mut stores: Vec<FileStore> = kept(house).map(|account| account.file.clone()).collect();
    for account in kept(house) {
        let format = account.file.format();
        stores.push(FileStore::new(format, &format.usual(&house.host.home)));
    }
    for store in stores {
        // Read as it is: a look would repair its mode.
        let text = fs::read(store.path()).unwrap_or_default();
        let print = Document::parse(store.format(), &text).and_then(|it| it.print());
        let Some(print) = print else { continue };
        let place = store.path().canonicalize().unwrap_or_else(|_| store.path());
        let all = places.entry(print.as_bytes().to_vec()).or_default();
        if !all.contains(&place) {
            all.push(place);
        }
    }
    let doubled = places.into_values().filter(|all| all.len() > 1);
    doubled
        .map(|all| {
            let all: Vec<String> = all.iter().map(|it| it.display().to_string()).collect();
            Finding::fault(
                format!("one login is in several places: {}", all.join(", ")),
                "whichever is renewed first logs the others out: log in anew in all of them but one",
            )
        })
        .collect()
}

fn room(house: &House) -> Vec<Finding> {
    let least = house.settings.credentials.disk_low;
    let data = house.settings.data.dir.clone();
    let logins = kept(house).map(|account| account.file.directory().to_owned());
    let places = [data].into_iter().chain(logins);
    let low = places.filter_map(|place| {
        let free = free_on(&place).filter(|free| *free < least)?;
        let what = format!("{} has {} MiB left", place.display(), free >> 20);
        Some(Finding::warning(
            what,
            "make room: without it nothing is accepted and no login is renewed",
        ))
    });
    low.collect()
}
