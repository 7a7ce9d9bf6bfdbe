//! A question to people: where it is asked, and what becomes of its message.

use super::{
    ChatError, Post, Question, Shape,
    inquiry::inquiries,
    matter::Matter,
    patch::without_longer_secrets,
    question::{End, Granted, Leads},
    route::Router,
    send::{Sender, Trouble},
};
use crate::{
    approval::{changes, leads_as_named, named, within_sandbox},
    observe::Secrets,
    store::{ApprovalRow, Delivery, GrantRow, NewDelivery, Payload, SessionRow, Store, StoreError},
    words::{ApprovalId, ApprovalState, ChannelId, Found, MessageId, Route, Unread, Way},
};

/// What becomes of the message of a question that cannot be read any more.
const UNREADABLE: &str = "⚠️ This question cannot be read any more, so nobody can answer it. Write to the agent to go \
                          on; if it still needs this, it is asked again.";

/// What the place of a session is told that has been asked about elsewhere.
fn pointer_key(approval: ApprovalId) -> String {
    format!("asked-elsewhere:{approval}")
}

impl Question {
    /// A stored question as it is shown; `None` if there is none.
    pub async fn load(
        store: &Store,
        secrets: &Secrets,
        id: ApprovalId,
    ) -> Result<Option<Self>, StoreError> {
        let Some(row) = store.approval(id).await? else {
            return Ok(None);
        };
        let session = store.session(row.session).await?;
        let controls = store.controls_of(id).await?;
        let grant = match row.grant {
            Some(id) => store.grant(id).await?,
            None => None,
        };
        Ok(Some(Self::of(row, &session, controls, grant, secrets)))
    }

    fn of(
        row: ApprovalRow,
        session: &SessionRow,
        controls: Vec<(String, crate::words::Choice)>,
        grant: Option<GrantRow>,
        secrets: &Secrets,
    ) -> Self {
        let clean = |text: &str| secrets.redact(text);
        // A rule with a secret in it allows something else than what is read in it.
        let is_readable = |rule: &String| clean(rule) == *rule;
        let leads = leads(&row);
        let (leads, mut hidden) = without_secrets(secrets, leads, &row);
        let mut input = secrets.redact_json(&row.input);
        if let Some(cleaner) = without_longer_secrets(secrets, &row.tool, &input) {
            input = cleaner;
            hidden.push("the diff".to_owned());
        }
        let (found, unread) = seen(secrets, row.found.as_ref());
        if found != row.found {
            hidden.push("what stands in the file by now".to_owned());
        }
        let matter = Matter::of(row.kind, &clean(&row.tool), &input, found.as_ref());
        let answers = match &matter {
            Matter::Inquiries(_) => inquiries(&row.input)
                .iter()
                .map(|inquiry| {
                    let given = row.answers.as_ref()?.get(&inquiry.key)?.as_str()?;
                    Some(clean(given))
                })
                .collect(),
            Matter::Command(_)
            | Matter::Change { .. }
            | Matter::Rewrite { .. }
            | Matter::Content { .. }
            | Matter::Cell(_)
            | Matter::Patch(_)
            | Matter::Plan { .. }
            | Matter::Other { .. } => Vec::new(),
        };
        let end = (row.state != ApprovalState::Pending).then(|| End {
            state: row.state,
            by: row.decided_by,
            reach: row.reach,
            granted: grant
                .filter(|grant| is_readable(&grant.rule))
                .map(|grant| Granted {
                    rule: grant.rule,
                    scope: grant.scope,
                    until: grant.expires_at,
                }),
            reason: row.reason.as_deref().map(clean),
        });
        let within = within_sandbox(&row.why);
        Self {
            id: row.id,
            project: row.project,
            agent: session.runtime,
            asked_by: row.asked_by,
            place: session.place(),
            at: session.post_channel_id,
            matter,
            unread,
            directory: row.directory,
            leads,
            hidden,
            unconfined: within.is_some(),
            why: clean(within.unwrap_or(&row.why)),
            sub_agent: row.sub_agent.as_deref().map(clean),
            expires_at: row.expires_at,
            rule: row.grant_rule.filter(is_readable),
            controls,
            answers,
            end,
        }
    }
}

/// Where a question's call leads, beside what it says.
fn leads(row: &ApprovalRow) -> Leads {
    let named = named(&row.tool, &row.input);
    let directory = row
        .directory
        .as_ref()
        .map(|path| path.display().to_string());
    if let (None, Some(several)) = (named, &row.leads_to)
        && changes(&row.tool, &row.input).is_some()
    {
        return if leads_as_named(several) {
            Leads::AsWritten
        } else {
            Leads::To(several.clone())
        };
    }
    match (named.or(directory.as_deref()), &row.leads_to) {
        (Some(named), Some(leads_to)) if named != leads_to => Leads::To(leads_to.clone()),
        // A file tool does nothing without a file.
        (_, None) if named.is_some() => Leads::Untold,
        (_, Some(_) | None) => Leads::AsWritten,
    }
}

/// What was found without secrets, and why there is nothing to be seen of it.
fn seen(secrets: &Secrets, found: Option<&Found>) -> (Option<Found>, Option<Unread>) {
    match found {
        Some(Found::Text(text)) => (Some(Found::Text(secrets.redact(text))), None),
        Some(Found::Unread(why)) => (Some(Found::Unread(*why)), Some(*why)),
        Some(Found::Nothing) => (Some(Found::Nothing), None),
        None => (None, None),
    }
}

/// The same without secrets, and the names of the parts of a question in which there are any.
fn without_secrets(secrets: &Secrets, leads: Leads, row: &ApprovalRow) -> (Leads, Vec<String>) {
    let is_hidden = |text: &str| secrets.redact(text) != text;
    let fields = row.input.as_object().into_iter().flatten();
    let mut hidden: Vec<String> = fields
        .filter(|(name, value)| is_hidden(name) || secrets.redact_json(value) != **value)
        .map(|(name, _)| secrets.redact(name))
        .collect();
    if is_hidden(&row.tool) {
        hidden.push("the name of the tool".to_owned());
    }
    let leads = match leads {
        Leads::To(path) if is_hidden(&path) => {
            hidden.push("where it leads".to_owned());
            Leads::To(secrets.redact(&path))
        }
        other @ (Leads::AsWritten | Leads::To(_) | Leads::Untold) => other,
    };
    (leads, hidden)
}

impl Sender {
    /// Asks a question, the first way that Discord does not refuse. The ways are stored before the first
    /// is tried, and each that is refused is crossed out: a later server goes on with the same one.
    pub(super) async fn ask(
        &self,
        delivery: &Delivery,
        approval: ApprovalId,
        ways: &[Way],
    ) -> Result<(), Trouble> {
        let Some(row) = self.readable(approval).await? else {
            return self.sent(delivery, None).await;
        };
        // What has ended before it was asked needs no asking; what may stand already is found first.
        if row.state != ApprovalState::Pending && delivery.attempted_at.is_none() {
            return self.sent(delivery, None).await;
        }
        let session = self.store.session(row.session).await?;
        let mut attempt = delivery.attempted_at.map(|at| (at, delivery.nonce_round));
        let mut ways = ways.to_vec();
        if ways.is_empty() {
            let router = Router {
                asking: &self.asking,
                store: &self.store,
                chat: &*self.chat,
                row: &row,
                session: &session,
            };
            ways = router.ways().await?;
            self.note_ways(delivery, approval, &ways).await?;
        }
        while let Some(way) = ways.first().copied() {
            let part = ways.len();
            match self
                .ask_by(delivery, approval, way, part, attempt.take())
                .await
            {
                Err(Trouble::Chat(error @ ChatError::Refused { .. })) if ways.len() > 1 => {
                    tracing::info!(%approval, ?way, %error, "a question cannot be asked there");
                    ways.remove(0);
                    self.note_ways(delivery, approval, &ways).await?;
                }
                Err(error) => return Err(error),
                Ok(None) => return Ok(()),
                Ok(Some((channel, message))) => {
                    return self
                        .asked(delivery, &session, approval, way, channel, message)
                        .await;
                }
            }
        }
        self.sent(delivery, None).await
    }

    async fn ask_by(
        &self,
        delivery: &Delivery,
        approval: ApprovalId,
        way: Way,
        part: usize,
        attempt: Option<(crate::clock::Millis, u32)>,
    ) -> Result<Option<(ChannelId, MessageId)>, Trouble> {
        let (channel, shape) = match way {
            Way::Direct(person) => (self.chat.direct(person).await?, Shape::Whole),
            Way::Here(channel) | Way::Channel(channel) => (channel, Shape::Whole),
            Way::Veiled(channel) => (channel, Shape::Veiled),
        };
        let Some(post) = self.laid_out(approval, shape).await? else {
            return Ok(None);
        };
        let posted = self
            .post_once(delivery.id, part, channel, post, attempt)
            .await?;
        Ok(posted.map(|message| (channel, message)))
    }

    /// Notes where it was asked, and tells the place of the session if that is elsewhere.
    async fn asked(
        &self,
        delivery: &Delivery,
        session: &SessionRow,
        approval: ApprovalId,
        way: Way,
        channel: ChannelId,
        message: MessageId,
    ) -> Result<(), Trouble> {
        let mut tx = self.store.write().await?;
        tx.note_posted(approval, channel, message, way.route())
            .await?;
        tx.part_sent(delivery.id, message).await?;
        if channel != session.post_channel_id
            && let Some(post) = self
                .laid_out(approval, Shape::Elsewhere(way.route()))
                .await?
        {
            let pointer = NewDelivery {
                key: pointer_key(approval),
                lane: delivery.lane,
                session: delivery.session,
                run: delivery.run,
                payload: Payload::Notice {
                    channel: None,
                    reply_to: None,
                    text: post.content,
                },
            };
            tx.deliver(&pointer, self.clock.now()).await?;
        }
        self.end(tx, delivery, Some(message)).await
    }

    /// Tells where a question was asked how it ended, and takes its buttons away.
    pub(super) async fn end_question(
        &self,
        delivery: &Delivery,
        approval: ApprovalId,
    ) -> Result<(), Trouble> {
        let [asked, pointed] = match self.readable(approval).await? {
            Some(row) => {
                let route = row.route.unwrap_or(Route::Thread);
                let shape = match route {
                    Route::Veiled => Shape::Veiled,
                    Route::Dm | Route::Thread | Route::Channel => Shape::Whole,
                };
                let asked = self.laid_out(approval, shape).await?;
                let pointed = self.laid_out(approval, Shape::Elsewhere(route)).await?;
                [asked, pointed].map(|post| post.map(|post| post.content))
            }
            None => [UNREADABLE, UNREADABLE].map(|text| Some(text.to_owned())),
        };
        if let Some((channel, message)) = self.store.posted(approval).await? {
            if let Some(text) = asked {
                match self.chat.close(channel, message, text).await {
                    // Its buttons must not stay.
                    Err(error) if error.is_code(ChatError::TOO_OLD_TO_EDIT) => {
                        self.chat.delete(channel, message).await?;
                    }
                    other => gone_is_fine(other)?,
                }
            }
            if let Some(pointer) = self.store.message_called(&pointer_key(approval)).await?
                && let Some(text) = pointed
            {
                let there = self.channel_of(delivery).await?;
                gone_is_fine(self.chat.edit(there, pointer, text).await)?;
            }
        }
        self.sent(delivery, None).await
    }

    /// A stored question; `None` if there is none, or none that can ever be read: that must not hold up what else
    /// its lane has.
    async fn readable(&self, approval: ApprovalId) -> Result<Option<ApprovalRow>, StoreError> {
        match self.store.approval(approval).await {
            Err(error) if !error.may_pass() => {
                tracing::error!(%approval, %error, "a question cannot be read");
                Ok(None)
            }
            read => read,
        }
    }

    async fn laid_out(&self, approval: ApprovalId, shape: Shape) -> Result<Option<Post>, Trouble> {
        let question = Question::load(&self.store, &self.asking.secrets, approval).await?;
        Ok(question.map(|question| self.chat.lay_out_question(&question, shape)))
    }

    async fn note_ways(
        &self,
        delivery: &Delivery,
        approval: ApprovalId,
        ways: &[Way],
    ) -> Result<(), Trouble> {
        let payload = Payload::Question {
            approval,
            ways: ways.to_vec(),
        };
        let mut tx = self.store.write().await?;
        tx.change_delivery(delivery.id, &payload).await?;
        tx.commit().await?;
        Ok(())
    }
}

/// Somebody has removed the message, or its place: then there is nothing to be changed.
fn gone_is_fine(done: Result<(), ChatError>) -> Result<(), ChatError> {
    match done {
        Err(error)
            if error.is_code(ChatError::UNKNOWN_MESSAGE)
                || error.is_code(ChatError::UNKNOWN_CHANNEL) =>
        {
            Ok(())
        }
        other => other,
    }
}

#[cfg(test)]
mod tests;
