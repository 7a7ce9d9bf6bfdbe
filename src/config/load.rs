//! Reads everything and reports everything that is wrong.

use std::{
    collections::BTreeMap,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use super::{
    Account, Admission, Approvals, ChannelMode, Claude, Codex, ConfigErrors, Credentials, Data,
    Discord, Handoff, Http, KeyringUse, Log, Problem, Project, Runner, Settings, ToolJudge,
    Transcripts, accounts,
    aliases::Old,
    codex::CodexGround,
    environment::Environment,
    exposure::{self, Contents},
    file::File,
    layers::Layers,
    program::USUAL_PATH,
    projects::{Ground, Started, Taken, read_directory},
    section::{Reader, Reported, Section},
    source::Source,
};
use crate::{observe::Secrets, words::RuntimeKind};

impl Settings {
    /// Reads the file at `path` and the `.env` beside it, and lays `process`, the variables of
    /// this process, over both. `tools` says what is wrong with rules of tools.
    pub fn load(
        path: &Path,
        process: &BTreeMap<String, String>,
        tools: ToolJudge,
    ) -> Result<Self, ConfigErrors> {
        read_all(path, process, tools, File::read)
    }

    /// The same for the `baton.toml` of a directory, which need not be there if the environment has
    /// the token: all can stand in a `.env`.
    pub fn load_from(
        directory: &Path,
        process: &BTreeMap<String, String>,
        tools: ToolJudge,
    ) -> Result<Self, ConfigErrors> {
        let path = directory.join("baton.toml");
        let is_alone = is_missing(&path)
            && (directory.join(".env").exists() || process.contains_key("DISCORD_BOT_TOKEN"));
        if is_alone {
            return read_all(&path, process, tools, |_, _| File::default());
        }
        Self::load(&path, process, tools)
    }

    /// Refuses settings with which there is nothing to do: a server needs a project.
    pub fn require_projects(&self) -> Result<(), ConfigErrors> {
        if !self.projects.is_empty() || self.default_project.is_some() {
            return Ok(());
        }
        Err(ConfigErrors {
            problems: vec![Problem {
                key: "projects".to_owned(),
                source: None,
                text: "There is no project to work in.".to_owned(),
                remedy: "Write BATON_DEFAULT_PROJECT=/path/to/your/repository into .env, for one \
                         project in every channel; or write `[[projects]]` with `name`, `directory` \
                         and `channels` into baton.toml, as baton.example.toml shows."
                    .to_owned(),
                may_pass: false,
            }],
        })
    }
}

fn read_all(
    path: &Path,
    process: &BTreeMap<String, String>,
    tools: ToolJudge,
    read_file: impl FnOnce(&Path, &mut Vec<Problem>) -> File,
) -> Result<Settings, ConfigErrors> {
    let (mut reader, mut environment, old) = open(path, process, read_file)?;
    let files = [path, &dot_env(path)].map(absolute).to_vec();
    let settings = read(&mut reader, &mut environment, tools, files);
    match settings {
        Some(mut settings) if reader.problems.is_empty() => {
            settings.secrets = settings.known_secrets(&environment);
            settings.explained = reader.explained;
            settings.old_names = old.names;
            settings.warnings = reader.warnings;
            settings.warnings.extend(old.warnings);
            Ok(settings)
        }
        _ => Err(ConfigErrors {
            problems: reader.problems,
        }),
    }
}

/// The settings as they were written, the environment, and the old names in it.
fn open(
    path: &Path,
    process: &BTreeMap<String, String>,
    read_file: impl FnOnce(&Path, &mut Vec<Problem>) -> File,
) -> Result<(Reader, Environment, Old), ConfigErrors> {
    let dot_env = dot_env(path);
    let (mut problems, mut warnings) = (Vec::new(), Vec::new());
    for (file, contents) in [(&*dot_env, Contents::Secrets), (path, Contents::Powers)] {
        exposure::look(file, contents, &mut problems, &mut warnings);
    }
    let environment = Environment::read(&dot_env, process, &mut problems);
    let file = read_file(path, &mut problems);
    // Half a file would only add mistakes that nobody made.
    if !problems.is_empty() {
        return Err(ConfigErrors { problems });
    }
    let old = Old::read(&environment, &mut problems);
    let reader = Reader {
        layers: Layers::new(path, file, &environment, &old),
        problems,
        explained: Vec::new(),
        warnings,
    };
    Ok((reader, environment, old))
}

fn is_missing(path: &Path) -> bool {
    std::fs::symlink_metadata(path).is_err_and(|error| error.kind() == ErrorKind::NotFound)
}

fn dot_env(path: &Path) -> PathBuf {
    path.with_file_name(".env")
}

impl KeyringUse {
    /// Reads this section alone, and where variables are set that go before the keyring: other settings may want what
    /// is not in it yet. Without a path it is that of this directory, if there is one.
    pub fn load(
        path: Option<&Path>,
        process: &BTreeMap<String, String>,
    ) -> Result<(Self, BTreeMap<String, Source>), ConfigErrors> {
        let usual = Path::new("baton.toml");
        let is_missing = path.is_none() && is_missing(usual);
        let (mut reader, environment, _) =
            open(path.unwrap_or(usual), process, |path, problems| {
                if is_missing {
                    File::default()
                } else {
                    File::read(path, problems)
                }
            })?;
        let used = Self::read(Section::root(&mut reader).section("keyring"));
        let used = used.map_err(|Reported| ConfigErrors {
            problems: reader.problems,
        })?;
        let set = environment.iter();
        let set = set.map(|(name, _, source)| (name.to_owned(), source.clone()));
        Ok((used, set.collect()))
    }
}

/// `None` after a mistake, which is in the reader then.
fn read(
    reader: &mut Reader,
    environment: &mut Environment,
    tools: ToolJudge,
    files: Vec<PathBuf>,
) -> Option<Settings> {
    let mut root = Section::root(reader);
    let keyring = KeyringUse::read(root.section("keyring")).ok()?;
    // Without its values others would be missed that are there.
    keyring.lay_under(environment, &mut root).ok()?;
    let environment = &*environment;
    let discord = Discord::read(root.section("discord"), environment);
    let data = Data::read(root.section("data"), environment);
    let http = Http::read(root.section("http"));
    let claude = Claude::read(root.section("claude"), environment);
    let credentials = Credentials::read(root.section("credentials"));
    let admission = Admission::read(root.section("admission"));
    let approvals = Approvals::read(root.section("approvals"));
    let channel_mode = ChannelMode::read(root.section("channel_mode"));
    let handoff = Handoff::read(root.section("handoff"));
    let runner = Runner::read(root.section("runner"));
    let transcripts = Transcripts::read(root.section("transcripts"));
    let log = Log::read(root.section("log"));
    let (mut projects, mut taken) = (Vec::new(), Taken::default());
    let ground = Ground {
        data_dir: data.as_ref().map(|data| data.dir.as_path()),
        discord: discord.as_ref(),
        tools,
    };
    root.tables("projects", |section| {
        projects.push(Project::read(section, &mut taken, ground));
    });
    let default_project = read_default_project(&mut root, &mut taken, ground.data_dir);
    let accounts = accounts::read(&mut root, environment);
    let codex = read_codex(
        &mut root,
        wants_codex(&projects, &accounts),
        ground.data_dir,
        environment,
    );
    let started = Started {
        claude: claude.as_ref(),
        codex: codex.as_ref().ok().and_then(Option::as_ref),
        accounts: &accounts,
        path: environment.of_process("PATH").unwrap_or(USUAL_PATH),
        home: environment.of_process("HOME"),
        files: &files,
    };
    accounts::compare(&mut root, &started);
    taken.look_at_what_runs(&mut root, started);
    root.finish();
    Some(Settings {
        keyring,
        discord: discord?,
        data: data?,
        http: http?,
        claude: claude?,
        codex: codex.ok()?,
        credentials: credentials?,
        accounts: accounts.into_iter().collect::<Option<_>>()?,
        admission: admission?,
        approvals: approvals?,
        channel_mode: channel_mode?,
        handoff: handoff?,
        runner: runner?,
        transcripts: transcripts?,
        log: log?,
        projects: projects.into_iter().collect::<Option<_>>()?,
        default_project: default_project.ok()?,
        files,
        secrets: Secrets::default(),
        explained: Vec::new(),
        old_names: Vec::new(),
        warnings: Vec::new(),
    })
}

/// Codex, if somebody wants it: whoever does not write its section and has no project for it is told nothing
/// of it.
fn read_codex(
    root: &mut Section<'_>,
    is_wanted: bool,
    data_dir: Option<&Path>,
    environment: &Environment,
) -> Result<Option<Codex>, Reported> {
    let is_wanted = is_wanted || root.has("codex");
    let section = root.section("codex");
    if !is_wanted {
        section.finish();
        return Ok(None);
    }
    let ground = CodexGround {
        data_dir,
        environment,
    };
    Codex::read(section, &ground).map(Some).ok_or(Reported)
}

/// Whether a project or an account is Codex's.
fn wants_codex(projects: &[Option<Project>], accounts: &[Option<Account>]) -> bool {
    let works = projects.iter().flatten().map(|project| project.runtime);
    let pays = accounts
        .iter()
        .flatten()
        .map(|account| account.slot.runtime);
    works.chain(pays).any(|kind| kind == RuntimeKind::Codex)
}

/// The project that has all channels that no other one has. Its name is made, and shown with it.
fn read_default_project(
    root: &mut Section<'_>,
    taken: &mut Taken,
    data_dir: Option<&Path>,
) -> Result<Option<Project>, Reported> {
    let read = |value: &_| read_directory(value, data_dir);
    let source = root.source("default_project");
    let directory = root.optional("default_project", "none", read)?;
    let project = match directory.map(|directory| Project::of_directory(directory, taken)) {
        Some(Err(complaint)) => {
            root.report("default_project", source, complaint);
            return Err(Reported);
        }
        Some(Ok(project)) => Some(project),
        None => None,
    };
    if let Some(Project {
        directory, name, ..
    }) = &project
    {
        let shown = format!("{}, called {name}", directory.display());
        root.explain_as("default_project", shown);
    }
    Ok(project)
}

/// The path from the root; as it is if the working directory is gone.
fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// The variables of this process that are text.
pub fn process_environment() -> BTreeMap<String, String> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}
