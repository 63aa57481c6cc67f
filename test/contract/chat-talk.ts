/** What people say and decide in a chat, and what comes of it, on every platform alike. */
import { describe, expect, it } from "vitest";
import type { SceneApp } from "../support/chat-scene.ts";
import { answered, HOUR, willCount } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";
import type { ChatKit } from "./chat-kit.ts";

/** A question to the bot; each resolves when Redline has stored what happened. */
export interface Question {
  stored(): Promise<void>;
  edit(words: string): Promise<void>;
  delete(): Promise<void>;
}

export interface TalkKit<World, Thread, User, Shown> extends ChatKit<World, Thread, User, Shown> {
  /** What an answer to others than admins begins with. */
  adminsOnly: string;
  /** What is said to who asks in a quiet place. */
  quiet: string;
  /** Says something to everybody; resolves when Redline has stored it. */
  say(world: World, user: User, thread: Thread, text: string): Promise<void>;
  question(world: World, user: User, thread: Thread, words: string): Question;
  /** Gives a command in the way of the platform. */
  sets(
    world: World,
    user: User,
    thread: Thread,
    what: "model" | "mode",
    value: string,
  ): Promise<unknown> | void;
  /** Takes bob off the maintainers, with a slash command. */
  removesBob(world: World, user: User): Promise<unknown>;
  /** What people still wait for the answer of. */
  unanswered(world: World): readonly unknown[];
}

interface Person {
  readonly mention: string;
  readonly modal: unknown;
}

export function describeTalk<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User extends Person,
  Shown extends { text: string },
>(kit: TalkKit<World, Thread, User, Shown>): void {
  describe("a command that decides", () => {
    choices(kit);
  });
  describe("who says what when", () => {
    modes(kit);
    changedQuestions(kit);
  });
  describe("who may not decide", () => {
    refusals(kit);
  });
}

function choices<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User extends Person,
  Shown extends { text: string },
>(kit: TalkKit<World, Thread, User, Shown>): void {
  const { start, decidedByBob, ask, sets, toldNext } = kit;

  it("chooses the model and the mode for all to see", async () => {
    await using world = await start();
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    const isSaid = (words: RegExp) => async () =>
      world.replies(thread).some((text) => words.test(text));
    await sets(world, ada, thread, "model", "scripted-2");
    await until(isSaid(/scripted-2.*answers here from now/));
    willCount(world);
    ask(world, bob, thread, "what is it?");
    await answered(world, thread, 1);
    expect(world.provider.requests.at(-1)!.model).toBe("scripted-2");
    const told = await toldNext(world, bob, () => sets(world, bob, thread, "mode", "follow"));
    expect(told).toContain(`${kit.adminsOnly} set the mode`);
    ask(world, ada, thread, "mode follow");
    await until(isSaid(/The mode is .follow. now/));
    await world.settled();
    expect(kit.unanswered(world)).toEqual([]);
  });
}

function modes<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User extends Person,
  Shown extends { text: string },
>(kit: TalkKit<World, Thread, User, Shown>): void {
  const { start, ask, toldNext } = kit;

  it("is answered by mode", async () => {
    await using world = await start();
    const { ada, bob } = world;
    const thread = await world.link();
    const say = (text: string) => kit.say(world, bob, thread, text);
    willCount(world);
    await say("Is a minute enough?");
    ask(world, bob, thread, "is it?");
    await answered(world, thread, 1);

    ask(world, ada, thread, "mode follow");
    await until(async () => world.replies(thread).some((text) => text.includes("`follow` now")));
    await say("Is an hour better?");
    await answered(world, thread, 2);
    await say("I see.");
    await say(`${ada.mention} what do you think?`);
    await say("`a ? b : c` it is.");
    await world.settled();
    await answered(world, thread, 2);
    // All of it is known to the next one.
    await say("And now?");
    await answered(world, thread, 3);
    const known = JSON.stringify(world.provider.requests.at(-1)!.messages);
    for (const words of ["Is a minute enough?", "I see.", "@ada what do you think?", "a ? b : c"]) {
      expect(known).toContain(words);
    }
    expect(known).toContain("bob");
    expect(known.match(/And now\?/g)).toHaveLength(1);

    ask(world, ada, thread, "mode quiet");
    await until(async () => world.replies(thread).some((text) => text.includes("`quiet` now")));
    const told = await toldNext(world, bob, () => ask(world, bob, thread, "and this?"));
    expect(told).toContain(kit.quiet);
    await answered(world, thread, 3);
  });
}

function changedQuestions<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User extends Person,
  Shown extends { text: string },
>(kit: TalkKit<World, Thread, User, Shown>): void {
  const { start, ask, question } = kit;

  it("is read as it was edited while it waited, and not answered when it was deleted", async () => {
    await using world = await start();
    const { ada, bob } = world;
    const thread = await world.link();
    let go = (): void => {};
    const gate = new Promise<void>((resolve) => (go = resolve));
    let count = 0;
    world.provider.script = () => {
      count += 1;
      return count === 1 ? ["Thinking. ", gate, "Answer 1."] : [`Answer ${count}.`];
    };
    ask(world, bob, thread, "the first question");
    await until(async () => count === 1, "the first answer's begin");
    const edited = question(world, bob, thread, "the secnod question");
    const deleted = question(world, ada, thread, "the regretted question");
    await edited.stored();
    await deleted.stored();
    await edited.edit("the second question");
    await deleted.delete();
    await until(async () => {
      const [row] = await world.app.sql<{ count: number }[]>`
        select count(*)::int from inbox where state = 'waiting'`;
      return row!.count === 0;
    });
    go();
    await until(async () => world.replies(thread).includes("Answer 2."), "the second answer");
    await world.settled();
    expect(count).toBe(2);
    const asked = JSON.stringify(world.provider.requests.at(-1)!.messages);
    expect(asked).toContain("the second question");
    expect(asked).not.toContain("secnod");
    expect(asked).not.toContain("regretted");
  });
}

function refusals<
  World extends SceneApp<Thread, User, Shown> & AsyncDisposable,
  Thread,
  User extends Person,
  Shown extends { text: string },
>(kit: TalkKit<World, Thread, User, Shown>): void {
  const { start, decidedByBob, propose, cardsIn, ask, press, opened, toldNext } = kit;
  const REFUSED = "Only maintainers decide here";

  it("is refused on every way, and a replay does nothing", async () => {
    await using world = await start();
    const { ada, bob } = world;
    const thread = await decidedByBob(world);
    const [card] = await propose(world, thread, HOUR);
    for (const button of ["Accept", "Decline", "Edit"]) {
      const told = await toldNext(world, ada, () => press(world, ada, thread, card!, button));
      expect(told).toContain(REFUSED);
    }
    expect(ada.modal).toBeNull();
    expect(await toldNext(world, ada, () => ask(world, ada, thread, "decline 1 no"))).toContain(
      REFUSED,
    );
    // A form that was opened while one was allowed.
    const form = await opened(world, bob, thread, card!, "Decline");
    await toldNext(world, ada, () => kit.removesBob(world, ada));
    const told = await toldNext(world, bob, () => form.submit({ reason: "no" }));
    expect(told).toContain(REFUSED);
    await world.settled();
    expect(cardsIn(world, thread)[0]!.text).toContain("Pending");
    expect(await world.app.sql`select 1 from changes where state <> 'pending'`).toEqual([]);
    expect(kit.unanswered(world)).toEqual([]);
  });

  it("is told in kind words when they ask too much", async () => {
    await using world = await start();
    const { ada, bob } = world;
    const thread = await world.link();
    willCount(world);
    for (let at = 1; at <= 10; at += 1) {
      ask(world, bob, thread, `question ${at}`);
      await answered(world, thread, at);
    }
    const told = await toldNext(world, bob, () => ask(world, bob, thread, "one more"));
    expect(told).toMatch(/^You have asked a lot within a few minutes; your message is kept/);
    await answered(world, thread, 10);
    // Others are not held up, and what was said is known.
    ask(world, ada, thread, "and mine?");
    await answered(world, thread, 11);
    expect(JSON.stringify(world.provider.requests.at(-1)!.messages)).toContain("one more");
  });
}
