//! The words behind a launcher that runs something else than itself: `env`, a shell, an interpreter.

use std::path::Path;

use super::{MOVE_IT, missing, out_of_reach};
use crate::{
    config::{
        problem::Complaint,
        program::{NoProgram, find_program},
        reach::Reach,
    },
    words::programs::{CARRIERS, CODE, is_harmless_option, program_name, runs_a_file, versionless},
};

/// What to write in the stead of code, or of a file that is looked for.
const WRITE_A_FILE: &str = "Write what has to be done into a file where only you write, such as \
     /opt/baton/launch, and its whole path here.";

/// Programs that find out from the directory where they are started what they run.
const RUN_THE_PROJECT: &[&str] = &[
    "asdf", "bundle", "bunx", "cargo", "direnv", "gmake", "just", "make", "mise", "npm", "npx",
    "pipenv", "pnpm", "poetry", "rake", "uv", "uvx", "yarn",
];

/// Programs whose words are paths of another system than this.
const ELSEWHERE: &[&str] = &["chroot", "docker", "kubectl", "podman", "ssh"];

/// Programs that have a command in the word behind such an option, by its letter and by its name.
const WITH_A_COMMAND: &[(&str, char, &[&str])] = &[
    ("env", 'S', &["--split"]),
    ("expect", 'c', &[]),
    ("flock", 'c', &["--command"]),
    ("runuser", 'c', &["--command", "--session-command"]),
    ("script", 'c', &["--command"]),
    ("su", 'c', &["--command", "--session-command"]),
];

/// Programs that start the first word that is no option, no value of one and no variable: what stands behind that is
/// its own.
const PLAIN: &[&str] = &[
    "chrt", "doas", "env", "fakeroot", "ionice", "nice", "nohup", "setpriv", "setsid", "stdbuf",
    "sudo", "taskset", "time", "timeout",
];

/// How a variable leads to code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Holds {
    /// By directories, with colons between them. An empty one is where the program is started.
    Directories,
    /// By a file or a directory.
    Place,
    /// By libraries, of which those without a slash are the system's.
    Libraries,
    /// By options, of which some have code behind them.
    Options,
}

/// Variables by which programs find code that they run.
const LEAD_TO_CODE: &[(&str, Holds)] = &[
    ("BASH_ENV", Holds::Place),
    ("CLAUDE_CONFIG_DIR", Holds::Place),
    ("DYLD_INSERT_LIBRARIES", Holds::Libraries),
    ("DYLD_LIBRARY_PATH", Holds::Directories),
    ("ENV", Holds::Place),
    ("LD_AUDIT", Holds::Libraries),
    ("LD_LIBRARY_PATH", Holds::Directories),
    ("LD_PRELOAD", Holds::Libraries),
    ("NODE_OPTIONS", Holds::Options),
    ("NODE_PATH", Holds::Directories),
    ("PATH", Holds::Directories),
    ("PERL5LIB", Holds::Directories),
    ("PERL5OPT", Holds::Options),
    ("PYTHONHOME", Holds::Directories),
    ("PYTHONPATH", Holds::Directories),
    ("PYTHONSTARTUP", Holds::Place),
    ("RUBYLIB", Holds::Directories),
    ("RUBYOPT", Holds::Options),
];

/// Options behind which Node.js has code, which it looks for where it is started.
const BEFORE_CODE: &[&str] = &[
    "-r",
    "--require",
    "--import",
    "--loader",
    "--experimental-loader",
];

impl Holds {
    /// What of a value has to be a whole path.
    fn places(self, value: &str) -> Vec<&str> {
        match self {
            Self::Directories => value.split(':').collect(),
            Self::Place => vec![value],
            Self::Libraries => {
                let all = value.split([':', ' ']);
                all.filter(|part| part.contains('/')).collect()
            }
            Self::Options => {
                let parts: Vec<&str> = value.split([' ', '=', ',']).collect();
                let behind = |at: usize| at > 0 && BEFORE_CODE.contains(&parts[at - 1]);
                let all = parts.iter().enumerate();
                all.filter(|(at, part)| part.contains('/') || behind(*at))
                    .map(|(_, part)| *part)
                    .collect()
            }
        }
    }
}

/// What a program does with the words behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Does {
    /// It starts the program that one of them names.
    Starts(String),
    /// It runs the file that one of them names.
    Reads(String),
    /// It runs one of them.
    RunsWords,
    /// It finds something to run where it is started.
    RunsTheProject(String),
    /// Something that has nothing to do with starting others.
    ItsOwn,
}

impl Does {
    /// What a program does that is called `word` and was found there, by either name: links give a program
    /// another one.
    pub(super) fn of(word: &str, found: &Path) -> Option<Self> {
        let really = found.canonicalize().ok();
        let really = really.as_deref().and_then(Path::to_str);
        Self::named(word).or_else(|| Self::named(really?))
    }

    fn named(word: &str) -> Option<Self> {
        let (whole, name) = (program_name(word), versionless(word));
        if ELSEWHERE.contains(&name) {
            None
        } else if CODE.contains(&name) {
            Some(Self::RunsWords)
        } else if RUN_THE_PROJECT.contains(&name) {
            Some(Self::RunsTheProject(name.to_owned()))
        } else if runs_a_file(name) {
            Some(Self::Reads(name.to_owned()))
        } else {
            let known = CARRIERS.iter().find(|one| [whole, name].contains(one))?;
            Some(Self::Starts((*known).to_owned()))
        }
    }
}

/// The words behind a launcher, judged one after the other.
pub(super) struct Words<'a> {
    pub(super) reach: &'a Reach,
    /// Where the launcher is started: in the project.
    pub(super) directory: Option<&'a Path>,
    /// Where programs are looked up.
    pub(super) path: String,
    /// What the program before the next word does with it.
    pub(super) does: Does,
    /// Whether the next word may be the value of the option before it.
    pub(super) is_behind_option: bool,
}

impl Words<'_> {
    pub(super) fn judge(mut self, words: &[String]) -> Result<(), Complaint> {
        for word in words {
            match self.does.clone() {
                Does::Starts(program) => {
                    self.starts(&program, word)?;
                    self.is_behind_option = word.starts_with('-') && word != "--";
                }
                Does::Reads(program) if is_harmless_option(&program, word) => {}
                // What stands behind its file is that file's own.
                Does::Reads(program) => return self.reads(&program, word),
                Does::RunsWords | Does::RunsTheProject(_) | Does::ItsOwn => break,
            }
        }
        match self.does {
            Does::Starts(_) | Does::ItsOwn => Ok(()),
            Does::Reads(program) => Err(Complaint::new(
                format!("`{program}` would read the agent's own command as its program."),
                WRITE_A_FILE,
            )),
            Does::RunsTheProject(program) => Err(Complaint::new(
                format!("What `{program}` runs is found in the agent's own working directory."),
                WRITE_A_FILE,
            )),
            Does::RunsWords => Err(Complaint::new(
                "Nobody can tell from code in a launcher's words what it leads to.",
                WRITE_A_FILE,
            )),
        }
    }

    /// A word behind a program that starts another: that one, or something that it is started with.
    fn starts(&mut self, program: &str, word: &str) -> Result<(), Complaint> {
        if word.starts_with('-') {
            if is_before_a_command(program, word) {
                self.does = Does::RunsWords;
            }
            return Ok(());
        }
        if let Some((name, value)) = word.split_once('=') {
            return self.sets(name, value);
        }
        let file = if word.contains('/') {
            let Some(directory) = self.directory else {
                return Ok(());
            };
            directory.join(word)
        } else {
            match find_program(Path::new(word), &self.path) {
                Ok(found) => found,
                // It may be anything: the value of an option, a name of a user.
                Err(_) => return Ok(()),
            }
        };
        // Where it is to be started may be in a project.
        if file.is_dir() {
            return Ok(());
        }
        out_of_reach(self.reach, word, &file)?;
        // No value of an option is a program by its path; by a name alone it may be one of a user.
        let is_started = PLAIN.contains(&program)
            && (word.contains('/') || !self.is_behind_option)
            && find_program(&file, &self.path).is_ok();
        match Does::of(word, &file) {
            Some(does) => self.does = does,
            None if is_started => self.does = Does::ItsOwn,
            None => {}
        }
        Ok(())
    }

    /// A variable that what is started gets.
    fn sets(&mut self, name: &str, value: &str) -> Result<(), Complaint> {
        let Some((_, holds)) = LEAD_TO_CODE.iter().find(|(known, _)| *known == name) else {
            return Ok(());
        };
        // Any other without a value is as if it were not set.
        if value.is_empty() && name != "PATH" {
            return Ok(());
        }
        for part in holds.places(value) {
            let place = Path::new(part);
            if place.is_relative() {
                let shown = if part.is_empty() { ":" } else { part };
                return Err(Complaint::new(
                    format!(
                        "`{name}` has `{shown}` in it, which is looked for in the agent's own working \
                         directory."
                    ),
                    "Write whole paths, from `/` on, to where only you write.",
                ));
            }
            if let Some(why) = self.reach.over_directory(place) {
                return Err(Complaint::new(why, MOVE_IT));
            }
        }
        if name == "PATH" {
            value.clone_into(&mut self.path);
        }
        Ok(())
    }

    /// The word in which a shell or an interpreter looks for its file.
    fn reads(&self, program: &str, word: &str) -> Result<(), Complaint> {
        if word.starts_with(['-', '+']) {
            return Err(Complaint::new(
                format!("Nobody can tell what `{program}` runs behind `{word}`."),
                WRITE_A_FILE,
            ));
        }
        let file = Path::new(word);
        if file.is_relative() {
            return Err(Complaint::new(
                format!("`{program}` looks for `{word}` in the agent's own working directory."),
                MOVE_IT,
            ));
        }
        out_of_reach(self.reach, word, file)?;
        match std::fs::metadata(file) {
            Ok(found) if found.is_file() => Ok(()),
            Ok(_) => Err(missing(word, &NoProgram::NoFile)),
            Err(_) => Err(missing(word, &NoProgram::Missing)),
        }
    }
}

/// Whether a program takes the word behind an option, or the rest of that, for a command.
fn is_before_a_command(program: &str, option: &str) -> bool {
    let mut programs = WITH_A_COMMAND.iter();
    let Some((_, letter, names)) = programs.find(|(name, ..)| *name == program) else {
        return false;
    };
    if option.starts_with("--") {
        names.iter().any(|name| option.starts_with(name))
    } else {
        option.contains(*letter)
    }
}
