// A bot made of discord.js and nothing else. It does what people ask of it, and tells each step as one
// JSON line on its output, in the values that discord.js understood. The test that started it plays the
// people and compares.
import { once } from 'node:events';
import {
  ActionRowBuilder, ApplicationCommandOptionType, AttachmentBuilder, ButtonBuilder, ButtonStyle,
  Client, Events, GatewayIntentBits, MessageFlags, ModalBuilder, Partials, StringSelectMenuBuilder,
  TextInputBuilder, TextInputStyle,
} from 'discord.js';

const { SIM_URL, SIM_TOKEN } = process.env;

function tell(step, words) {
  process.stdout.write(`${JSON.stringify({ step, ...words })}\n`);
}

function fail(error) {
  tell('failed', { words: `${error?.stack ?? error}` });
  process.exit(1);
}
process.on('unhandledRejection', fail);
process.on('uncaughtException', fail);

const client = new Client({
  rest: { api: `${SIM_URL}/api`, timeout: 10_000, retries: 0 },
  intents: [
    GatewayIntentBits.Guilds, GatewayIntentBits.GuildMessages, GatewayIntentBits.GuildMessageReactions,
    GatewayIntentBits.GuildMessageTyping, GatewayIntentBits.DirectMessages, GatewayIntentBits.MessageContent,
  ],
  partials: [Partials.Channel, Partials.Message, Partials.Reaction],
  allowedMentions: { parse: [], repliedUser: false },
});

/** A handler whose failure ends the script with its words. */
function on(event, handler) {
  client.on(event, (...args) => Promise.resolve(handler(...args)).catch(fail));
}

on(Events.Raw, (packet) => tell('event', { name: packet.t, seq: packet.s, data: packet.d }));
on(Events.Error, fail);
on(Events.ShardError, fail);
on(Events.ShardResume, (_shard, replayed) => tell('resumed', { replayed }));

on(Events.ClientReady, async () => {
  const guild = client.guilds.cache.first();
  tell('ready', {
    user: client.user.username,
    bot: client.user.bot,
    application: client.application.id === client.user.id,
    guild: guild?.name,
    owner: (await guild?.fetchOwner())?.user.username,
    channels: guild?.channels.cache.map((channel) => channel.name).sort(),
    everyone: guild?.roles.everyone.name,
  });
  const text = { type: ApplicationCommandOptionType.String, name: 'text', description: 'What', required: true };
  const registered = await client.application.commands.set([
    { name: 'report', description: 'Defers, edits with a file, follows up', options: [
      { ...text, autocomplete: true },
      { type: ApplicationCommandOptionType.User, name: 'whom', description: 'Whose' },
      { type: ApplicationCommandOptionType.Channel, name: 'where', description: 'Which' },
    ] },
    { name: 'quiet', description: 'Defers for one person, then follows up' },
    { name: 'panel', description: 'Shows buttons and a select' },
  ], guild.id);
  tell('registered', {
    commands: registered.map((command) => [command.name, command.options.length, command.guildId === guild.id]),
  });
});

// What people say.

on(Events.MessageCreate, async (message) => {
  if (message.author.bot) return;
  if (message.system) return tell('announced', { type: message.type, content: message.content });
  if (message.inGuild()) {
    const asked = asks[message.content];
    if (asked) return asked(message);
    if (message.attachments.size > 0) return downloads(message);
  } else {
    return answersInDm(message);
  }
  tell('heard', {
    content: message.content,
    author: message.author.username,
    member: message.member?.joinedTimestamp > 0,
    channel: message.channel.name,
  });
});

let closing = false;
const asks = {
  async 'a thread, please'(message) {
    const thread = await message.startThread({ name: 'by discord.js', autoArchiveDuration: 60 });
    await thread.send('in the thread');
    const reply = await message.reply('made it');
    await message.react('👀');
    const read = await message.channel.messages.fetch({ message: message.id, force: true, cache: false });
    tell('thread', {
      idOfMessage: thread.id === message.id,
      name: thread.name,
      type: thread.type,
      parent: thread.parent?.name,
      archives: thread.autoArchiveDuration,
      replyTo: reply.reference?.messageId === message.id,
      reactions: read.reactions.cache.map((reaction) => [reaction.emoji.name, reaction.count, reaction.me]),
      hasThread: read.hasThread,
    });
  },
  async 'change your mind'(message) {
    const first = await message.channel.send('one way');
    const edited = await first.edit('the other way');
    const pages = await message.channel.messages.fetch({ limit: 2 });
    await first.delete();
    tell('changed', {
      content: edited.content,
      edited: edited.editedTimestamp !== null,
      newest: pages.map((page) => page.content),
    });
  },
  async 'close it'(message) {
    closing = true;
    const [thread] = await Promise.all([message.channel.setArchived(true, 'done'), once(client, Events.ThreadUpdate)]);
    const read = await client.channels.fetch(thread.id, { force: true });
    closing = false;
    tell('closed', { archived: thread.archived && read.archived, locked: thread.locked, name: thread.name });
  },
  async 'goodbye'() {
    await client.destroy();
    tell('gone', {});
    process.exit(0);
  },
};

async function downloads(message) {
  const file = message.attachments.first();
  const answer = await fetch(file.url);
  tell('file', {
    name: file.name,
    size: file.size,
    description: file.description ?? null,
    type: answer.headers.get('content-type'),
    text: await answer.text(),
  });
}

async function answersInDm(message) {
  const answer = await message.channel.send('hello to you alone');
  const dm = await message.author.createDM(true);
  const second = await message.author.send('and again');
  tell('dm', {
    type: message.channel.type,
    same: dm.id === message.channelId && second.channelId === answer.channelId,
    recipient: dm.recipient?.username,
    content: message.content,
    guild: message.guildId,
  });
}

on(Events.MessageUpdate, (before, after) => {
  // A thread that starts from a message changes it too, but not its text.
  if (after.author?.bot === false && before.content !== after.content) {
    tell('edited', { before: before.content, after: after.content });
  }
});
on(Events.MessageDelete, (message) => {
  if (message.author?.bot === false) tell('deleted', { content: message.content });
});
on(Events.MessageReactionAdd, (reaction, user) => {
  if (user.id !== client.user.id) {
    tell('reacted', { emoji: reaction.emoji.name, user: user.username, count: reaction.count });
  }
});
on(Events.MessageReactionRemove, (reaction, user) => {
  tell('unreacted', { emoji: reaction.emoji.name, user: user.username, count: reaction.count });
});
on(Events.ThreadCreate, (thread, isNew) => {
  if (thread.ownerId !== client.user.id) {
    tell('opened', { name: thread.name, new: isNew, archived: thread.archived });
  }
});
on(Events.ThreadUpdate, (before, after) => {
  // What the bot itself has closed is in the cache with the answer, before the event or after it.
  if (before.archived !== after.archived && !closing) tell('turned', { archived: after.archived });
});
on(Events.ThreadDelete, (thread) => tell('removed', { name: thread.name }));
on(Events.TypingStart, (typing) => tell('typing', { user: typing.user.username, channel: typing.channel.name }));
on(Events.ChannelCreate, (channel) => tell('built', { name: channel.name, type: channel.type }));

// What people use.

on(Events.InteractionCreate, async (interaction) => {
  if (interaction.isAutocomplete()) {
    const typed = interaction.options.getFocused(true);
    const [name, value] = [`${typed.name}: ${typed.value}!`, `${typed.value}!`];
    await interaction.respond([{ name, nameLocalizations: { de: `auf Deutsch: ${value}` }, value }]);
    tell('completed', { command: interaction.commandName, typed: typed.value });
  } else if (interaction.isChatInputCommand()) {
    await commands[interaction.commandName](interaction);
  } else if (interaction.isButton()) {
    await buttons[interaction.customId](interaction);
  } else if (interaction.isStringSelectMenu()) {
    await interaction.deferUpdate();
    await interaction.editReply({ content: `chosen: ${interaction.values.join(', ')}` });
    tell('selected', { id: interaction.customId, values: interaction.values });
  } else if (interaction.isModalSubmit()) {
    const text = interaction.fields.getTextInputValue('why');
    await interaction.reply({ content: `because ${text}`, flags: MessageFlags.Ephemeral });
    tell('submitted', { id: interaction.customId, text, from: interaction.message?.content ?? null });
  } else {
    fail(`an interaction of a kind that nobody asked for: ${interaction.type}`);
  }
});

const commands = {
  async report(interaction) {
    await interaction.deferReply();
    const file = new AttachmentBuilder(Buffer.from('all is well\n'), { name: 'report.txt', description: 'The report' });
    const original = await interaction.editReply({ content: 'here it is', files: [file] });
    const more = await interaction.followUp('and more');
    const read = await interaction.fetchReply();
    tell('report', {
      text: interaction.options.getString('text'),
      whom: interaction.options.getUser('whom')?.username ?? null,
      where: interaction.options.getChannel('where')?.name ?? null,
      user: interaction.user.username,
      guild: interaction.guild?.name,
      channel: interaction.channel?.name,
      locale: interaction.locale,
      mayManage: interaction.memberPermissions?.has('Administrator'),
      another: more.id !== original.id,
      content: read.content,
      files: read.attachments.map((attachment) => [attachment.name, attachment.size, attachment.description]),
      loading: read.flags.has(MessageFlags.Loading),
      by: read.interactionMetadata?.user.username,
    });
  },
  async quiet(interaction) {
    await interaction.deferReply({ flags: MessageFlags.Ephemeral });
    const first = await interaction.followUp({ content: 'only you', flags: MessageFlags.Ephemeral });
    const original = await interaction.fetchReply();
    const second = await interaction.followUp({ content: 'still only you', flags: MessageFlags.Ephemeral });
    tell('quiet', {
      firstIsOriginal: first.id === original.id,
      ephemeral: [first, original, second].map((message) => message.flags.has(MessageFlags.Ephemeral)),
    });
  },
  async panel(interaction) {
    const buttons = new ActionRowBuilder().addComponents(
      new ButtonBuilder().setCustomId('press').setLabel('Press').setStyle(ButtonStyle.Primary),
      new ButtonBuilder().setCustomId('form').setLabel('Form').setStyle(ButtonStyle.Secondary),
    );
    const select = new ActionRowBuilder().addComponents(
      new StringSelectMenuBuilder().setCustomId('pick').setMaxValues(2).addOptions(
        { label: 'Red', value: 'red' }, { label: 'Green', value: 'green' }, { label: 'Blue', value: 'blue' },
      ),
    );
    const answer = await interaction.reply({
      content: 'a panel', components: [buttons, select], withResponse: true,
    });
    const message = answer.resource?.message;
    tell('panel', {
      content: message?.content,
      ids: message?.components.map((row) => row.components.map((component) => component.customId)),
    });
  },
};

const buttons = {
  async press(interaction) {
    const on = interaction.message.content;
    await interaction.update({ content: `pressed by ${interaction.user.username}` });
    const read = await interaction.fetchReply();
    tell('pressed', {
      on,
      component: interaction.component?.label,
      now: read.content,
      rows: read.components.length,
    });
  },
  async form(interaction) {
    const on = interaction.message.content;
    const why = new TextInputBuilder().setCustomId('why').setLabel('Why').setStyle(TextInputStyle.Short);
    const modal = new ModalBuilder().setCustomId('reason').setTitle('A reason');
    await interaction.showModal(modal.addComponents(new ActionRowBuilder().addComponents(why)));
    tell('form', { on });
  },
};

await client.login(SIM_TOKEN);
