//! Buttons and lists as Discord gets them.

use serenity::all::{
    ButtonStyle, CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind,
    CreateSelectMenuOption,
};

use crate::delivery::{Button, ControlRow, List, Look};

/// The rows below a message.
pub(super) fn rows(rows: &[ControlRow]) -> Vec<CreateActionRow> {
    rows.iter().map(row).collect()
}

fn row(row: &ControlRow) -> CreateActionRow {
    match row {
        ControlRow::Buttons(buttons) => {
            CreateActionRow::Buttons(buttons.iter().map(button).collect())
        }
        ControlRow::List(list) => CreateActionRow::SelectMenu(menu(list)),
    }
}

fn button(button: &Button) -> CreateButton {
    CreateButton::new(&button.id)
        .label(&button.label)
        .style(match button.look {
            Look::Main => ButtonStyle::Primary,
            Look::Yes => ButtonStyle::Success,
            Look::No => ButtonStyle::Danger,
            Look::Plain => ButtonStyle::Secondary,
        })
}

fn menu(list: &List) -> CreateSelectMenu {
    let options = list.options.iter().enumerate().map(|(place, option)| {
        let created = CreateSelectMenuOption::new(&option.label, place.to_string());
        match option.description.as_str() {
            "" => created,
            description => created.description(description),
        }
    });
    let options = options.collect();
    CreateSelectMenu::new(&list.id, CreateSelectMenuKind::String { options })
        .placeholder(&list.hint)
        .min_values(1)
        .max_values(list.most)
}
