/** What a person starts and the app must answer. */
import type { Channel, Interaction, InteractionKind, Json, Message } from "./model.ts";
import { INTERACTION_TYPES } from "./model.ts";
import { channelJson, memberWithUserJson, messageJson, userJson } from "./wire.ts";
import type { World } from "./world.ts";

export interface NewInteraction {
  kind: InteractionKind;
  channel: Channel;
  userId: string;
  data: Json;
  source?: Message | null;
}

/**
 * Dispatches it; resolves with it when it is answered, or when the time for that is up: then its `answer` is null,
 * and the person reads that it failed.
 */
export async function interact(world: World, started: NewInteraction): Promise<Interaction> {
  const { kind, channel, userId, data, source = null } = started;
  return await new Promise((resolve) => {
    const interaction: Interaction = {
      id: world.ids.next(),
      token: world.secret(),
      kind,
      userId,
      channelId: channel.id,
      guildId: channel.guildId,
      at: world.clock.now(),
      payload: {},
      answer: null,
      answeredAt: null,
      original: null,
      source,
      choices: null,
      settle: () => {
        stop();
        resolve(interaction);
      },
    };
    const stop = world.clock.in(world.sizes.answerTime, () => resolve(interaction));
    interaction.payload = payloadOf(world, interaction, channel, data);
    world.interactions.set(interaction.token, interaction);
    world.tell({ kind: "interaction", interaction });
  });
}

function payloadOf(world: World, interaction: Interaction, channel: Channel, data: Json): Json {
  const { userId, guildId, source } = interaction;
  const guild = guildId === null ? null : world.guild(guildId);
  const member = guild?.members.get(userId);
  const user = userJson(world.user(userId));
  return {
    id: interaction.id,
    application_id: world.app.id,
    type: INTERACTION_TYPES[interaction.kind],
    token: interaction.token,
    version: 1,
    data,
    channel_id: channel.id,
    channel: {
      ...channelJson(world, channel),
      permissions: String(world.permissions(channel, userId)),
    },
    ...(guild && {
      guild_id: guild.id,
      guild: { id: guild.id, locale: "en-US", features: [] },
      guild_locale: "en-US",
    }),
    ...(member
      ? {
          member: {
            ...memberWithUserJson(world, member),
            permissions: String(world.permissions(channel, userId)),
          },
        }
      : { user }),
    ...(source && { message: messageJson(world, source, { isBlank: false, withNonce: false }) }),
    locale: "en-US",
    app_permissions: String(world.permissions(channel, world.app.botId)),
    entitlements: [],
    authorizing_integration_owners: { "0": guildId ?? "0" },
    context: guild ? 0 : 1,
    attachment_size_limit: 10_485_760,
  };
}
