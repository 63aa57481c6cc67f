/** First answers to interactions, and what their tokens do afterwards. */
import { ApiError, invalidForm, unknown } from "./api-error.ts";
import type { Answer, Call, Handler } from "./call.ts";
import { nothing, ok } from "./call.ts";
import { modalErrors, normalised } from "./components.ts";
import { applyDraft, readDraft, readEdit } from "./message-rules.ts";
import type { Draft } from "./message-rules.ts";
import type { Answer as AnswerType, Interaction, Json, Message } from "./model.ts";
import { FLAGS, INTERACTION_TYPES, has } from "./model.ts";
import { messageJson } from "./wire.ts";
import type { World } from "./world.ts";
import { fileIn } from "./world.ts";

const WEBHOOK = "/webhooks/{webhook_id}/{webhook_token}";
const ORIGINAL = `${WEBHOOK}/messages/@original`;

export const INTERACTION_ROUTES: Record<string, Handler> = {
  "POST /interactions/{interaction_id}/{interaction_token}/callback": respond,
  [`POST ${WEBHOOK}`]: followUp,
  [`GET ${ORIGINAL}`]: (call) => ok(shown(call.world, originalOf(usable(call)))),
  [`PATCH ${ORIGINAL}`]: (call) => {
    const interaction = usable(call);
    return ok(edited(call, interaction, originalOf(interaction)));
  },
  [`DELETE ${ORIGINAL}`]: (call) => {
    const interaction = usable(call);
    call.world.remove(originalOf(interaction));
    interaction.original = null;
    return nothing();
  },
  [`PATCH ${WEBHOOK}/messages/{message_id}`]: (call) => {
    const interaction = usable(call);
    const channel = call.world.findChannel(interaction.channelId);
    const message = channel && call.world.message(channel, call.params["message_id"] ?? "");
    if (!message || message.interaction !== interaction) throw unknown("message");
    return ok(edited(call, interaction, message));
  },
};

/** Which first answers an interaction takes. */
const TAKES: Record<Interaction["kind"], readonly AnswerType[]> = {
  command: [4, 5, 9],
  component: [4, 5, 6, 7, 9],
  modal: [4, 5, 6, 7],
  autocomplete: [8],
};

function respond(call: Call): Answer {
  const { world, params, body } = call;
  const interaction = world.interactions.get(params["interaction_token"] ?? "");
  const isKnown = interaction?.id === params["interaction_id"];
  if (!interaction || !isKnown) throw unknown("interaction");
  if (interaction.answer !== null) {
    throw new ApiError(400, 40060, "Interaction has already been acknowledged.");
  }
  if (call.at - interaction.at > world.sizes.answerTime) throw unknown("interaction");
  const type = body["type"] as AnswerType;
  const needsSource = (type === 6 || type === 7) && interaction.source === null;
  if (!TAKES[interaction.kind].includes(type) || needsSource) {
    const allowed = TAKES[interaction.kind].join(", ");
    const message = `Value of field "type" must be one of (${allowed}).`;
    throw invalidForm([{ at: "type", code: "BASE_TYPE_CHOICES", message }]);
  }
  answer(call, interaction, type, (body["data"] ?? {}) as Json);
  interaction.answer = type;
  interaction.answeredAt = call.at;
  interaction.settle();
  return call.query.get("with_response") === "true"
    ? ok(responseJson(world, interaction))
    : nothing();
}

function answer(call: Call, interaction: Interaction, type: AnswerType, data: Json): void {
  const { world } = call;
  if (type === 4) {
    const draft = readDraft(call, data, "data");
    interaction.original = send(world, interaction, draft);
  } else if (type === 5) {
    const flags = (Number(data["flags"] ?? 0) & FLAGS.ephemeral) | FLAGS.loading;
    interaction.original = send(world, interaction, { flags });
  } else if (type === 6) {
    interaction.original = interaction.source;
  } else if (type === 7) {
    const message = sourceOf(interaction);
    change(call, message, readEdit(call, message, data, "data"), data);
    interaction.original = message;
  } else if (type === 8) {
    interaction.choices = readChoices(data);
  } else {
    openModal(world, interaction, data);
  }
}

function readChoices(data: Json): Json[] {
  const choices = (data["choices"] ?? []) as Json[];
  for (const [index, { name }] of choices.entries()) {
    const length = String(name).length;
    if (length >= 1 && length <= 100) continue;
    const message = "Must be between 1 and 100 in length.";
    const at = `data.choices.${index}.name`;
    throw invalidForm([{ at, code: "BASE_TYPE_BAD_LENGTH", message }]);
  }
  return choices;
}

function openModal(world: World, interaction: Interaction, data: Json): void {
  const components = data["components"] as Json[];
  const errors = modalErrors(components);
  if (errors.length > 0) throw invalidForm(errors);
  world.modals.push({
    interaction,
    userId: interaction.userId,
    customId: String(data["custom_id"]),
    title: String(data["title"]),
    components: normalised(components, fileIn([])),
  });
}

function sourceOf({ source }: Interaction): Message {
  if (!source) throw unknown("message");
  return source;
}

const typeOf = ({ payload, kind, source }: Interaction): Message["type"] => {
  if (kind !== "command") return source ? "reply" : "default";
  return (payload["data"] as Json)["type"] === 3 ? "context-menu" : "command";
};

function send(world: World, interaction: Interaction, draft: Partial<Draft>): Message {
  const channel = world.findChannel(interaction.channelId);
  if (!channel) throw unknown("channel");
  const isEphemeral = has(draft.flags ?? 0, FLAGS.ephemeral);
  const { source } = interaction;
  return world.post(channel, world.app.botId, {
    ...draft,
    type: typeOf(interaction),
    reference: source && { channelId: source.channelId, messageId: source.id },
    interaction,
    onlyFor: isEphemeral ? interaction.userId : null,
    allowed: draft.allowed ?? { users: [], roles: [], everyone: false, repliedUser: false },
  });
}

function change(
  call: Pick<Call, "world">,
  message: Message,
  draft: Draft,
  body: Json,
  isFirst = false,
): void {
  const { world } = call;
  const components =
    body["components"] === undefined
      ? message.components
      : normalised(draft.components, fileIn(draft.attachments));
  world.change(
    message,
    () => {
      applyDraft(message, draft, components);
      if (!isFirst) message.editedAt = world.clock.now();
    },
    draft.allowed,
  );
}

/** An interaction whose token still works. @throws ApiError 50027, 10015 */
function usable({ world, params }: Call): Interaction {
  const interaction = world.interactions.get(params["webhook_token"] ?? "");
  if (!interaction || params["webhook_id"] !== world.app.id) throw unknown("webhook");
  if (world.clock.now() - interaction.at > world.sizes.tokenTime) {
    throw new ApiError(401, 50027, "Invalid Webhook Token");
  }
  // Until it is answered there is no webhook.
  if (interaction.answer === null) throw unknown("webhook");
  return interaction;
}

function originalOf({ original }: Interaction): Message {
  if (!original) throw unknown("message");
  return original;
}

function edited(call: Call, interaction: Interaction, message: Message): Json {
  const channel = call.world.findChannel(interaction.channelId);
  if (!channel || !channel.messages.includes(message)) throw unknown("message");
  const isLoading = has(message.flags, FLAGS.loading);
  change(call, message, readEdit(call, message, call.body), call.body, isLoading);
  return shown(call.world, message);
}

function followUp(call: Call): Answer {
  const { world, body } = call;
  const interaction = usable(call);
  const { original } = interaction;
  // The first one after a deferral fills it in, and keeps whom it is shown to.
  if (original && interaction.answer === 5 && has(original.flags, FLAGS.loading)) {
    const { flags, ...rest } = body;
    const kept = Number(flags ?? 0) & FLAGS.componentsV2;
    const sent = { ...call, body: { ...rest, ...(kept > 0 && { flags: kept }) } };
    return ok(edited(sent, interaction, original));
  }
  const message = send(world, interaction, readDraft(call, body));
  return ok(shown(world, message));
}

const shown = (world: World, message: Message): Json =>
  messageJson(world, message, { isBlank: false, withNonce: false });

function responseJson(world: World, interaction: Interaction): Json {
  const { original, answer: type } = interaction;
  const isMessage = type === 4 || type === 5;
  return {
    interaction: {
      id: interaction.id,
      type: INTERACTION_TYPES[interaction.kind],
      ...(original &&
        isMessage && {
          response_message_id: original.id,
          response_message_loading: has(original.flags, FLAGS.loading),
          response_message_ephemeral: has(original.flags, FLAGS.ephemeral),
        }),
      channel_id: interaction.channelId,
      ...(interaction.guildId !== null && { guild_id: interaction.guildId }),
    },
    ...(original &&
      (isMessage || type === 7) && { resource: { type, message: shown(world, original) } }),
  };
}
