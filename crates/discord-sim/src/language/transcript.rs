//! A channel as text, the same on every run: no ids, no times.

use std::fmt::Write;

use crate::ids::{ChannelId, RoleId, UserId};
use crate::world::{Message, MessageKind, World, flag};

/// What a person would see in a channel, with its threads below the messages they started from.
pub(crate) fn transcript(world: &World, channel: ChannelId) -> String {
    let mut text = String::new();
    write_channel(world, channel, "", &mut text);
    text
}

fn write_channel(world: &World, channel: ChannelId, indent: &str, text: &mut String) {
    let Some(found) = world.channels.get(&channel) else {
        return;
    };
    for message in found.messages.values() {
        write_message(world, message, indent, text);
        if let Some(thread) = message.thread {
            write_thread(world, thread, indent, text);
        }
    }
    let loose = world.channels.values().filter(|thread| {
        let started = found
            .messages
            .values()
            .any(|message| message.thread == Some(thread.id));
        thread.parent == Some(channel) && !started
    });
    for thread in loose {
        write_thread(world, thread.id, indent, text);
    }
}

fn write_thread(world: &World, id: ChannelId, indent: &str, text: &mut String) {
    let Some(channel) = world.channels.get(&id) else {
        return;
    };
    let state = match &channel.thread {
        Some(thread) if thread.locked && thread.archived => " (archived, locked)",
        Some(thread) if thread.archived => " (archived)",
        Some(thread) if thread.locked => " (locked)",
        Some(_) | None => "",
    };
    line(
        text,
        indent,
        &format!("  └ thread {:?}{state}", channel.name),
    );
    write_channel(world, id, &format!("{indent}    "), text);
}

fn write_message(world: &World, message: &Message, indent: &str, text: &mut String) {
    let author = world.user_name(message.author);
    let content = readable(world, &message.content);
    let said = match message.kind {
        MessageKind::ThreadStarter => return,
        MessageKind::Joined => format!("* {author} joined"),
        MessageKind::Pinned => format!("* {author} pinned a message"),
        MessageKind::Renamed => format!("* {author} renamed the thread to {content:?}"),
        MessageKind::ThreadCreated => format!("* {author} started the thread {content:?}"),
        MessageKind::Default | MessageKind::Reply | MessageKind::Command => {
            format!(
                "{author}{}: {content}{}",
                marks(world, message),
                after(message)
            )
        }
    };
    let mut lines = said.split('\n');
    line(text, indent, lines.next().unwrap_or_default());
    for more in lines {
        line(text, indent, &format!("  {more}"));
    }
    for embed in &message.embeds {
        line(
            text,
            indent,
            &format!("  [embed {}]", readable(world, &embed.to_string())),
        );
    }
    if !message.components.is_empty() {
        let mut labels = Vec::new();
        collect_labels(&message.components, &mut labels);
        line(
            text,
            indent,
            &format!("  [components: {}]", labels.join(", ")),
        );
    }
    for file in &message.attachments {
        line(
            text,
            indent,
            &format!("  [file {}, {} bytes]", file.filename, file.size),
        );
    }
    if !message.reactions.is_empty() {
        let reactions = message.reactions.iter().map(|reaction| {
            let by: Vec<String> = reaction
                .users
                .iter()
                .map(|user| world.user_name(*user))
                .collect();
            format!("{} by {}", reaction.emoji, by.join(" and "))
        });
        let reactions: Vec<String> = reactions.collect();
        line(text, indent, &format!("  [{}]", reactions.join(", ")));
    }
}

/// What stands between the author and the text.
fn marks(world: &World, message: &Message) -> String {
    let mut marks = Vec::new();
    if let Some(reference) = message.reference {
        let first = world.any_message(reference.channel, reference.message);
        let to = first.map_or("a deleted message".into(), |first| {
            world.user_name(first.author)
        });
        marks.push(format!("reply to {to}"));
    }
    if let Some(used) = message
        .interaction
        .and_then(|id| world.interactions.get(&id))
    {
        marks.push(format!(
            "to {}'s /{}",
            world.user_name(used.user),
            used.name
        ));
    }
    if let Some(person) = message.only_for {
        marks.push(format!("only for {}", world.user_name(person)));
    }
    if marks.is_empty() {
        String::new()
    } else {
        format!(" ({})", marks.join(", "))
    }
}

/// What stands after the text.
fn after(message: &Message) -> &'static str {
    if message.flags & flag::LOADING != 0 {
        "(thinking…)"
    } else if message.edited_ms.is_some() {
        " (edited)"
    } else {
        ""
    }
}

fn collect_labels(components: &[serde_json::Value], labels: &mut Vec<String>) {
    for component in components {
        let label = ["label", "placeholder", "content"]
            .iter()
            .find_map(|key| component.get(key).and_then(serde_json::Value::as_str));
        labels.extend(label.map(str::to_owned));
        if let Some(below) = component
            .get("components")
            .and_then(serde_json::Value::as_array)
        {
            collect_labels(below, labels);
        }
    }
}

/// Mentions as people read them.
fn readable(world: &World, content: &str) -> String {
    let mut text = String::new();
    let mut rest = content;
    while let Some(start) = rest.find('<') {
        text.push_str(&rest[..start]);
        rest = &rest[start..];
        let named = rest
            .find('>')
            .and_then(|end| Some((mention(world, &rest[1..end])?, end)));
        if let Some((name, end)) = named {
            text.push_str(&name);
            rest = &rest[end + 1..];
        } else {
            text.push('<');
            rest = &rest[1..];
        }
    }
    text + rest
}

fn mention(world: &World, inner: &str) -> Option<String> {
    if let Some(role) = inner.strip_prefix("@&") {
        let role: RoleId = role.parse().ok()?;
        return world.role_name(role).map(|name| format!("@{name}"));
    }
    if let Some(user) = inner.strip_prefix('@') {
        let user: UserId = user.trim_start_matches('!').parse().ok()?;
        return world.users.get(&user).map(|user| format!("@{}", user.name));
    }
    let channel: ChannelId = inner.strip_prefix('#')?.parse().ok()?;
    world
        .channels
        .get(&channel)
        .map(|channel| format!("#{}", channel.name))
}

fn line(text: &mut String, indent: &str, line: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{}", format!("{indent}{line}").trim_end());
}
