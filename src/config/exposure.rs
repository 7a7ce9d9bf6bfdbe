//! Who else on this machine can read or write the files of settings.

use std::{fs, os::unix::fs::MetadataExt as _, path::Path};

use super::Problem;

/// The user who may do everything anyway.
const ROOT: u32 = 0;

/// What makes a file worth a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Contents {
    /// `.env`: secrets, and all that `baton.toml` may say.
    Secrets,
    /// `baton.toml`: what is run and what agents may do, and nothing that nobody may know.
    Powers,
}

/// What somebody else can do to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Exposure {
    /// Have Baton do what he likes: the file may name the agent program.
    Write,
    /// The same, if he is in its group: perhaps nobody is, as where everybody has a group of his own.
    WriteByGroup,
    /// The same as [`Exposure::Write`], but it is root who reads the file, as a container does with a file from outside it.
    OwnedByAnother,
    /// Read the secrets.
    Read,
}

/// Looks at the file, if it is there: stops the start where others can write it, and warns where they
/// can read secrets in it.
pub(super) fn look(
    path: &Path,
    contents: Contents,
    problems: &mut Vec<Problem>,
    warnings: &mut Vec<String>,
) {
    // What it is a link to is what holds the secrets; who owns the link can lead it elsewhere.
    let (Ok(link), Ok(file)) = (fs::symlink_metadata(path), fs::metadata(path)) else {
        return;
    };
    if !file.is_file() {
        return;
    }
    let me = nix::unistd::geteuid().as_raw();
    let place = path.display();
    let close = match contents {
        Contents::Secrets => format!("`chmod 600 {place}`"),
        Contents::Powers => format!("`chmod go-w {place}`"),
    };
    match exposure(me, [link.uid(), file.uid()], file.mode(), contents) {
        None => {}
        Some(Exposure::Write) => problems.push(Problem::in_file(
            path,
            None,
            "Other users of this machine can write to this file, and could have Baton run what they \
             like."
                .to_owned(),
            &format!(
                "Look through it, make it your own (`chown $(id -u) {place}`, {close}), and start \
                 again."
            ),
        )),
        Some(Exposure::WriteByGroup) => warnings.push(format!(
            "{place} can be written by its group, and who is in that could have Baton run what he likes. \
             Close it: {close}."
        )),
        Some(Exposure::OwnedByAnother) => {
            let token = match contents {
                Contents::Secrets => "read the bot's token in it and ",
                Contents::Powers => "",
            };
            warnings.push(format!(
                "{place} belongs to another user, who can {token}change what Baton runs. Make it your \
                 own: `chown $(id -u) {place}`, {close}."
            ));
        }
        Some(Exposure::Read) => warnings.push(format!(
            "{place} can be read by other users of this machine, and with it the bot's token. Close it: \
             {close}. If somebody may have read it, reset the token in Discord's developer \
             portal."
        )),
    }
}

/// What others can do to a file of this mode, whose owners are these (its own and that of a link to it).
fn exposure(me: u32, owners: [u32; 2], mode: u32, contents: Contents) -> Option<Exposure> {
    let is_anothers = owners.iter().any(|owner| *owner != me && *owner != ROOT);
    let (stops, is_secret) = match contents {
        Contents::Secrets => (0o022, true),
        // With a umask of 002, `cp` makes a file that the group can write.
        Contents::Powers => (0o002, false),
    };
    if mode & stops != 0 || is_anothers && me != ROOT {
        Some(Exposure::Write)
    } else if is_anothers {
        Some(Exposure::OwnedByAnother)
    } else if mode & 0o020 != 0 {
        Some(Exposure::WriteByGroup)
    } else if mode & 0o077 != 0 && is_secret {
        Some(Exposure::Read)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::{PermissionsExt as _, symlink};

    use tempfile::TempDir;

    use super::*;

    /// What is said of a file of this mode, of the file itself and of a link to it.
    fn said(mode: u32) -> [(Vec<Problem>, Vec<String>); 2] {
        let folder = TempDir::new().unwrap();
        let [file, link] = [".env", "link"].map(|name| folder.path().join(name));
        fs::write(&file, "DISCORD_BOT_TOKEN=x\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
        symlink(&file, &link).unwrap();
        [file, link].map(|path| {
            let (mut problems, mut warnings) = (Vec::new(), Vec::new());
            look(&path, Contents::Secrets, &mut problems, &mut warnings);
            (problems, warnings)
        })
    }

    #[test]
    fn a_file_of_ones_own_is_nobodys_business() {
        for mode in [0o600, 0o400] {
            assert_eq!(
                said(mode),
                [const { (Vec::new(), Vec::new()) }; 2],
                "{mode:o}"
            );
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_warned_of_with_the_cure() {
        for mode in [0o640, 0o604, 0o644, 0o444] {
            for (problems, warnings) in said(mode) {
                assert_eq!(problems, [], "{mode:o}");
                assert_eq!(warnings.len(), 1, "{mode:o}");
                assert!(warnings[0].contains("`chmod 600 /"), "{warnings:?}");
            }
        }
    }

    #[test]
    fn a_file_that_others_can_write_stops_the_start() {
        for mode in [0o620, 0o602, 0o664, 0o666] {
            for (problems, warnings) in said(mode) {
                assert_eq!(warnings, [""; 0], "{mode:o}");
                assert_eq!(problems.len(), 1, "{mode:o}");
                assert!(problems[0].remedy.contains("`chmod 600 /"), "{problems:?}");
            }
        }
    }

    #[test]
    fn a_file_that_is_not_there_is_not_spoken_of() {
        let folder = TempDir::new().unwrap();
        let (mut problems, mut warnings) = (Vec::new(), Vec::new());
        let path = folder.path().join(".env");
        look(&path, Contents::Secrets, &mut problems, &mut warnings);
        assert_eq!((problems.len(), warnings.len()), (0, 0));
    }

    #[test]
    fn whoever_owns_the_file_or_the_link_to_it_can_write_it() {
        const ME: u32 = 1_000;
        const ZED: u32 = 1_001;
        let exposure = |me, owners, mode| exposure(me, owners, mode, Contents::Secrets);
        assert_eq!(exposure(ME, [ME, ME], 0o100_600), None);
        assert_eq!(exposure(ME, [ROOT, ROOT], 0o100_400), None);
        assert_eq!(exposure(ME, [ROOT, ROOT], 0o100_440), Some(Exposure::Read));
        for owners in [[ZED, ZED], [ME, ZED], [ZED, ME]] {
            assert_eq!(exposure(ME, owners, 0o100_600), Some(Exposure::Write));
            let seen_by_root = exposure(ROOT, owners, 0o100_600);
            assert_eq!(seen_by_root, Some(Exposure::OwnedByAnother));
        }
        assert_eq!(exposure(ROOT, [ZED, ZED], 0o100_620), Some(Exposure::Write));
    }

    #[test]
    fn a_file_without_secrets_may_be_read_by_all_and_written_by_none() {
        const ME: u32 = 1_000;
        const ZED: u32 = 1_001;
        for (mode, wanted) in [
            (0o600, None),
            (0o644, None),
            (0o664, Some(Exposure::WriteByGroup)),
            (0o620, Some(Exposure::WriteByGroup)),
            (0o602, Some(Exposure::Write)),
            (0o666, Some(Exposure::Write)),
        ] {
            let found = exposure(ME, [ME, ME], mode, Contents::Powers);
            assert_eq!(found, wanted, "{mode:o}");
        }
        let anothers = |me| exposure(me, [ME, ZED], 0o644, Contents::Powers);
        assert_eq!(anothers(ME), Some(Exposure::Write));
        assert_eq!(anothers(ROOT), Some(Exposure::OwnedByAnother));
    }
}
