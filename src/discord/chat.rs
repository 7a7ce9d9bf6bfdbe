//! The chat service that the other rooms know, spoken in Discord's REST.

use std::sync::Arc;

use async_trait::async_trait;
use serenity::all::{
    self as sn, AutoArchiveDuration, CreateAllowedMentions, CreateAttachment, CreateMessage,
    CreateThread, EditMessage, MessageFlags, MessageReference, MessageReferenceKind, ReactionType,
};

use super::{
    audience, components,
    copies::Copies,
    ids,
    inbound::{self, Me},
    mentions::Mention,
    pages::{self, Part},
    people::People,
    refusals::Refusals,
    render,
    rest::Rest,
    turns::Turns,
};
use crate::{
    delivery::{Answer, Audience, Author, Chat, ChatError, Post, Question, Seen, Shape, Standing},
    observe::Secrets,
    words::{ChannelId, MessageId, UserId},
};

/// Discord opens each link of a message to show what is behind it. An agent that was talked into writing
/// a link would so send what it knows to whoever owns the address, without anybody clicking on it.
const NO_PREVIEWS: MessageFlags = MessageFlags::SUPPRESS_EMBEDS;

/// Discord, as the outbox and the live messages need it.
#[derive(Debug)]
pub struct DiscordChat {
    http: Rest,
    me: Me,
    people: Arc<People>,
    turns: Arc<Turns>,
    copies: Arc<Copies>,
    refusals: Refusals,
    secrets: Secrets,
}

impl DiscordChat {
    pub(super) const fn new(
        http: Rest,
        me: Me,
        people: Arc<People>,
        turns: Arc<Turns>,
        copies: Arc<Copies>,
        refusals: Refusals,
        secrets: Secrets,
    ) -> Self {
        Self {
            http,
            me,
            people,
            turns,
            copies,
            refusals,
            secrets,
        }
    }

    async fn change(
        &self,
        channel: ChannelId,
        message: MessageId,
        edit: EditMessage,
    ) -> Result<(), ChatError> {
        let edit = edit.flags(NO_PREVIEWS).allowed_mentions(nobody());
        let http = self.http.clone();
        let (place, id) = (ids::to_channel(channel), ids::to_message(message));
        let edited = async move {
            http.within(place.edit_message(&*http, id, edit)).await?;
            Ok(())
        };
        self.turns.change(message, edited).await
    }

    async fn page(
        &self,
        channel: ChannelId,
        part: Part,
        limit: u8,
    ) -> Result<Vec<Seen>, ChatError> {
        let page = pages::messages(&self.http, channel, part, limit).await?;
        let readable = page.into_iter().rev().filter_map(|line| line.message);
        Ok(readable.map(|message| self.seen(*message)).collect())
    }

    fn seen(&self, message: sn::Message) -> Seen {
        let author = &message.author;
        let by = if ids::user(author.id) == self.me.user {
            Author::Baton
        } else if author.bot || message.webhook_id.is_some() || !is_spoken(message.kind) {
            Author::Machine
        } else {
            Author::Person(ids::user(author.id))
        };
        // The bot's own role is known to the gateway's cache alone; people mention the bot itself.
        let is_me = |mention| mention == Mention::User(self.me.user);
        Seen {
            id: ids::message(message.id),
            author: author.display_name().to_owned(),
            by,
            addressed: inbound::addressed(&message, is_me, self.me),
            content: message.content,
        }
    }
}

/// Whether somebody wrote the message: the other kinds are what Discord itself says ("… pinned a
/// message") or what a command answered (Discord: resources/message#message-object-message-types).
pub(super) fn is_spoken(kind: sn::MessageType) -> bool {
    matches!(
        kind,
        sn::MessageType::Regular | sn::MessageType::InlineReply
    )
}

/// Nobody. Discord's default for a message of a bot is everybody who is named in it.
pub(super) fn nobody() -> CreateAllowedMentions {
    CreateAllowedMentions::new().replied_user(false)
}

#[async_trait]
impl Chat for DiscordChat {
    fn is_sparing(&self) -> bool {
        self.refusals.treatment().is_sparing
    }

    fn lay_out(&self, answer: &Answer) -> Vec<Post> {
        render::lay_out(answer)
    }

    async fn post(
        &self,
        channel: ChannelId,
        post: Post,
        nonce: &str,
    ) -> Result<MessageId, ChatError> {
        let place = ids::to_channel(channel);
        let post = post.without(&self.secrets);
        let mut message = CreateMessage::new()
            .content(post.content)
            .flags(NO_PREVIEWS)
            .nonce(sn::Nonce::String(nonce.to_owned()))
            .enforce_nonce(true)
            .allowed_mentions(nobody());
        if let Some(to) = post.reply_to {
            message = message.reference_message(
                MessageReference::new(MessageReferenceKind::Default, place)
                    .message_id(ids::to_message(to))
                    .fail_if_not_exists(false),
            );
        }
        if let Some(file) = post.file {
            message = message.add_file(CreateAttachment::bytes(file.bytes, file.name));
        }
        if !post.controls.is_empty() {
            message = message.components(components::rows(&post.controls));
        }
        let sent = self
            .http
            .within(place.send_message(&*self.http, message))
            .await?;
        Ok(ids::message(sent.id))
    }

    async fn edit(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: String,
    ) -> Result<(), ChatError> {
        let content = self.secrets.redact(&content);
        self.change(channel, message, EditMessage::new().content(content))
            .await
    }

    async fn delete(&self, channel: ChannelId, message: MessageId) -> Result<(), ChatError> {
        let http = self.http.clone();
        let (place, id) = (ids::to_channel(channel), ids::to_message(message));
        let gone = async move {
            let gone = http.aside().delete_message(place, id, None);
            http.within(gone).await
        };
        match self.turns.change(message, gone).await {
            Err(error) if error.is_code(ChatError::UNKNOWN_MESSAGE) => Ok(()),
            other => other,
        }
    }

    async fn react(
        &self,
        channel: ChannelId,
        message: MessageId,
        emoji: &str,
    ) -> Result<(), ChatError> {
        let emoji = ReactionType::Unicode(emoji.to_owned());
        self.http
            .within(self.http.create_reaction(
                ids::to_channel(channel),
                ids::to_message(message),
                &emoji,
            ))
            .await
    }

    async fn start_thread(
        &self,
        channel: ChannelId,
        message: MessageId,
        name: &str,
    ) -> Result<(), ChatError> {
        let thread = CreateThread::new(self.secrets.redact(name))
            .auto_archive_duration(AutoArchiveDuration::OneWeek);
        self.http
            .within(self.http.create_thread_from_message(
                ids::to_channel(channel),
                ids::to_message(message),
                &thread,
                None,
            ))
            .await?;
        Ok(())
    }

    async fn typing(&self, channel: ChannelId) -> Result<(), ChatError> {
        self.http
            .within(self.http.broadcast_typing(ids::to_channel(channel)))
            .await
    }

    async fn after(
        &self,
        channel: ChannelId,
        after: MessageId,
        limit: u8,
    ) -> Result<Vec<Seen>, ChatError> {
        let part = Part::After(after);
        self.page(channel, part, limit).await
    }

    async fn standing(&self, person: UserId) -> Result<Standing, ChatError> {
        self.people.standing(person).await
    }

    async fn before(
        &self,
        channel: ChannelId,
        before: MessageId,
        limit: u8,
    ) -> Result<Vec<Seen>, ChatError> {
        let part = Part::Before(before);
        self.page(channel, part, limit).await
    }

    fn lay_out_question(&self, question: &Question, shown: Shape) -> Post {
        render::question(question, shown)
    }

    async fn audience(&self, channel: ChannelId) -> Result<Audience, ChatError> {
        audience::of(&self.http, self.me, channel).await
    }

    async fn direct(&self, person: UserId) -> Result<ChannelId, ChatError> {
        let opened = ids::to_user(person).create_dm_channel(&*self.http);
        Ok(ids::channel(self.http.within(opened).await?.id))
    }

    async fn close(
        &self,
        channel: ChannelId,
        message: MessageId,
        content: String,
    ) -> Result<(), ChatError> {
        let content = self.secrets.redact(&content);
        self.copies.close(message, &content);
        let edit = EditMessage::new().content(content).components(Vec::new());
        self.change(channel, message, edit).await
    }
}
