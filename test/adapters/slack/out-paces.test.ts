import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

import { lanesOf } from "../../../adapters/slack/paces.ts";
import { LocalCallSlots } from "../../../src/chat/call-slots.ts";
import type { CallSlots } from "../../../src/chat/call-slots.ts";
import { OutWorld } from "./out-world.ts";

interface Reference {
  methods: Record<string, { rate_limits: string }>;
}

const reference = JSON.parse(
  readFileSync(new URL("../../contracts/slack.methods.json", import.meta.url), "utf8"),
) as Reference;

/** Calls a minute. */
const TIERS: Record<string, number> = { t2: 20, t3: 50, t4: 100, t5: 300 };

describe("the paces of a method", () => {
  it.each(
    Object.entries(reference.methods).filter(
      ([name]) =>
        name !== "chat.postMessage" && /^(?:agents|assistant|chat|views|users)\./u.test(name),
    ),
  )("of %s stay together below its tier", (method, { rate_limits: tier }) => {
    const most = lanesOf("T1", method, "C1").map(
      ({ pace }) => pace.burst + 60_000 / pace.intervalMs,
    );
    expect(most.reduce((sum, one) => sum + one)).toBeLessThanOrEqual(TIERS[tier] ?? 0);
  });

  it("are those of the channel for messages, and of the workspace for all else", () => {
    const keys = (method: string) =>
      ["C1", "C2"].flatMap((channel) => lanesOf("T1", method, channel).map(({ key }) => key));
    expect(new Set(keys("chat.postMessage")).size).toBe(2);
    expect(new Set(keys("chat.update")).size).toBe(2);
    const [other] = lanesOf("T2", "chat.update", "C1");
    expect(keys("chat.update")).not.toContain(other?.key);
  });
});

describe("final texts", () => {
  it("take the slots of previews when they have none left", async () => {
    // Of a moment that does not pass.
    const still = new LocalCallSlots(() => 0);
    const waits: (number | null)[] = [];
    const slots: CallSlots = {
      async reserve(...asked) {
        const wait = await still.reserve(...asked);
        if (wait !== null) waits.push(wait);
        return wait;
      },
      push: (...asked) => still.push(...asked),
    };
    await using world = await OutWorld.start({ slots });
    const id = await world.platform.post(world.at, { kind: "text", markdown: "A" }, "k1");
    for (let n = 0; n < 8; n += 1) {
      await world.platform.edit(world.at, id, () => ({ kind: "text", markdown: `B${n}` }), "final");
    }
    // The post, six of their own, and the one that a preview could have had.
    expect(waits.map((wait) => wait === 0)).toEqual([
      ...Array.from({ length: 8 }, () => true),
      false,
    ]);
    expect(world.seen).toMatchObject([{ text: "B7" }]);
  });
});
