//! A login that is brought along from elsewhere.

use std::io;

use thiserror::Error;

use super::{
    Document, FileStore, Held, Look, Refusal,
    file::make_private,
    lock::{self, PATIENCE},
};

/// Why a login is not brought along. Nothing has changed then.
#[derive(Debug, Error)]
pub enum NotImported {
    /// There is none in what is brought.
    #[error("there is no login in it")]
    NoLogin,
    /// There is one already.
    #[error("there is a login already")]
    There,
    /// What stands in its place is not read.
    #[error("what stands in its place is not replaced: {0}")]
    Refused(Refusal),
    /// A program, or a server, works on the login at this moment.
    #[error("somebody else works on the login at this moment; try again")]
    Busy,
    /// The disk refuses.
    #[error("the disk refuses: {0}")]
    Io(#[from] io::Error),
}

/// Puts a login where its program finds it, under the program's own locks. One that is there is replaced only if
/// `replaces` says so.
pub async fn import(
    file: &FileStore,
    document: &Document,
    replaces: bool,
) -> Result<(), NotImported> {
    if !is_login(&document.held()) {
        return Err(NotImported::NoLogin);
    }
    make_private(file.directory())?;
    let locks = lock::take(file.locks()?, file.directory(), PATIENCE).await?;
    let _locks = locks.ok_or(NotImported::Busy)?;
    match file.look() {
        Look::There { document, .. } if is_login(&document.held()) && !replaces => {
            return Err(NotImported::There);
        }
        Look::Refused(why) => return Err(NotImported::Refused(why)),
        Look::There { .. } | Look::Absent => {}
    }
    Ok(file.put(document)?)
}

const fn is_login(held: &Held) -> bool {
    match held {
        Held::Key | Held::Bare { .. } | Held::Tokens(_) => true,
        Held::Nothing | Held::Blanked => false,
    }
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt as _};

    use serde_json::json;

    use super::*;
    use crate::runtime::{claude, codex};

    fn claudes(token: &str) -> Document {
        let login =
            json!({"claudeAiOauth": {"accessToken": "a", "refreshToken": token, "expiresAt": 5}});
        Document::parse(&claude::LoginFile, login.to_string().as_bytes()).unwrap()
    }

    #[tokio::test]
    async fn a_login_is_put_where_there_is_none_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("new/claude");
        fs::create_dir(folder.path().join("new")).unwrap();
        let file = FileStore::new(&claude::LoginFile, &home);
        import(&file, &claudes("one"), false).await.unwrap();
        let mode =
            |path: &std::path::Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&home), mode(&file.path())), (0o700, 0o600));
        let there = import(&file, &claudes("two"), false).await.unwrap_err();
        assert!(matches!(there, NotImported::There), "{there}");
        import(&file, &claudes("two"), true).await.unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        assert!(text.contains("two") && !text.contains("one"), "{text}");
        let left: Vec<_> = fs::read_dir(&home)
            .unwrap()
            .flatten()
            .map(|it| it.file_name())
            .collect();
        assert_eq!(left.len(), 2, "{left:?}");
    }

    #[tokio::test]
    async fn what_is_no_login_is_not_put_in_the_place_of_one() {
        let folder = tempfile::tempdir().unwrap();
        let file = FileStore::new(&codex::LoginFile, folder.path());
        let nothing = Document::parse(&codex::LoginFile, b"{}").unwrap();
        let refused = import(&file, &nothing, true).await.unwrap_err();
        assert!(matches!(refused, NotImported::NoLogin), "{refused}");
        std::os::unix::fs::symlink("/nowhere", file.path()).unwrap();
        let key = Document::parse(&codex::LoginFile, br#"{"OPENAI_API_KEY": "k"}"#).unwrap();
        let refused = import(&file, &key, true).await.unwrap_err();
        assert!(
            matches!(refused, NotImported::Refused(Refusal::Link)),
            "{refused}"
        );
    }
}
