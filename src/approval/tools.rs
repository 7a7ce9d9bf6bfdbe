//! What the tools of a project may do, for whom: its settings, understood.

use super::{
    policy::{Beyond, ToolPolicy},
    rule::{PolicyError, ToolRule},
};
use crate::words::{Approvers, Circle, Eyes, Tier};

/// Tools that look at the project's files and do nothing else: they change nothing, run nothing and
/// reach nobody.
pub(super) const LOOKING: &[&str] = &["Read", "Grep", "Glob"];

/// What stands for every call.
const EVERYTHING: &str = "*";

/// The list whose rules only look.
const GUEST: &str = "guest_tools";

/// The lists whose rules forbid.
const DENIED: &str = "denied_tools";
const ASKED: &str = "asked_tools";

/// The tool rules of a project, as they are written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ToolLists {
    /// What nobody may.
    pub denied: Vec<String>,
    /// What a person is asked for every time, whoever it is for.
    pub asked: Vec<String>,
    /// What agents of guests may: rules of tools that look.
    pub guest: Vec<String>,
    /// What agents of members may.
    pub member: Vec<String>,
    /// What agents of owners may.
    pub owner: Vec<String>,
    /// Who may say yes to the rest.
    pub approvers: Approvers,
    /// Whether who asked may be the one.
    pub eyes: Eyes,
}

/// A list that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{list}`: {error}")]
pub struct ToolListError {
    /// The setting.
    pub list: &'static str,
    /// What is wrong.
    pub error: PolicyError,
}

/// The tool rules of a project.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProjectTools {
    pub(super) denied: Vec<ToolRule>,
    pub(super) asked: Vec<ToolRule>,
    guest: Profile,
    member: Profile,
    owner: Profile,
    /// Who may say yes to what the lists do not allow.
    pub approvers: Approvers,
    /// Whether who asked may be the one.
    pub eyes: Eyes,
}

/// What is allowed without a question.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Profile {
    /// All of it.
    Everything,
    /// What one of these allows.
    Rules(Vec<ToolRule>),
}

impl Profile {
    /// Whether it allows every call of a tool.
    fn allows_all_of(&self, tool: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::Rules(rules) => rules.iter().any(|rule| rule.allows_all_of(tool)),
        }
    }

    /// All that only looks.
    pub(super) fn looking() -> Self {
        let rules = LOOKING.iter().filter_map(|tool| ToolRule::parse(tool).ok());
        Self::Rules(rules.collect())
    }
}

impl Default for Profile {
    fn default() -> Self {
        Self::Rules(Vec::new())
    }
}

impl ProjectTools {
    /// Understands the lists; the first bad rule is the error.
    pub fn parse(lists: &ToolLists) -> Result<Self, ToolListError> {
        Ok(Self {
            denied: rules(DENIED, &lists.denied)?,
            asked: rules(ASKED, &lists.asked)?,
            guest: profile(GUEST, &lists.guest)?,
            member: profile("allowed_tools", &lists.member)?,
            owner: profile("owner_tools", &lists.owner)?,
            approvers: lists.approvers.clone(),
            eyes: lists.eyes,
        })
    }

    /// What decides on the tool calls of a run: by whose conversation it is, and by what those are who
    /// ask. Where guests speak an agent only looks, whoever asks.
    pub fn policy_for(&self, circle: Circle, tier: Tier) -> ToolPolicy {
        let beyond = match self.approvers {
            Approvers::Nobody => Beyond::Denied,
            Approvers::Owners | Approvers::Members | Approvers::Roles(_) => Beyond::Asked,
        };
        let (profile, beyond) = match (circle, tier) {
            (Circle::Members, Tier::Owner) => (&self.owner, beyond),
            (Circle::Members, Tier::Member) => (&self.member, beyond),
            (Circle::Guests, _) | (_, Tier::Guest | Tier::Blocked) => {
                (&self.guest, Beyond::LooksOnly)
            }
        };
        ToolPolicy::new(self, profile.clone(), beyond)
    }

    /// The same while an agent makes a plan: it looks, with what it might look with anyway.
    pub fn planning_policy_for(&self, circle: Circle, tier: Tier) -> ToolPolicy {
        self.policy_for(circle, tier).planning()
    }

    /// Which of these tools an agent may use without a question about each call: those of which every call of
    /// everybody who speaks in such a conversation is allowed. What is denied of files only does not count: the agent
    /// program keeps those shut.
    pub fn unasked(&self, circle: Circle, tools: &[&'static str]) -> Vec<&'static str> {
        let speak: &[&Profile] = match circle {
            Circle::Members => &[&self.member, &self.owner],
            Circle::Guests => &[&self.guest],
        };
        let is_barred = |tool: &str| {
            let mut denied = self.denied.iter().filter(|rule| !rule.is_about_files());
            denied.any(|rule| rule.tool() == tool)
                || self.asked.iter().any(|rule| rule.tool() == tool)
        };
        let mut tools = tools.to_vec();
        tools.retain(|tool| !is_barred(tool) && speak.iter().all(|one| one.allows_all_of(tool)));
        tools
    }

    /// The denied files, which an agent program has to leave out of its searches.
    pub fn denied_files(&self) -> Vec<String> {
        let files = self.denied.iter().filter(|rule| rule.is_about_files());
        files.map(|rule| rule.text.clone()).collect()
    }
}

/// What is wrong with the lines of a list, each by itself.
pub fn faults(list: &'static str, texts: &[String]) -> Vec<PolicyError> {
    let lines = texts.iter().map(|text| line(list, text));
    lines.filter_map(Result::err).collect()
}

fn profile(list: &'static str, texts: &[String]) -> Result<Profile, ToolListError> {
    let lines = lines(list, texts)?;
    let rules: Option<Vec<_>> = lines.into_iter().collect();
    Ok(rules.map_or(Profile::Everything, Profile::Rules))
}

fn rules(list: &'static str, texts: &[String]) -> Result<Vec<ToolRule>, ToolListError> {
    Ok(lines(list, texts)?.into_iter().flatten().collect())
}

fn lines(list: &'static str, texts: &[String]) -> Result<Vec<Option<ToolRule>>, ToolListError> {
    let lines = texts.iter().map(|text| line(list, text));
    let lines: Result<_, _> = lines.collect();
    lines.map_err(|error| ToolListError { list, error })
}

/// One line of a list; `None` is every call, which only lists of what is allowed may name.
fn line(list: &str, text: &str) -> Result<Option<ToolRule>, PolicyError> {
    let only_looks = || PolicyError {
        rule: text.trim().to_owned(),
        is: "does more than look, and guests only look",
        advice: format!("write rules of {}", LOOKING.join(", ")),
    };
    if text.trim() == EVERYTHING {
        match list {
            GUEST => return Err(only_looks()),
            "allowed_tools" | "owner_tools" => return Ok(None),
            _ => {}
        }
    }
    let rule = ToolRule::parse(text)?;
    match list {
        GUEST if !LOOKING.contains(&rule.tool()) => Err(only_looks()),
        DENIED | ASKED => Ok(Some(rule)),
        _ => rule.allowing().map(Some),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TOOLS: [&str; 3] = ["Read", "WebSearch", "WebFetch"];

    fn unasked(list: &[(&str, &[&str])], circle: Circle) -> Vec<&'static str> {
        let texts = |name: &str| {
            let mut lists = list.iter().filter(|(list, _)| *list == name);
            let rules = lists.next().map_or(&[][..], |(_, rules)| *rules);
            rules.iter().map(|rule| (*rule).to_owned()).collect()
        };
        let lists = ToolLists {
            denied: texts("denied"),
            asked: texts("asked"),
            guest: texts("guest"),
            member: texts("member"),
            owner: texts("owner"),
            ..ToolLists::default()
        };
        let tools = ProjectTools::parse(&lists).unwrap();
        tools.unasked(circle, &TOOLS)
    }

    #[test]
    fn nobody_is_asked_about_a_tool_of_which_everybody_there_may_make_every_call() {
        let all = ("owner", &["*"][..]);
        for (list, is) in [
            (vec![all], &[][..]),
            (vec![all, ("member", &["Read", "Grep"])], &[]),
            (
                vec![all, ("member", &["Read(**)", "WebFetch(domain:a.example)"])],
                &[],
            ),
            (vec![all, ("member", &["WebSearch"])], &["WebSearch"]),
            (
                vec![("member", &["*"]), ("owner", &["WebFetch"])],
                &["WebFetch"],
            ),
            (
                vec![
                    all,
                    ("member", &["Read(//**)"]),
                    ("denied", &["Read(.env)"]),
                ],
                &["Read"],
            ),
            (
                vec![
                    all,
                    ("member", &["*"]),
                    ("denied", &["WebFetch(domain:a.example)", "Read"]),
                ],
                &["WebSearch"],
            ),
            (
                vec![
                    all,
                    ("member", &["*"]),
                    ("asked", &["Read(.env)", "WebSearch"]),
                ],
                &["WebFetch"],
            ),
            (vec![all, ("member", &["*"])], &TOOLS),
        ] {
            assert_eq!(unasked(&list, Circle::Members), is, "{list:?}");
            assert_eq!(unasked(&list, Circle::Guests), [""; 0], "{list:?}");
        }
        let guests = unasked(&[all, ("guest", &["Read(//**)"])], Circle::Guests);
        assert_eq!(guests, ["Read"]);
    }
}
