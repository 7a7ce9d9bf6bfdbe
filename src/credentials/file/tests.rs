use std::os::unix::fs::symlink;

use nix::errno::Errno;
use serde_json::json;

use super::*;
use crate::{clock::Millis, runtime::claude::LoginFile};

const NOW: Millis = Millis::new(1_700_000_000_000);

fn store() -> (tempfile::TempDir, FileStore) {
    let home = tempfile::tempdir().unwrap();
    let store = FileStore::new(&LoginFile, &home.path().join("claude"));
    fs::create_dir(store.directory()).unwrap();
    (home, store)
}

/// A login whose refresh token is this.
fn login(refresh: &str) -> Document {
    let text = json!({"claudeAiOauth": {"accessToken": "a", "refreshToken": refresh}, "beside": 1});
    Document::parse(&LoginFile, text.to_string().as_bytes()).unwrap()
}

fn write(store: &FileStore, document: &Document) {
    fs::write(store.path(), document.text()).unwrap();
    fs::set_permissions(store.path(), Permissions::from_mode(0o600)).unwrap();
}

fn print_of(document: &Document) -> Fingerprint {
    document.print().unwrap()
}

fn refused(store: &FileStore) -> Refusal {
    match store.look() {
        Look::Refused(refusal) => refusal,
        other @ (Look::Absent | Look::There { .. }) => panic!("{other:?}"),
    }
}

fn names(store: &FileStore) -> Vec<String> {
    let entries = fs::read_dir(store.directory()).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn a_file_that_others_could_read_is_closed_to_them() {
    let (_home, store) = store();
    assert!(matches!(store.look(), Look::Absent));
    write(&store, &login("one"));
    assert!(matches!(
        store.look(),
        Look::There {
            was_open: false,
            ..
        }
    ));
    fs::set_permissions(store.path(), Permissions::from_mode(0o644)).unwrap();
    assert!(matches!(store.look(), Look::There { was_open: true, .. }));
    let mode = fs::metadata(store.path()).unwrap().mode() & 0o777;
    assert_eq!(mode, 0o600);
    assert!(matches!(
        store.look(),
        Look::There {
            was_open: false,
            ..
        }
    ));
}

#[test]
fn nothing_but_a_plain_file_is_read() {
    let (home, store) = store();
    let elsewhere = home.path().join("elsewhere");
    fs::write(&elsewhere, login("one").text()).unwrap();
    symlink(&elsewhere, store.path()).unwrap();
    assert_eq!(refused(&store), Refusal::Link);
    fs::remove_file(store.path()).unwrap();
    nix::unistd::mkfifo(&store.path(), nix::sys::stat::Mode::S_IRUSR).unwrap();
    assert_eq!(refused(&store), Refusal::NoFile);
    fs::remove_file(store.path()).unwrap();
    fs::create_dir(store.path()).unwrap();
    assert_eq!(refused(&store), Refusal::NoFile);
    fs::remove_dir(store.path()).unwrap();
    fs::write(store.path(), "no JSON").unwrap();
    assert_eq!(refused(&store), Refusal::NoObject);
    fs::write(
        store.path(),
        vec![b' '; 1 + usize::try_from(LARGEST).unwrap()],
    )
    .unwrap();
    assert_eq!(refused(&store), Refusal::TooLarge);
    let link = home.path().join("link");
    symlink(store.directory(), &link).unwrap();
    let through = FileStore::new(&LoginFile, &link);
    assert_eq!(refused(&through), Refusal::Link);
}

#[test]
fn a_new_version_takes_the_files_place_with_its_mode() {
    let (_home, store) = store();
    let (old, new) = (login("one"), login("two"));
    write(&store, &old);
    let reserved = store.reserve(&print_of(&old)).unwrap();
    assert_eq!(fs::metadata(&reserved.path).unwrap().len(), ROOM);
    reserved.commit(&new, &print_of(&old)).unwrap();
    assert_eq!(fs::read(store.path()).unwrap(), new.text());
    assert_eq!(fs::metadata(store.path()).unwrap().mode() & 0o777, 0o600);
    assert_eq!(names(&store), [".credentials.json"]);
}

#[test]
fn what_somebody_else_has_written_meanwhile_stays() {
    let (_home, store) = store();
    let (old, theirs) = (login("one"), login("theirs"));
    write(&store, &old);
    let reserved = store.reserve(&print_of(&old)).unwrap();
    write(&store, &theirs);
    let refused = reserved.commit(&login("two"), &print_of(&old));
    assert!(matches!(refused, Err(NotStored::Changed)), "{refused:?}");
    assert_eq!(fs::read(store.path()).unwrap(), theirs.text());
    assert_eq!(names(&store), [".credentials.json"]);
}

#[test]
fn a_place_that_is_not_used_is_given_back() {
    let (_home, store) = store();
    let old = login("one");
    write(&store, &old);
    drop(store.reserve(&print_of(&old)).unwrap());
    assert_eq!(names(&store), [".credentials.json"]);
}

#[test]
fn whatever_step_the_disk_refuses_one_whole_version_stays_and_a_later_try_stores_the_new_one() {
    let (old, new) = (login("one"), login("two"));
    let mut refusals = 0;
    for steps in 0.. {
        let (_home, store) = store();
        write(&store, &old);
        store.faults.after(steps, Errno::ENOSPC);
        let Ok(mut reserved) = store.reserve(&print_of(&old)) else {
            assert_eq!(names(&store), [".credentials.json"], "{steps}");
            refusals += 1;
            continue;
        };
        let Err(refused) = reserved.try_commit(&new, &print_of(&old)) else {
            break;
        };
        refusals += 1;
        assert!(matches!(refused, NotStored::Io(_)), "{refused}");
        let there = fs::read(store.path()).unwrap();
        assert!(there == old.text() || there == new.text(), "{steps}");
        store.faults.none();
        reserved.try_commit(&new, &print_of(&old)).unwrap();
        assert_eq!(fs::read(store.path()).unwrap(), new.text(), "{steps}");
        assert_eq!(names(&store), [".credentials.json"], "{steps}");
    }
    assert_eq!(refusals, 7, "every step was refused once");
}

#[test]
fn a_place_that_somebody_has_removed_is_lost_and_another_one_takes_the_version() {
    let (_home, store) = store();
    let (old, new) = (login("one"), login("two"));
    write(&store, &old);
    let mut reserved = store.reserve(&print_of(&old)).unwrap();
    fs::remove_file(&reserved.path).unwrap();
    let refused = reserved.try_commit(&new, &print_of(&old));
    assert!(matches!(refused, Err(NotStored::Io(_))) && reserved.is_lost());
    store.adopt(&new, &print_of(&old)).unwrap();
    assert_eq!(fs::read(store.path()).unwrap(), new.text());
}

#[test]
fn what_stands_in_the_file_has_to_be_known_before_something_takes_its_place() {
    let (old, new) = (login("one"), login("two"));
    let blanked = r#"{"claudeAiOauth": {"accessToken": "", "refreshToken": "", "expiresAt": 0}}"#;
    for (meanwhile, is_stored) in [("{half", false), (blanked, true)] {
        let (_home, store) = store();
        write(&store, &old);
        let mut reserved = store.reserve(&print_of(&old)).unwrap();
        fs::write(store.path(), meanwhile).unwrap();
        let stored = reserved.try_commit(&new, &print_of(&old));
        assert_eq!(stored.is_ok(), is_stored, "{meanwhile} {stored:?}");
        assert!(!matches!(stored, Err(NotStored::Changed)), "{meanwhile}");
        write(&store, &old);
        reserved.try_commit(&new, &print_of(&old)).unwrap();
    }
}

/// What a process leaves behind that dies with a version on disk.
fn leave(store: &FileStore, after: &Document, text: &[u8]) -> PathBuf {
    let left = store.beside(MARK, &print_of(after));
    fs::write(&left, text).unwrap();
    left
}

#[test]
fn a_whole_version_that_was_left_behind_is_put_in_place_after_its_own_and_kept_beside_another() {
    let (old, new) = (login("one"), login("two"));
    for (now, is_put) in [("one", true), ("other", false)] {
        let (_home, store) = store();
        write(&store, &login(now));
        leave(&store, &old, &new.text());
        assert_eq!(store.finish(None).unwrap(), is_put);
        let there = if is_put { &new } else { &login(now) };
        assert_eq!(fs::read(store.path()).unwrap(), there.text());
        assert_eq!(names(&store).len(), if is_put { 1 } else { 2 });
    }
}

#[test]
fn a_whole_version_is_put_in_place_of_what_the_program_has_left_of_the_one_before_it() {
    let (_home, store) = store();
    let (old, new) = (login("one"), login("two"));
    let blanked = r#"{"claudeAiOauth": {"accessToken": "", "refreshToken": "", "expiresAt": 0}}"#;
    fs::write(store.path(), blanked).unwrap();
    leave(&store, &old, &new.text());
    assert!(!store.finish(None).unwrap());
    assert!(!store.finish(Some(&print_of(&new))).unwrap());
    assert!(store.finish(Some(&print_of(&old))).unwrap());
    assert_eq!(fs::read(store.path()).unwrap(), new.text());
}

#[test]
fn half_a_version_that_was_left_behind_is_removed() {
    let (_home, store) = store();
    let old = login("one");
    write(&store, &old);
    for text in [&b""[..], &[0; 100], &login("two").text()[..20], &old.text()] {
        leave(&store, &old, text);
        assert!(!store.finish(None).unwrap());
        assert_eq!(names(&store), [".credentials.json"]);
    }
    assert_eq!(fs::read(store.path()).unwrap(), old.text());
}

#[test]
fn what_was_left_behind_is_read_as_carefully_as_the_file() {
    let (home, store) = store();
    let (old, new) = (login("one"), login("two"));
    write(&store, &old);
    let elsewhere = home.path().join("elsewhere");
    fs::write(&elsewhere, new.text()).unwrap();
    symlink(&elsewhere, store.beside(MARK, &print_of(&old))).unwrap();
    nix::unistd::mkfifo(
        &store.beside(MARK, &print_of(&old)),
        nix::sys::stat::Mode::S_IRUSR,
    )
    .unwrap();
    assert!(!store.finish(None).unwrap());
    assert_eq!(fs::read(store.path()).unwrap(), old.text());
    assert_eq!(names(&store), [".credentials.json"]);
}

#[test]
fn nothing_is_put_in_place_of_what_cannot_be_read() {
    let (_home, store) = store();
    let (old, new) = (login("one"), login("two"));
    fs::write(store.path(), "{half").unwrap();
    leave(&store, &old, &new.text());
    assert!(store.finish(Some(&print_of(&old))).is_err());
    assert_eq!(names(&store).len(), 2);
}

#[test]
fn a_directory_that_others_can_write_into_is_refused() {
    let (_home, store) = store();
    write(&store, &login("one"));
    fs::set_permissions(store.directory(), Permissions::from_mode(0o770)).unwrap();
    assert_eq!(refused(&store), Refusal::Open);
}

#[test]
fn an_answer_that_is_kept_is_not_swept_away() {
    let (_home, store) = store();
    let old = login("one");
    write(&store, &old);
    let kept = store.keep_answer(&print_of(&old), b"<html>").unwrap();
    assert!(!store.finish(None).unwrap());
    assert_eq!(fs::read(&kept).unwrap(), b"<html>");
    assert_eq!(fs::metadata(&kept).unwrap().mode() & 0o777, 0o600);
    assert_eq!(
        login("one").with(&fresh(), NOW).print(),
        login("two").print()
    );
}

fn fresh() -> super::super::Fresh {
    super::super::Fresh {
        access: "a".into(),
        refresh: Some("two".into()),
        life: std::time::Duration::from_secs(1),
        scopes: None,
        id: None,
    }
}

#[test]
fn a_whole_version_with_the_rest_of_its_room_behind_it_is_whole() {
    let (_home, store) = store();
    let (old, new) = (login("one"), login("two"));
    write(&store, &old);
    let mut text = new.text();
    text.resize(64 << 10, 0);
    leave(&store, &old, &text);
    assert!(store.finish(None).unwrap());
    let Look::There { document, .. } = store.look() else {
        panic!("it is not read");
    };
    assert_eq!(document.print(), new.print());
}

#[test]
fn a_version_that_cannot_be_read_is_not_removed() {
    let (_home, store) = store();
    let (old, new) = (login("one"), login("two"));
    write(&store, &old);
    let left = leave(&store, &old, &new.text());
    // Root reads everything; what belongs to somebody else is not read by him either.
    if nix::unistd::geteuid().is_root() {
        std::os::unix::fs::chown(&left, Some(12_345), None).unwrap();
    } else {
        fs::set_permissions(&left, Permissions::from_mode(0o000)).unwrap();
    }
    assert!(store.finish(None).is_err());
    assert!(left.exists());
}
