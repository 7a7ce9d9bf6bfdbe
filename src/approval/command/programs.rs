//! What is known of programs: which run code, files or other commands, and by which words.

/// Programs to which every word is a name or a text, whatever else it is a name of. One that lies somewhere may be another program.
pub(super) const READERS: &[&str] = &[
    "cat", "echo", "file", "grep", "head", "ls", "printf", "stat", "tail", "type", "wc", "whatis",
    "whereis", "which",
];

/// Modules of Python that run code which they read or are given.
pub(super) const MODULES: &[&str] = &[
    "asyncio", "cProfile", "code", "doctest", "idlelib", "pdb", "profile", "runpy", "timeit",
    "trace",
];

/// First words of an interpreter that are no file.
pub(super) const NO_FILES: &[&str] = &["eval", "exec", "repl", "run", "x"];

/// Options with which other programs run something, or write where they like.
pub(super) const RUN_MORE: &[(&[&str], &[&str])] = &[
    (&["cargo"], &["--config", "--manifest-path"]),
    (
        &["cc", "clang", "g++", "gcc"],
        &["-wrapper", "-fplugin", "-B"],
    ),
    (&["cmake"], &["-P", "-E"]),
    (&["fd", "fdfind"], &["-x", "-X", "--exec", "--exec-batch"]),
    (
        &["find"],
        &[
            "-exec", "-execdir", "-ok", "-okdir", "-fprint", "-fprint0", "-fprintf", "-fls",
        ],
    ),
    (
        &["git"],
        &[
            "--exec",
            "--extcmd",
            "--open-files-in-pager",
            "--output",
            "--receive-pack",
            "--smtp-server",
            "--template",
            "--upload-pack",
        ],
    ),
    (&["go"], &["-exec", "-toolexec", "-vettool"]),
    (
        &["gmake", "make"],
        &[
            "--eval",
            "-E",
            "-f",
            "--file",
            "--makefile",
            "-C",
            "--directory",
        ],
    ),
    (&["man"], &["-P", "--pager", "-H", "--html"]),
    (
        &["npm", "pnpm", "yarn"],
        &[
            "--node-options",
            "--script-shell",
            "--prefix",
            "-c",
            "--call",
        ],
    ),
    (&["printf", "test", "["], &["-v"]),
    (&["rg"], &["--pre", "--hostname-bin"]),
    (&["rsync"], &["-e", "--rsh", "--rsync-path"]),
    (&["scp", "sftp"], &["-S", "-o"]),
    (&["sort"], &["--compress-program", "-o", "--output"]),
    (&["split"], &["--filter"]),
    (
        &["tar"],
        &[
            "--checkpoint-action",
            "--info-script",
            "--new-volume-script",
            "--rmt-command",
            "--rsh-command",
            "--to-command",
            "--use-compress-program",
            "-F",
            "-I",
        ],
    ),
    (&["wget"], &["-e", "--execute", "--use-askpass"]),
    (&["zip"], &["-TT", "--unzip-command"]),
];

/// Options of git before its subcommand with which it runs something, and those that have a value.
pub(super) const GIT_FIRST: &[&str] = &["-c", "--config-env", "--exec-path"];
pub(super) const GIT_VALUES: &[&str] = &[
    "-C",
    "--git-dir",
    "--namespace",
    "--super-prefix",
    "--work-tree",
];

/// Subcommands that run what their words say, or set what others run.
pub(super) const SUBCOMMANDS: &[(&str, &[&str])] = &[
    (
        "git",
        &[
            "bisect",
            "config",
            "difftool",
            "filter-branch",
            "for-each-repo",
            "rebase",
            "submodule",
        ],
    ),
    ("npm", &["exec", "explore", "x"]),
    ("pnpm", &["dlx", "exec"]),
    ("yarn", &["dlx", "exec", "node"]),
    ("uv", &["run", "tool"]),
    ("poetry", &["run"]),
    ("pipenv", &["run"]),
    ("bundle", &["exec"]),
    ("rustup", &["run"]),
];
