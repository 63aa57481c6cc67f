import { describe, expect, it } from "vitest";
import { TurnSlots } from "../../src/conversation/turn-slots.ts";
import { silent } from "../../src/log.ts";
import { createGate } from "../fakes/reply-script.ts";
import { until } from "../support/test-app.ts";

const MOST = 8;

/** Slots whose runs last until they are let go. */
class World {
  readonly begun: string[] = [];
  readonly gates = new Map<string, ReturnType<typeof createGate>>();
  running = 0;
  highest = 0;
  readonly slots = new TurnSlots((threadId) => this.#run(threadId), MOST, silent);

  /** Ends the run that is under way in a thread. */
  end(threadId: string): void {
    this.gates.get(threadId)!.open();
  }

  async #run(threadId: string): Promise<void> {
    const gate = createGate();
    this.gates.set(threadId, gate);
    this.begun.push(threadId);
    this.running += 1;
    this.highest = Math.max(this.highest, this.running);
    await gate.wait();
    this.running -= 1;
    if (threadId === "broken") throw new Error("it broke");
  }
}

describe("the slots of a process", () => {
  it("begin what is offered at once, up to their part, and leave the rest to the queue", () => {
    const { slots, begun } = new World();
    expect(["a", "b", "c"].map((id) => slots.offer(id))).toEqual([true, true, false]);
    expect(begun).toEqual(["a", "b"]);
  });

  it("run a thread once more that was offered while it ran, and never twice at once", async () => {
    const world = new World();
    for (let n = 0; n < 3; n += 1) expect(world.slots.offer("a")).toBe(true);
    expect(world.begun).toEqual(["a"]);
    world.end("a");
    await until(async () => world.begun.length === 2, "the second run");
    world.end("a");
    await until(async () => world.running === 0, "its end");
    expect(world.begun).toEqual(["a", "a"]);
    expect(world.slots.offer("a")).toBe(true);
  });

  it("run no more than the process may, whichever way a thread came", async () => {
    const world = new World();
    const ids = Array.from({ length: 3 * MOST }, (_, index) => `queued ${index}`);
    world.slots.offer("a");
    const all = Promise.all(ids.map((id) => world.slots.take(id)));
    expect(world.slots.offer("b")).toBe(false);
    world.end("a");
    for (const id of ids) {
      await until(async () => world.begun.includes(id), id);
      world.end(id);
    }
    await all;
    expect(world.highest).toBe(MOST);
  });

  it("go on after a run that broke", async () => {
    const world = new World();
    world.slots.offer("broken");
    world.end("broken");
    await until(async () => world.running === 0, "its end");
    await until(async () => world.slots.offer("broken"), "room");
    await expect(
      (async () => {
        const taken = world.slots.take("broken");
        await until(async () => world.begun.length === 3, "the taken run");
        world.end("broken");
        await taken;
      })(),
    ).rejects.toThrow("it broke");
  });

  it("begin nothing any more once they are told to stop", () => {
    const { slots } = new World();
    slots.stop();
    expect(slots.offer("a")).toBe(false);
  });
});
