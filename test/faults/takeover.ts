/** What the tests of a takeover have in common on every platform: one process dies, another goes on. */
import { expect, it } from "vitest";
import type { ModelCall } from "../fakes/model-server.ts";
import type { Reply } from "../fakes/reply-script.ts";
import { changeBlock } from "../fakes/reply-script.ts";
import { DatabaseHold } from "../support/database-hold.ts";
import type { CallPoint } from "./call-point.ts";
import type { Rig } from "./rig.ts";

export const MOMENTS = ["before", "after"] as const;

export const IDLE = { original: "lazy dog", proposed: "idle dog", reason: "Kinder." };
export const SWIFT = { original: "quick brown", proposed: "swift brown", reason: "Shorter." };

export const WHOLE = "The whole answer.";
export const whole = (): Reply => [WHOLE];
export const twoCards = ({ tag }: ModelCall): Reply => [
  `${WHOLE}\n`,
  changeBlock(tag, IDLE),
  changeBlock(tag, SWIFT),
];

export const isCardOf = (words: string): unknown => expect.stringContaining(words);
export const CARDS = [isCardOf("idle dog"), isCardOf("swift brown")];

/** A rig beside a chat platform, with a thread in it. */
interface ChatRig<Thread, Card> {
  readonly rig: Rig;
  ask(thread: Thread): unknown;
  settled(thread: Thread): Promise<void>;
  /** What stands in a thread after its greeting. */
  texts(thread: Thread): string[];
  card(thread: Thread, words: string): Promise<Card>;
}

/** Another process takes over; what it shows in the end. */
export async function goOnIn<Thread>(
  world: ChatRig<Thread, unknown>,
  thread: Thread,
  reply?: (call: ModelCall) => Reply,
): Promise<string[]> {
  if (reply) world.rig.model.reply(reply);
  await world.rig.start();
  await world.settled(thread);
  return world.texts(thread);
}

type Current<Thread, Card> = () => { world: ChatRig<Thread, Card>; thread: Thread };

export function itOutlivesHandling<Thread>(current: Current<Thread, unknown>): void {
  it("between storing it and handling it", async () => {
    const { world, thread } = current();
    world.rig.model.reply(whole);
    await using hold = await DatabaseHold.place(world.rig.databaseUrl, {
      table: "inbox",
      on: "update",
    });
    world.ask(thread);
    await hold.reached();
    await world.rig.redline.kill();
    await hold.release();
    expect(await goOnIn(world, thread)).toEqual([WHOLE]);
  });
}

/** To be the last ones of a file: these change the document. */
export function itOutlivesDecisions<Thread, Card>(
  current: Current<Thread, Card>,
  /** Dies at the edit of a card. */
  stopAtEdit: (moment: "before" | "after") => CallPoint,
  /** Bob accepts. */
  accept: (card: Card) => Promise<unknown>,
): void {
  it.each([
    ["before", IDLE],
    ["after", SWIFT],
  ] as const)("%s it is edited", async (moment, edit) => {
    const { world, thread } = current();
    world.rig.model.reply(({ tag }) => [`${WHOLE}\n`, changeBlock(tag, edit)]);
    world.ask(thread);
    const card = await world.card(thread, edit.proposed);
    await world.settled(thread);
    const point = stopAtEdit(moment);
    const pressed = accept(card);
    await point.kill();
    await pressed;
    const texts = await goOnIn(world, thread);
    expect(texts).toEqual([WHOLE, isCardOf("Accepted by bob"), isCardOf("bob accepted change")]);
    expect(await world.rig.repository.show("rfc.md")).toContain(edit.proposed);
  });
}
