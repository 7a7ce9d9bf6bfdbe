// The data of the gateway's events and of answers, as the maintainers of discord-api-types wrote them down.
// The schema that `shapes.mjs` makes of this is what the simulator's events and answers are held against.
import type * as api from 'discord-api-types/v10';

export interface Shapes {
  events: Events;
  answers: Answers;
}

export interface Events {
  READY: api.GatewayReadyDispatchData;
  GUILD_CREATE: api.GatewayGuildCreateDispatchData;
  GUILD_UPDATE: api.GatewayGuildUpdateDispatchData;
  GUILD_DELETE: api.GatewayGuildDeleteDispatchData;
  GUILD_MEMBER_ADD: api.GatewayGuildMemberAddDispatchData;
  GUILD_MEMBER_UPDATE: api.GatewayGuildMemberUpdateDispatchData;
  GUILD_MEMBER_REMOVE: api.GatewayGuildMemberRemoveDispatchData;
  GUILD_MEMBERS_CHUNK: api.GatewayGuildMembersChunkDispatchData;
  GUILD_ROLE_CREATE: api.GatewayGuildRoleCreateDispatchData;
  GUILD_ROLE_UPDATE: api.GatewayGuildRoleUpdateDispatchData;
  GUILD_ROLE_DELETE: api.GatewayGuildRoleDeleteDispatchData;
  CHANNEL_CREATE: api.GatewayChannelCreateDispatchData;
  CHANNEL_UPDATE: api.GatewayChannelUpdateDispatchData;
  CHANNEL_DELETE: api.GatewayChannelDeleteDispatchData;
  THREAD_CREATE: api.GatewayThreadCreateDispatchData;
  THREAD_UPDATE: api.GatewayThreadUpdateDispatchData;
  THREAD_DELETE: api.GatewayThreadDeleteDispatchData;
  THREAD_LIST_SYNC: api.GatewayThreadListSyncDispatchData;
  THREAD_MEMBERS_UPDATE: api.GatewayThreadMembersUpdateDispatchData;
  MESSAGE_CREATE: api.GatewayMessageCreateDispatchData;
  MESSAGE_UPDATE: api.GatewayMessageUpdateDispatchData;
  CHANNEL_PINS_UPDATE: api.GatewayChannelPinsUpdateDispatchData;
  MESSAGE_DELETE_BULK: api.GatewayMessageDeleteBulkDispatchData;
  MESSAGE_REACTION_REMOVE_EMOJI: api.GatewayMessageReactionRemoveEmojiDispatchData;
  MESSAGE_DELETE: api.GatewayMessageDeleteDispatchData;
  MESSAGE_REACTION_ADD: api.GatewayMessageReactionAddDispatchData;
  MESSAGE_REACTION_REMOVE: api.GatewayMessageReactionRemoveDispatchData;
  MESSAGE_REACTION_REMOVE_ALL: api.GatewayMessageReactionRemoveAllDispatchData;
  TYPING_START: api.GatewayTypingStartDispatchData;
  APPLICATION_COMMAND_PERMISSIONS_UPDATE: api.GatewayApplicationCommandPermissionsUpdateDispatchData;
  INTERACTION_CREATE: api.GatewayInteractionCreateDispatchData;
}

// `undefined` is an answer without a body.
export interface Answers {
  application: api.RESTGetCurrentApplicationResult;
  post: api.RESTPostAPIChannelMessageResult;
  typing: api.RESTPostAPIChannelTypingResult;
  thread: api.RESTPostAPIChannelMessagesThreadsResult;
  // The types have it for archived threads only; Discord's description asks for it here as well.
  active: api.RESTGetAPIGuildThreadsResult & { has_more: boolean };
  archived: api.RESTGetAPIChannelThreadsArchivedPublicResult;
  reaction: api.RESTPutAPIChannelMessageReactionResult;
  // The types want a name (null) and a slow mode, which the documents' own example of a DM does not have; and
  // they leave out whom it is with, which it does have (resources/channel#channel-object-example-dm-channel).
  dm: Omit<api.APIDMChannel, 'name' | 'rate_limit_per_user'> & { recipients: api.APIUser[] };
  refusal: api.RESTError;
}
