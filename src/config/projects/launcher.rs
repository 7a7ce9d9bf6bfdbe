//! What stands before an agent's command: it runs outside of all that the agent is kept to, so no agent may
//! be able to change it.

mod words;

use std::path::{Path, PathBuf};

use figment::value::Value;

use super::super::{
    Source,
    problem::Complaint,
    program::{NoProgram, find_program},
    reach::Reach,
    section::Section,
    values::{self, wrong},
};
use words::{Does, Words};

/// What to do about a launcher that agents could change.
const MOVE_IT: &str =
    "Move it to where only you write, such as /opt/baton, and write its path there.";

/// The launcher of a project, and where it is set.
pub(super) struct Launcher {
    /// The setting, such as `projects.0.launcher`.
    pub(super) key: String,
    pub(super) source: Option<Source>,
    pub(super) words: Vec<String>,
    /// The directory of its project, in which the agent and so the launcher are started.
    pub(super) directory: Option<PathBuf>,
}

impl Launcher {
    /// Reports what is wrong with it: `reach` is what agents can change, `path` is their `PATH`.
    pub(super) fn look(self, root: &mut Section<'_>, reach: &Reach, path: &str) {
        if let Err(complaint) = self.judged(reach, path) {
            root.report(&self.key, self.source, complaint);
        }
    }

    fn judged(&self, reach: &Reach, path: &str) -> Result<(), Complaint> {
        let Some((first, rest)) = self.words.split_first() else {
            return Ok(());
        };
        let found = find_program(Path::new(first), path).map_err(|why| missing(first, &why))?;
        out_of_reach(reach, first, &found)?;
        // The arguments of any other launcher are its own.
        let Some(does) = Does::of(first, &found) else {
            return Ok(());
        };
        Words {
            reach,
            directory: self.directory.as_deref(),
            path: path.to_owned(),
            does,
            is_behind_option: false,
        }
        .judge(rest)
    }
}

/// Refuses what agents could change.
fn out_of_reach(reach: &Reach, word: &str, file: &Path) -> Result<(), Complaint> {
    match reach.over(word, file) {
        Ok(None) => Ok(()),
        Ok(Some(why)) => Err(Complaint::new(why, MOVE_IT)),
        Err(error) => Err(missing(word, &NoProgram::Unknown(error))),
    }
}

fn missing(word: &str, why: &NoProgram) -> Complaint {
    Complaint::new(
        format!("`{word}` {why}."),
        "Write the whole path of a program that is there, from `/` on; or remove the line, and the \
         agent is started by itself.",
    )
}

/// Words before the agent's command. The first may be no option and no path in the project, the others
/// are the launcher's own.
pub(super) fn read(value: &Value) -> Result<Vec<String>, Complaint> {
    let words = values::list(value)?;
    let Some((first, rest)) = words.split_first() else {
        return Err(Complaint::new(
            "A launcher is a program, and there is none here.",
            "Write the program and its arguments: launcher = [\"/opt/baton/bwrap-agent\"]; or remove \
             the line.",
        ));
    };
    let program = values::program(
        &values::word(first).map(Value::from)?,
        "Write the launcher's whole path, from `/` on, or a name that is looked up in PATH.",
    )?;
    let mut launcher = vec![program.to_string_lossy().into_owned()];
    for word in rest {
        let text = values::text(word)?;
        if text.contains('\0') {
            return Err(wrong(
                word,
                "cannot be an argument of a program",
                "Take out the character with the code 0.",
            ));
        }
        launcher.push(text);
    }
    Ok(launcher)
}
