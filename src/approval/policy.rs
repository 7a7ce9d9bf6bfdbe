//! What is decided of a tool call by rule.

mod patch;
mod rule_ref;
mod unconfined;

use std::path::Path;

pub use rule_ref::RuleRef;
pub use unconfined::within_sandbox;

use serde_json::json;

use super::{
    call::Call,
    grant::Grant,
    leads::goes_by_another_name,
    patch::PATCH,
    rule::{Fit, SHELL, ToolRule, stays_inside},
    shell::Unclear,
    tools::{LOOKING, Profile, ProjectTools},
};
use crate::runtime::{Ask, AskKind, Verdict};

/// Tools that change nothing but the agent's own list of what it has to do.
const OWN_LIST: &[&str] = &[
    "TaskCreate",
    "TaskGet",
    "TaskList",
    "TaskUpdate",
    "TodoWrite",
];

/// Tools by which an agent speaks to people; they do nothing else.
const DIALOGS: &[&str] = &["AskUserQuestion", "ExitPlanMode"];

/// The tools by which an agent asks for wider permissions than it has, and by which an MCP server asks people.
const PERMISSIONS: &str = "Permissions";
const ELICITATION: &str = "Elicitation";

/// Tools that read all files of a directory.
const SEARCHES: &[&str] = &["Glob", "Grep"];

/// What allows everything, and why it does not allow a search outside the project, nor a file there by a name that
/// is not its own.
const EVERYTHING: &str = "*";
const OUTSIDE: &str =
    "it searches outside of the project, where files may lie that are shut to every agent";
const ELSEWHERE: &str =
    "it is named by a link or by `~`, and may be a file that is shut to every agent";

/// What an agent is told beside a no.
const NO_WAY_AROUND: &str = "Do not look for a way around: say what you would need and why.";

/// What decides on the tool calls of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolPolicy {
    denied: Vec<ToolRule>,
    asked: Vec<ToolRule>,
    profile: Profile,
    beyond: Beyond,
}

/// What becomes of a call that nothing allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Beyond {
    /// A person is asked.
    Asked,
    /// It is denied, as nobody is asked in the project.
    #[default]
    Denied,
    /// It is denied, as guests speak.
    LooksOnly,
    /// It is denied until the agent's plan is approved.
    Planning,
}

/// What was decided, and by which rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// What the agent is answered.
    pub verdict: Verdict,
    /// The rule that decided.
    pub rule: RuleRef,
}

impl Decision {
    const fn allow(rule: RuleRef) -> Self {
        Self {
            verdict: Verdict::Allow,
            rule,
        }
    }

    const fn deny(reason: String, rule: RuleRef) -> Self {
        Self {
            verdict: Verdict::Deny(reason),
            rule,
        }
    }

    /// What is decided of a call that comes before the turn that it would belong to.
    #[must_use]
    pub fn too_early() -> Self {
        Self::deny(
            "Nobody has asked for this: wait for the next message.".to_owned(),
            RuleRef::TooEarly,
        )
    }

    /// What is decided of a call that nobody can read.
    #[must_use]
    pub fn unreadable() -> Self {
        Self::deny(
            "This call cannot be read: it is nested too deeply, or has half of a character in it. Write it \
             more simply."
                .to_owned(),
            RuleRef::Unreadable,
        )
    }

    /// What is decided of a call that would be one question too many.
    #[must_use]
    pub fn too_much() -> Self {
        Self::deny(
            "People have been asked too much in this turn. Do not ask again: end your turn and say what you \
             would need and why."
                .to_owned(),
            RuleRef::TooMuch,
        )
    }

    /// What is decided of every call of an agent that was told to stop.
    #[must_use]
    pub fn stopped() -> Self {
        Self {
            verdict: Verdict::Deny("You were told to stop: end your turn now.".to_owned()),
            rule: RuleRef::Stopped,
        }
    }
}

impl ToolPolicy {
    pub(super) fn new(tools: &ProjectTools, profile: Profile, beyond: Beyond) -> Self {
        Self {
            denied: tools.denied.clone(),
            asked: tools.asked.clone(),
            profile,
            beyond,
        }
    }

    /// The same for an agent that makes a plan.
    pub(super) fn planning(self) -> Self {
        let looks = |rule: &ToolRule| LOOKING.contains(&rule.tool());
        let profile = match self.profile {
            Profile::Everything => Profile::looking(),
            Profile::Rules(rules) => Profile::Rules(rules.into_iter().filter(looks).collect()),
        };
        let beyond = match self.beyond {
            Beyond::Asked | Beyond::Denied | Beyond::Planning => Beyond::Planning,
            Beyond::LooksOnly => Beyond::LooksOnly,
        };
        Self {
            profile,
            beyond,
            ..self
        }
    }

    /// Decides of a call in the project's directory, which is absolute and without links: what the
    /// project denies, what it always asks for, the profile, what was granted, and then a person.
    ///
    /// The agent program's own rules allow nothing: it asks for every call that acts. What a link leads
    /// to is looked at here.
    pub fn decide(&self, ask: &Ask, project: &Path, grants: &[Grant]) -> Decision {
        let decision = match ask.tool.as_str() {
            PATCH => self.decide_patch(ask, project, grants),
            // What it would do with them, and with a yes, nobody can tell.
            asked @ (PERMISSIONS | ELICITATION) => self.beyond(asked, None),
            _ => self.decide_call(ask, project, grants),
        };
        if ask.unconfined {
            self.unconfined(ask, decision)
        } else {
            decision
        }
    }

    fn decide_call(&self, ask: &Ask, project: &Path, grants: &[Grant]) -> Decision {
        let call = &Call::new(ask, project);
        if let Some(decision) = self.forbidden(call) {
            return decision;
        }
        // Also where nobody is asked for a yes: it is the people of the conversation who answer.
        if DIALOGS.contains(&ask.tool.as_str()) && self.beyond != Beyond::LooksOnly {
            return Decision {
                verdict: Verdict::Ask("the agent has a question".to_owned()),
                rule: RuleRef::Dialog,
            };
        }
        let refusal = match self.cover(call) {
            Cover::By(rule) => return Decision::allow(rule),
            Cover::Refused(rule, why) => Some((rule, why)),
            Cover::Unnamed => None,
        };
        if OWN_LIST.contains(&ask.tool.as_str()) {
            return Decision::allow(RuleRef::OwnList);
        }
        if self.may_be_granted()
            && let Some(grant) = grants.iter().find(|grant| grant.rule.covers(call))
        {
            return Decision::allow(RuleRef::Grant(grant.id, grant.rule.to_string()));
        }
        self.beyond(&ask.tool, refusal)
    }

    /// Whether the project denies that a file is read, or may deny it.
    pub fn hides(&self, file: &Path, project: &Path) -> bool {
        let Some(file) = file.to_str() else {
            return true;
        };
        let ask = Ask {
            id: String::new(),
            kind: AskKind::Gate,
            call: String::new(),
            sub_agent: None,
            tool: "Read".to_owned(),
            input: json!({"file_path": file}),
            directory: None,
            reason: None,
            unconfined: false,
        };
        let call = Call::new(&ask, project);
        self.denied.iter().any(|rule| rule.may_fit(&call))
    }

    /// Whether a person's yes counts.
    const fn may_be_granted(&self) -> bool {
        match self.beyond {
            Beyond::Asked | Beyond::Denied => true,
            Beyond::LooksOnly | Beyond::Planning => false,
        }
    }

    /// What the project denies or always asks for. What is not clear may be either, so a person is
    /// asked, if there is one.
    fn forbidden(&self, call: &Call<'_>) -> Option<Decision> {
        let tool = shown(call.tool());
        let mut denied = self.denied.iter();
        if let Some(rule) = denied.clone().find(|rule| rule.certainly_fits(call)) {
            return Some(Decision::deny(
                format!("{tool} is denied here by a rule of the project. {NO_WAY_AROUND}"),
                RuleRef::Denied(rule.text.clone()),
            ));
        }
        let rule = if let Some(rule) = denied.find(|rule| rule.may_fit(call)) {
            RuleRef::Denied(rule.text.clone())
        } else {
            let asked = self.asked.iter().find(|rule| rule.may_fit(call))?;
            RuleRef::Asked(asked.text.clone())
        };
        Some(match self.beyond {
            Beyond::Asked => Decision {
                verdict: Verdict::Ask("the project wants a person to decide on this".to_owned()),
                rule,
            },
            Beyond::Denied | Beyond::LooksOnly | Beyond::Planning => Decision::deny(
                format!("{tool} is not allowed here without a person's yes. {NO_WAY_AROUND}"),
                rule,
            ),
        })
    }

    fn beyond(&self, tool: &str, refusal: Option<(String, String)>) -> Decision {
        let tool = shown(tool);
        let (rule, why) = match refusal {
            Some((rule, why)) => (RuleRef::Project(rule), Some(why)),
            None => (RuleRef::Unnamed, None),
        };
        match (self.beyond, why) {
            (Beyond::LooksOnly, None) => Decision::deny(
                format!(
                    "{tool} is not available here: guests speak in this conversation, so all you do \
                     is look, with those of {} that you have. A member can ask for more in a \
                     conversation of his own.",
                    LOOKING.join(", ")
                ),
                RuleRef::LooksOnly,
            ),
            (Beyond::Planning, _) => Decision::deny(
                format!(
                    "You are in plan mode: {tool} has to wait. Look with those of {} that you have, and \
                     present your plan: with ExitPlanMode if you have that, and as your answer otherwise.",
                    LOOKING.join(", ")
                ),
                RuleRef::Planning,
            ),
            (Beyond::Asked, why) => Decision {
                verdict: Verdict::Ask(
                    why.unwrap_or_else(|| "no rule of the project allows it".to_owned()),
                ),
                rule,
            },
            (Beyond::Denied | Beyond::LooksOnly, Some(why)) => Decision::deny(
                format!(
                    "{tool} is allowed in this project only by rule, and {why}. {NO_WAY_AROUND}"
                ),
                rule,
            ),
            (Beyond::Denied, None) => Decision::deny(
                format!("{tool} is not allowed in this project. {NO_WAY_AROUND}"),
                rule,
            ),
        }
    }

    fn cover(&self, call: &Call<'_>) -> Cover {
        let rules = match &self.profile {
            Profile::Everything => {
                return match out_of_sight(call) {
                    Some(why) => Cover::Refused(EVERYTHING.to_owned(), why.to_owned()),
                    None => Cover::By(RuleRef::Everything),
                };
            }
            Profile::Rules(rules) => rules,
        };
        if call.tool() == SHELL {
            cover_line(rules, call.commands())
        } else {
            let cover = first(rules, |rule| rule.fit(call));
            cover.map_or_else(Cover::from, |rule| {
                Cover::By(RuleRef::Project(rule.text.clone()))
            })
        }
    }
}

/// Why a call is not allowed with everything else: the agent program keeps what is shut to it out of a search only
/// where that begins in the project, and from the other tools only by the name that is written (seen with 2.1.197).
fn out_of_sight(call: &Call<'_>) -> Option<&'static str> {
    if SEARCHES.contains(&call.tool()) {
        let stays = stays_inside(call.tool(), call.input(), call.ground).is_ok();
        return (!stays).then_some(OUTSIDE);
    }
    goes_by_another_name(call).then_some(ELSEWHERE)
}

/// The first rule that allows it; otherwise the first that is about it, with its reason.
fn first(
    rules: &[ToolRule],
    fit: impl Fn(&ToolRule) -> Fit,
) -> Result<&ToolRule, Option<(String, String)>> {
    let mut refused = None;
    for rule in rules {
        match fit(rule) {
            Fit::Other => {}
            Fit::Allows => return Ok(rule),
            Fit::Refuses(why) => {
                refused.get_or_insert_with(|| (rule.text.clone(), why));
            }
        }
    }
    Err(refused)
}

/// The same for a line for the shell, each command of which needs a rule.
fn cover_line(rules: &[ToolRule], commands: Result<&[Vec<String>], &Unclear>) -> Cover {
    let commands = match commands {
        Ok(commands) => commands,
        Err(why) => {
            let cover = first(rules, |rule| rule.fit_command(Err(why)));
            return cover.map_or_else(Cover::from, |rule| {
                Cover::By(RuleRef::Project(rule.text.clone()))
            });
        }
    };
    let mut by: Vec<&str> = Vec::new();
    for command in commands {
        match first(rules, |rule| rule.fit_command(Ok(command))) {
            Ok(rule) if by.contains(&rule.text.as_str()) => {}
            Ok(rule) => by.push(&rule.text),
            Err(lacking) => return Cover::from(lacking),
        }
    }
    Cover::By(RuleRef::Project(by.join(", ")))
}

/// What a profile says about a call.
enum Cover {
    /// This allows it.
    By(RuleRef),
    /// This rule is about it and does not allow it, for a reason.
    Refused(String, String),
    /// None is about it.
    Unnamed,
}

impl From<Option<(String, String)>> for Cover {
    fn from(refused: Option<(String, String)>) -> Self {
        refused.map_or(Self::Unnamed, |(rule, why)| Self::Refused(rule, why))
    }
}

/// A tool's name as it may be repeated: the agent wrote it.
pub fn shown(tool: &str) -> String {
    tool.chars()
        .filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-'))
        .take(64)
        .collect()
}

#[cfg(test)]
mod tests;
