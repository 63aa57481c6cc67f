/** What the tests of a whole workspace have in common. */
import { controlsOf } from "../fakes/slack/blocks.ts";
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel, Json } from "../fakes/slack/model.ts";
import type { Seen } from "../fakes/slack/show.ts";
import type { ChatKit } from "../contract/chat-kit.ts";
import { sceneOf, visitObjects } from "../support/chat-scene.ts";
import { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";

export { willPropose } from "../support/chat-scene.ts";

const scene = sceneOf<SlackApp, string, FakeUser, Seen>({
  idOf: ({ ts }) => ts,
  // What has Redline's buttons or shows a change.
  isCard: ({ isBot, fallback }) => isBot && /^(?:Change #\d|\d+ proposed changes)/u.test(fallback),
  mentionOf: ({ mention }) => mention,
  ask: (world, user, thread, words) => ask(world, user, thread, words),
});

export const { decidedByBob, propose, cardsIn, seenAt, says } = scene;

/** Waits for the next thing that only this person is told. */
export async function toldNext(
  world: SlackApp,
  user: FakeUser,
  doing: () => unknown,
  channel: Channel = world.channel,
): Promise<string> {
  const told = () => world.slack.ephemerals(channel, user.id);
  const before = told().length;
  await doing();
  await until(async () => told().length > before, `an answer for ${user.person.name}`);
  return shownText(told().at(-1)!);
}

/** The text of blocks as the client shows it, where a message has any. */
export function shownText({ text, blocks }: { text: string; blocks: Json[] | null }): string {
  const parts = (blocks ?? []).map((one) => (typeof one["text"] === "string" ? one["text"] : ""));
  return parts.join("") === "" ? text : parts.join("\n");
}

/** The labels of a message's buttons and menus, in their order. */
export function buttonsOf({ blocks }: { blocks: readonly Json[] }): string[] {
  const found: string[] = [];
  visitObjects(blocks, ({ type, text, placeholder }) => {
    if (type === "button") found.push(String((text as Json)["text"]));
    else if (type === "static_select") found.push(String((placeholder as Json)["text"]));
    else return false;
    return true;
  });
  return found;
}

/** An event as a person says it in a thread with a mention of the app. */
export function ask(
  world: SlackApp,
  user: FakeUser,
  thread: string | null,
  words: string,
  channel: Channel = world.channel,
) {
  const text = `${world.team.mention} ${words}`;
  return user.says(channel, text, thread === null ? {} : { threadTs: thread });
}

/** Presses a button of a message as it is now, by its label; `at` counts those that have the same. */
function press(
  world: SlackApp,
  user: FakeUser,
  thread: string,
  { ts }: Pick<Seen, "ts">,
  button: string,
  at = 0,
) {
  const controls = controlsOf(seenAt(world, thread, ts).blocks);
  const control = controls.filter(({ label }) => label === button)[at];
  if (!control) throw new Error(`there is no button “${button}”`);
  const { value } = control.element;
  return user.clicks(
    world.channel,
    ts,
    control.actionId,
    typeof value === "string" ? { value } : {},
  );
}

/** Slack as the suites that hold on every platform use it. */
export const slackKit: ChatKit<SlackApp, string, FakeUser, Seen> = {
  ...scene,
  start: (options) => SlackApp.start(options),
  idOf: ({ ts }) => ts,
  buttonsOf,
  ask: (world, user, thread, words) => ask(world, user, thread, words),
  press,
  toldNext: (world, user, doing) => toldNext(world, user, doing),
  async opened(world, user, ...pressed) {
    await press(world, user, ...pressed);
    const form = await until(async () => user.modal, "the form");
    const controls = controlsOf(form.view["blocks"] as Json[]);
    return {
      title: String((form.view["title"] as Json)["text"]),
      fields: Object.fromEntries(
        controls.map(({ blockId, element }) => [blockId, element["initial_value"] ?? ""]),
      ),
      submit: (values) => user.submits(form, values),
    };
  },
};
