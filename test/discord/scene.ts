/** What the tests of a whole server have in common. */
import { controlsOf } from "../fakes/discord/components.ts";
import type { FakeUser } from "../fakes/discord/fake-user.ts";
import type { Channel, Interaction, Message, Modal } from "../fakes/discord/model.ts";
import type { Seen } from "../fakes/discord/show.ts";
import type { ChatKit } from "../contract/chat-kit.ts";
import { sceneOf, visitObjects } from "../support/chat-scene.ts";
import { DiscordApp } from "../support/discord-app.ts";
import { until } from "../support/test-app.ts";

export { errorsOf, willPropose } from "../support/chat-scene.ts";

/** First answers to interactions. Source: Discord's API reference, "Interaction Callback Type". */
export const ANSWER = { thinking: 5, silent: 6, choices: 8, modal: 9 } as const;

/** A message as a person says it to the bot. */
export function ask(world: DiscordApp, user: FakeUser, channel: Channel, words: string): Message {
  return user.says(channel, `${world.discord.mention} ${words}`);
}

const scene = sceneOf<DiscordApp, Channel, FakeUser, Seen>({
  idOf: ({ id }) => id,
  isCard: ({ isBot, text, content }) =>
    isBot && content === "" && /^### (?:Change #\d|\d+ proposed changes)/u.test(text),
  mentionOf: ({ mention }) => mention,
  ask,
});

export const { decidedByBob, makeMaintainer, propose, cardsIn, says } = scene;

/** All answers that only this person is shown: ephemeral ones, and direct messages that bring no news. */
export function toldAlone(world: DiscordApp, user: FakeUser): string[] {
  const direct = world
    .visible(user.direct)
    .filter(({ isBot, text }) => isBot && !text.includes("_You get this because"));
  return [...user.told().filter(({ isThinking }) => !isThinking), ...direct].map(
    ({ text }) => text,
  );
}

/** Waits for the next thing that only this person is told. */
export async function toldNext(
  world: DiscordApp,
  user: FakeUser,
  doing: () => unknown,
): Promise<string> {
  const before = new Map<string, number>();
  for (const text of toldAlone(world, user)) before.set(text, (before.get(text) ?? 0) + 1);
  await doing();
  return until(async () => {
    const seen = new Map<string, number>();
    return toldAlone(world, user).find((text) => {
      seen.set(text, (seen.get(text) ?? 0) + 1);
      return seen.get(text)! > (before.get(text) ?? 0);
    });
  }, `an answer for ${user.user.username}`);
}

/** The labels of a message's buttons and the words on its menus, in their order. */
export function buttonsOf({ components }: Pick<Seen, "components">): string[] {
  const found: string[] = [];
  visitObjects(components, ({ type, label, placeholder }) => {
    if (type === 2) found.push(String(label));
    else if (type === 3) found.push(String(placeholder));
    else return false;
    return true;
  });
  return found;
}

/** The custom_ids of a message's buttons with a label. */
export function idsOf({ components }: Pick<Seen, "components">, label: string): string[] {
  return controlsOf(components)
    .filter((control) => control.label === label)
    .map(({ customId }) => customId);
}

export function press(
  world: DiscordApp,
  user: FakeUser,
  thread: Channel,
  { id }: Pick<Seen, "id">,
  button: string,
): Promise<Interaction> {
  return user.presses(world.discord.message(thread, id), button);
}

/** The form that a button opens. */
export async function opened(
  world: DiscordApp,
  user: FakeUser,
  thread: Channel,
  card: Pick<Seen, "id">,
  button: string,
): Promise<Modal> {
  await press(world, user, thread, card, button);
  return until(async () => user.modal, "the form");
}

/** The values of a form's fields when it opens, by their names. */
export function fieldsOf(modal: Modal): Record<string, unknown> {
  return Object.fromEntries(
    controlsOf(modal.components).map(({ customId, component }) => [
      customId,
      component["value"] ?? component["options"] ?? "",
    ]),
  );
}

export function logged(world: DiscordApp, words: string | RegExp) {
  return world.log.find(({ message, fields }) => {
    const { err } = fields as { err?: unknown };
    const line = [message, err instanceof Error ? err.message : "", JSON.stringify(fields)].join(
      " ",
    );
    return typeof words === "string" ? line.includes(words) : words.test(line);
  });
}

/** Discord as the suites that hold on every platform use it. */
export const discordKit: ChatKit<DiscordApp, Channel, FakeUser, Seen> = {
  ...scene,
  start: (options) => DiscordApp.start(options),
  idOf: ({ id }) => id,
  buttonsOf,
  ask,
  toldNext,
  press: (world, user, thread, card, button, at = 0) =>
    press(world, user, thread, card, idAt(world, thread, card, button, at)),
  async opened(world, user, thread, card, button, at = 0) {
    const id = idAt(world, thread, card, button, at);
    const form = await opened(world, user, thread, card, id);
    return {
      title: form.title,
      fields: fieldsOf(form),
      submit: (values) => user.submits(form, values),
    };
  },
};

function idAt(world: DiscordApp, thread: Channel, card: Seen, button: string, at: number): string {
  const id = idsOf(scene.seenAt(world, thread, card.id), button)[at];
  if (id === undefined) throw new Error(`there is no button “${button}”`);
  return id;
}
