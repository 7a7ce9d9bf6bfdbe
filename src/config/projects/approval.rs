//! Who may say yes in a project; settings by which nobody ever could are told.

use super::{
    super::{Discord, Source, problem::Complaint, section::Section, values},
    read,
};
use crate::words::{Approvers, Eyes};

/// Reads who may say yes, and whether that may be who asked. `asked` is where it is set what people are asked
/// for every time, if that is anything.
pub(super) fn read(
    section: &mut Section<'_>,
    asked: Option<Source>,
    discord: Option<&Discord>,
) -> Option<(Approvers, Eyes)> {
    let [of_approvers, of_eyes] = ["approvers", "four_eyes"].map(|name| section.source(name));
    let approvers = section.or("approvers", "owners", read::approvers);
    let four_eyes = section.or("four_eyes", false, values::yes_or_no);
    let approvers = approvers?;
    let eyes = if four_eyes? { Eyes::Four } else { Eyes::Two };
    if let (Approvers::Roles(roles), Some(discord)) = (&approvers, discord)
        && let Some(role) = roles.iter().find(|role| role.is_everybodys(discord.guild))
    {
        let complaint = Complaint::new(
            format!(
                "`{role}` is the role of everybody, @everyone, which Discord counts among nobody's \
                 roles: nobody could say yes by it."
            ),
            "Take it out of the list, or write \"members\" for everybody who may work with the agents.",
        );
        section.report("approvers", of_approvers, complaint);
    }
    match (&approvers, eyes) {
        (Approvers::Nobody, Eyes::Four) => section.warn(
            "four_eyes",
            of_eyes,
            "With approvers = \"nobody\" nobody is asked, so this does nothing. Remove it, or say who \
             may say yes.",
        ),
        (Approvers::Owners, Eyes::Four) if discord.is_some_and(Discord::names_one_owner) => section
            .warn(
                "four_eyes",
                of_eyes,
                "Only owners may say yes here, and the settings name one: to what he asks for himself, \
                 or has a part in, nobody can say yes. Make somebody else an owner (`baton member set \
                 --tier owner --user ID`), or write approvers = \"members\".",
            ),
        (
            Approvers::Owners | Approvers::Members | Approvers::Roles(_) | Approvers::Nobody,
            Eyes::Two | Eyes::Four,
        ) => {}
    }
    if approvers == Approvers::Nobody && asked.is_some() {
        section.warn(
            "asked_tools",
            asked,
            "With approvers = \"nobody\" nobody is asked, so what this names is denied. Write it into \
             `denied_tools`, or say who may say yes.",
        );
    }
    Some((approvers, eyes))
}
