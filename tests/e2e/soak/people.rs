//! Conversations with the agent, each in a thread of its own, by turns one message and three at once.

use std::{collections::BTreeSet, fmt::Write as _, time::Duration};

use discord_sim::ChannelId;

use crate::stage::Stage;

/// How often somebody says something.
const EVERY: Duration = Duration::from_secs(20);

/// How many there are: as many agents as Baton keeps warm.
const THREADS: usize = 4;

/// How somebody is told that he has waited for his turn: on a busy machine agents take so long that some do.
const TURN: &str = "▶️ The agent has begun with this, after ";

/// The conversations and what was said in them.
pub(super) struct People<'a> {
    stage: &'a Stage,
    threads: Vec<Talk>,
    /// When somebody speaks next, and who.
    next: Duration,
    turn: usize,
    /// What came to the model.
    turns: Vec<String>,
}

/// One conversation.
struct Talk {
    thread: ChannelId,
    /// The numbers of what was said, in order, with the messages' ids.
    said: Vec<(usize, u64)>,
}

impl<'a> People<'a> {
    /// Begins them.
    pub(super) async fn of(stage: &'a Stage) -> Self {
        let mut people = Self {
            stage,
            threads: Vec::new(),
            next: Duration::ZERO,
            turn: 0,
            turns: Vec::new(),
        };
        for number in 1..=THREADS {
            let thread = stage.ask("ann", &text(number)).await;
            // A thread has the id of the message that it began with.
            let said = vec![(number, thread.get())];
            people.threads.push(Talk { thread, said });
        }
        people
    }

    /// Says what it is time to say.
    pub(super) async fn speak(&mut self, now: Duration) {
        let threads = self.stage.sim.threads(self.stage.channel());
        let at = self.turn % THREADS;
        if now < self.next || !threads.contains(&self.threads[at].thread) {
            return;
        }
        self.next = now + EVERY;
        let burst = if self.turn.is_multiple_of(5) { 3 } else { 1 };
        self.turn += 1;
        for _ in 0..burst {
            let number = self.count() + 1;
            let ann = self.stage.sim.user("ann");
            let said = ann.says(text(number)).in_(self.threads[at].thread).await;
            self.threads[at].said.push((number, said.id.get()));
        }
    }

    fn count(&self) -> usize {
        self.threads.iter().map(|talk| talk.said.len()).sum()
    }

    /// Takes in what came to the model since the last time.
    pub(super) fn listen(&mut self) {
        let requests = self.stage.model.take_requests().into_iter();
        self.turns
            .extend(requests.filter_map(|request| request.user_text));
    }

    /// Which conversation still waits for an answer to its last word, and what stands in it.
    pub(super) fn unanswered(&self) -> Option<String> {
        let waits = |talk: &&Talk| {
            let (last, _) = talk.said.last().expect("each has said something");
            self.stage.answers(talk.thread, &answer(*last)) == 0
        };
        let talk = self.threads.iter().find(waits)?;
        let transcript = self.stage.sim.transcript(talk.thread);
        Some(format!("the last of {:?} in\n{transcript}", talk.said))
    }

    /// Everything that was said reached the model once; every turn has one answer, which stands where it was asked, in
    /// the order in which the requests were accepted (that is not always the one in which they were said: events overtake
    /// each other); and nothing else was posted but that somebody's turn has come.
    pub(super) async fn check(&self) {
        let accepted = self.accepted().await;
        let turns = &self.turns;
        let mut answers = 0;
        for talk in &self.threads {
            for (number, _) in &talk.said {
                let question = format!("question {number}.");
                let asked = turns.iter().filter(|turn| turn.contains(&question)).count();
                assert_eq!(asked, 1, "{question} came to the model {asked} times");
            }
            answers += self.check_thread(talk, &accepted);
        }
        assert_eq!(answers, turns.len(), "answers and turns");
    }

    /// The ids of the messages that became requests, in the order in which they did.
    async fn accepted(&self) -> Vec<u64> {
        let all =
            "SELECT group_concat(message_id) FROM (SELECT message_id FROM requests ORDER BY n)";
        let all = self.stage.sql(all).await;
        all.split(',').map(|id| id.parse().unwrap()).collect()
    }

    /// How many answers a thread has.
    fn check_thread(&self, talk: &Talk, accepted: &[u64]) -> usize {
        let transcript = self.stage.sim.transcript(talk.thread);
        let answered: Vec<usize> = self
            .stage
            .sim
            .messages(talk.thread)
            .into_iter()
            .filter(|message| message.author == "bot" && !message.content.starts_with(TURN))
            .map(|message| {
                let number = message
                    .content
                    .strip_prefix("answer ")
                    .and_then(|rest| rest.split('.').next())
                    .and_then(|number| number.parse().ok());
                number.unwrap_or_else(|| panic!("a stranger: {}\n{transcript}", message.content))
            })
            .collect();
        let different: BTreeSet<&usize> = answered.iter().collect();
        assert_eq!(
            different.len(),
            answered.len(),
            "{answered:?}\n{transcript}"
        );
        let place = |number: &usize| {
            let said = talk.said.iter().find(|(said, _)| said == number);
            let (_, id) = said.unwrap_or_else(|| panic!("{number} was not asked in\n{transcript}"));
            accepted.iter().position(|accepted| accepted == id)
        };
        let places: Vec<Option<usize>> = answered.iter().map(place).collect();
        assert!(
            places.iter().all(Option::is_some) && places.is_sorted(),
            "{answered:?} were accepted as {places:?}\n{transcript}"
        );
        answered.len()
    }
}

fn text(number: usize) -> String {
    let mut text = format!("question {number}. STUB:");
    let script = serde_json::json!([{ "text": answer(number) }]);
    // Writing to a String cannot fail.
    let _ = write!(text, "{script}");
    text
}

fn answer(number: usize) -> String {
    format!("answer {number}.")
}
