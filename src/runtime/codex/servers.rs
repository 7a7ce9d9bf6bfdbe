//! The MCP servers that Codex's own settings name: which a thread has, and that each of their tools asks.
//!
//! Codex leaves it to a server which of its tools are asked about: none that the server calls harmless, and none that
//! the settings approve (0.169). What is said for a thread wins over both. Codex reads its settings anew for each thread
//! and not again while that is open, so they are read here when a thread is about to be opened; a server that
//! is named here and not there any more keeps the thread from being opened.

use std::{
    io,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};
use toml::Table;

/// The settings of the machine, below those of Codex's home.
const MACHINE: &str = "/etc/codex/config.toml";

/// A server that there is nowhere, so that Codex refuses the thread and says its name.
const UNREADABLE: &str = "its config.toml cannot be read";

/// What a thread is told of all servers, by their names: that their tools ask, or that it does not have them.
pub(super) fn servers(codex_home: &Path, may_have: bool) -> Value {
    told(
        [PathBuf::from(MACHINE), codex_home.join("config.toml")],
        may_have,
    )
}

fn told(files: [PathBuf; 2], may_have: bool) -> Value {
    let mut all: Map<String, Value> = Map::new();
    for file in files {
        let Ok(settings) = settings(&file) else {
            all.insert(UNREADABLE.to_owned(), json!({"enabled": false}));
            continue;
        };
        let named = settings.get("mcp_servers").and_then(toml::Value::as_table);
        for (name, server) in named.into_iter().flatten() {
            let about = all.entry(name).or_insert_with(|| {
                if may_have {
                    json!({"default_tools_approval_mode": "prompt"})
                } else {
                    json!({"enabled": false})
                }
            });
            let tools = server.get("tools").and_then(toml::Value::as_table);
            for tool in tools.into_iter().flat_map(Table::keys) {
                about["tools"][tool] = json!({"approval_mode": "prompt"});
            }
        }
    }
    Value::Object(all)
}

fn settings(file: &Path) -> io::Result<Table> {
    match std::fs::read_to_string(file) {
        Ok(text) => text.parse().map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Table::new()),
        Err(error) => Err(error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(machine: &str, home: &str, may_have: bool) -> Value {
        let room = tempfile::tempdir().expect("a directory");
        let files = ["machine", "home"].map(|name| room.path().join(name));
        std::fs::write(&files[0], machine).expect("a file");
        std::fs::write(&files[1], home).expect("a file");
        told(files, may_have)
    }

    #[test]
    fn every_tool_of_every_server_asks_whatever_the_settings_say_of_it() {
        let home = "[mcp_servers.\"a.b\"]\ncommand = \"x\"\ndefault_tools_approval_mode = \"approve\"\n\
                    [mcp_servers.c.tools.pay]\napproval_mode = \"approve\"\n";
        let machine = "[mcp_servers.c.tools.order]\napproval_mode = \"approve\"\n[mcp_servers.d]\nurl = \"x\"\n";
        let asks = json!({"approval_mode": "prompt"});
        assert_eq!(
            of(machine, home, true),
            json!({
                "a.b": {"default_tools_approval_mode": "prompt"},
                "c": {"default_tools_approval_mode": "prompt", "tools": {"order": asks, "pay": asks}},
                "d": {"default_tools_approval_mode": "prompt"},
            })
        );
    }

    #[test]
    fn who_may_have_none_has_every_server_switched_off() {
        let told = of(
            "[mcp_servers.a]\ncommand = \"x\"",
            "mcp_servers.b.url = \"x\"",
            false,
        );
        assert_eq!(
            told,
            json!({"a": {"enabled": false}, "b": {"enabled": false}})
        );
    }

    #[test]
    fn no_thread_is_opened_by_settings_that_cannot_be_read_and_without_any_there_are_no_servers() {
        let told_of = of("", "[mcp_servers.a\n", true);
        assert_eq!(told_of, json!({UNREADABLE: {"enabled": false}}));
        let nowhere = || PathBuf::from("/nowhere/config.toml");
        assert_eq!(told([nowhere(), nowhere()], true), json!({}));
    }
}
