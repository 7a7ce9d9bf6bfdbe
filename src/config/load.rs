//! Reads everything and reports everything that is wrong.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    Admission, ChannelMode, Claude, ConfigErrors, Data, Discord, Http, Log, Problem, Project,
    Runner, Settings,
    environment::Environment,
    file::File,
    layers::Layers,
    projects::Taken,
    section::{Reader, Section},
};

impl Settings {
    /// Reads the file at `path` and the `.env` beside it, and lays `process`, the variables of
    /// this process, over both.
    pub fn load(path: &Path, process: &BTreeMap<String, String>) -> Result<Self, ConfigErrors> {
        let dot_env = path.with_file_name(".env");
        let mut problems = Vec::new();
        let environment = Environment::read(&dot_env, process, &mut problems);
        let file = File::read(path, &mut problems);
        // Half a file would only add mistakes that nobody made.
        if !problems.is_empty() {
            return Err(ConfigErrors { problems });
        }
        let mut reader = Reader {
            layers: Layers::new(path, file, &environment),
            problems,
            explained: Vec::new(),
        };
        let files = [path, &dot_env].map(absolute).to_vec();
        let settings = read(&mut reader, &environment, files);
        match settings {
            Some(mut settings) if reader.problems.is_empty() => {
                settings.explained = reader.explained;
                Ok(settings)
            }
            _ => Err(ConfigErrors {
                problems: reader.problems,
            }),
        }
    }

    /// Refuses settings with which there is nothing to do: a server needs a project.
    pub fn require_projects(&self) -> Result<(), ConfigErrors> {
        if !self.projects.is_empty() {
            return Ok(());
        }
        Err(ConfigErrors {
            problems: vec![Problem {
                key: "projects".to_owned(),
                source: None,
                text: "There is no project to work in.".to_owned(),
                remedy: "Write `[[projects]]` with `name`, `directory` and `channels`; \
                         baton.example.toml shows one."
                    .to_owned(),
            }],
        })
    }
}

/// `None` after a mistake, which is in the reader then.
fn read(reader: &mut Reader, environment: &Environment, files: Vec<PathBuf>) -> Option<Settings> {
    let mut root = Section::root(reader);
    let discord = Discord::read(root.section("discord"), environment);
    let data = Data::read(root.section("data"), environment);
    let http = Http::read(root.section("http"));
    let claude = Claude::read(root.section("claude"), environment);
    let admission = Admission::read(root.section("admission"));
    let channel_mode = ChannelMode::read(root.section("channel_mode"));
    let runner = Runner::read(root.section("runner"));
    let log = Log::read(root.section("log"));
    let (mut projects, mut taken) = (Vec::new(), Taken::default());
    let data_dir = data.as_ref().map(|data| data.dir.as_path());
    root.tables("projects", |section| {
        projects.push(Project::read(section, &mut taken, data_dir));
    });
    root.finish();
    Some(Settings {
        discord: discord?,
        data: data?,
        http: http?,
        claude: claude?,
        admission: admission?,
        channel_mode: channel_mode?,
        runner: runner?,
        log: log?,
        projects: projects.into_iter().collect::<Option<_>>()?,
        files,
        explained: Vec::new(),
    })
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
