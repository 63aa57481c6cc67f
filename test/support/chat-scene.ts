/** What the tests of a whole workspace or server have in common on every platform. */
import { block } from "../fakes/scripted-provider.ts";
import type { ChatApp } from "./chat-app.ts";
import { until } from "./test-app.ts";

export type Edit = readonly [original: string, proposed: string, reason?: string];

export const HOUR = ["one minute", "one hour", "Receivers need time."] as const;

/** An app with an admin and a member; `Thread` is what the platform names a thread by. */
export interface SceneApp<Thread, User, Shown> extends Pick<ChatApp, SceneAppPart> {
  readonly ada: User;
  readonly bob: User;
  link(): Promise<Thread>;
  visible(thread: Thread): Shown[];
  replies(thread: Thread): string[];
}

type SceneAppPart = "app" | "log" | "provider" | "repository" | "settled";

/** What differs from platform to platform. */
export interface SceneParts<World, Thread, User, Shown> {
  idOf(shown: Shown): string;
  isCard(shown: Shown): boolean;
  mentionOf(user: User): string;
  /** Says words to the bot in a thread. */
  ask(world: World, user: User, thread: Thread, words: string): unknown;
}

export interface Scene<World, Thread, Shown> {
  /** A linked thread in which bob may decide. */
  decidedByBob(world: World): Promise<Thread>;
  makeMaintainer(world: World, thread: Thread): Promise<void>;
  /** Asks for edits, and waits until the thread shows them. */
  propose(world: World, thread: Thread, ...edits: readonly Edit[]): Promise<Shown[]>;
  /** The messages of a thread that show changes. */
  cardsIn(world: World, thread: Thread): Shown[];
  seenAt(world: World, thread: Thread, id: string): Shown;
  /** Waits until a message says so. */
  says(world: World, thread: Thread, id: string, words: string | RegExp): Promise<Shown>;
}

export function sceneOf<
  World extends SceneApp<Thread, User, Shown>,
  Thread,
  User,
  Shown extends { text: string },
>(parts: SceneParts<World, Thread, User, Shown>): Scene<World, Thread, Shown> {
  const { idOf, isCard, mentionOf, ask } = parts;

  const cardsIn = (world: World, thread: Thread): Shown[] => world.visible(thread).filter(isCard);

  const seenAt = (world: World, thread: Thread, id: string): Shown => {
    const found = world.visible(thread).find((shown) => idOf(shown) === id);
    if (!found) throw new Error(`there is no message ${id} any more`);
    return found;
  };

  const makeMaintainer = async (world: World, thread: Thread): Promise<void> => {
    ask(world, world.ada, thread, `maintainers add ${mentionOf(world.bob)}`);
    await until(
      async () => world.replies(thread).some((text) => text.includes(" a maintainer: they")),
      "the maintainer",
    );
  };

  return {
    cardsIn,
    seenAt,
    makeMaintainer,

    async decidedByBob(world) {
      const thread = await world.link();
      await makeMaintainer(world, thread);
      return thread;
    },

    async propose(world, thread, ...edits) {
      const before = new Set(cardsIn(world, thread).map(idOf));
      willPropose(world, edits);
      ask(world, world.ada, thread, "please change it");
      const most = edits.length > 5 ? 1 : edits.length;
      const fresh = () => cardsIn(world, thread).filter((shown) => !before.has(idOf(shown)));
      await until(async () => fresh().length === most, "the cards");
      await world.settled();
      return fresh();
    },

    says(world, thread, id, words) {
      return until(
        async () => {
          const shown = seenAt(world, thread, id);
          const matches =
            typeof words === "string" ? shown.text.includes(words) : words.test(shown.text);
          return matches ? shown : null;
        },
        `${String(words)} in ${id}`,
      );
    },
  };
}

/** The model answers with these edits from now on. */
export function willPropose(
  world: Pick<ChatApp, "provider">,
  edits: readonly Edit[],
  prose = "I propose this.\n",
): void {
  world.provider.script = (request) => [
    prose,
    ...edits.map(([original, proposed, reason]) => block(request, original, proposed, reason)),
  ];
}

/** The model counts its answers from now on. */
export function willCount(world: Pick<ChatApp, "provider">): void {
  let count = 0;
  world.provider.script = () => [`Answer ${(count += 1)}.`];
}

/** Waits until so many of the answers that the model counts are shown, and all is quiet. */
export async function answered<Thread>(
  world: Pick<ChatApp, "settled"> & { replies(thread: Thread): string[] },
  thread: Thread,
  count: number,
): Promise<void> {
  await until(
    async () => world.replies(thread).filter((text) => /^Answer \d/.test(text)).length === count,
    `answer ${count}`,
  );
  await world.settled();
}

/** Visits every object in JSON, outer ones first; `take` says whether it is done with one. */
export function visitObjects(
  value: unknown,
  take: (object: Record<string, unknown>) => boolean,
): void {
  if (Array.isArray(value)) {
    for (const one of value) visitObjects(one, take);
  } else if (typeof value === "object" && value !== null) {
    if (!take(value as Record<string, unknown>)) visitObjects(Object.values(value), take);
  }
}

export function errorsOf(world: Pick<ChatApp, "log">) {
  return world.log.filter(({ level }) => level === "error");
}
