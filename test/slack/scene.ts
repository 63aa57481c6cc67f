/** What the tests of a whole workspace have in common. */
import type { FakeUser } from "../fakes/slack/fake-user.ts";
import type { Channel, Json } from "../fakes/slack/model.ts";
import type { Seen } from "../fakes/slack/show.ts";
import { block } from "../fakes/scripted-provider.ts";
import type { SlackApp } from "../support/slack-app.ts";
import { until } from "../support/test-app.ts";

export type Edit = readonly [original: string, proposed: string, reason?: string];

/** A linked thread in which bob may decide. */
export async function decidedByBob(world: SlackApp): Promise<string> {
  const thread = await world.link();
  const { ada, bob, channel, team } = world;
  ada.says(channel, `${team.mention} maintainers add <@${bob.id}>`, { threadTs: thread });
  await until(
    async () => world.replies(thread).some((text) => /bob.*may accept/i.test(text)),
    "the maintainer",
  );
  return thread;
}

/** The model answers with these edits from now on. */
export function willPropose(
  world: SlackApp,
  edits: readonly Edit[],
  prose = "I propose this.\n",
): void {
  world.provider.script = (request) => [
    prose,
    ...edits.map(([original, proposed, reason]) => block(request, original, proposed, reason)),
  ];
}

/** Asks for edits, and waits until the thread shows them. */
export async function propose(
  world: SlackApp,
  thread: string,
  ...edits: readonly Edit[]
): Promise<Seen[]> {
  const before = new Set(cardsIn(world, thread).map(({ ts }) => ts));
  willPropose(world, edits);
  world.ada.says(world.channel, `${world.team.mention} please change it`, { threadTs: thread });
  const most = edits.length > 5 ? 1 : edits.length;
  const fresh = () => cardsIn(world, thread).filter(({ ts }) => !before.has(ts));
  await until(async () => fresh().length === most, "the cards");
  await world.settled();
  return fresh();
}

/** The messages of a thread that have Redline's buttons or show a change. */
export function cardsIn(world: SlackApp, thread: string): Seen[] {
  return world.visible(thread).filter(({ isBot, fallback }) => {
    return isBot && /^(?:Change #\d|\d+ proposed changes)/u.test(fallback);
  });
}

export function seenAt(world: SlackApp, thread: string, ts: string): Seen {
  const found = world.visible(thread).find((message) => message.ts === ts);
  if (!found) throw new Error(`there is no message ${ts} any more`);
  return found;
}

/** Waits until a message says so. */
export function says(
  world: SlackApp,
  thread: string,
  ts: string,
  words: string | RegExp,
): Promise<Seen> {
  return until(
    async () => {
      const message = seenAt(world, thread, ts);
      const matches =
        typeof words === "string" ? message.text.includes(words) : words.test(message.text);
      return matches ? message : null;
    },
    `${String(words)} in ${ts}`,
  );
}

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
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(visit);
    else if (typeof value === "object" && value !== null) {
      const { type, text, placeholder } = value as Json;
      if (type === "button") found.push(String((text as Json)["text"]));
      else if (type === "static_select") found.push(String((placeholder as Json)["text"]));
      else Object.values(value).forEach(visit);
    }
  };
  visit(blocks);
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
