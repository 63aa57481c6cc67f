import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import type { LiveMessage, StreamRelay } from "../../src/ports.ts";
import { until } from "../jobs/job-world.ts";
import type { JobWorld } from "../jobs/job-world.ts";

/** Live messages within and between processes; part of `describeJobs`. */
export function describeRelay(world: JobWorld): void {
  describe("relay", () => {
    const text = (at: number, value: string, turnId = "turn"): LiveMessage => ({
      type: "text",
      turnId,
      attempt: 1,
      at,
      text: value,
    });
    const read = (messages: LiveMessage[]) =>
      messages.map((message) => (message.type === "text" ? message.text : "")).join("");

    test("reaches every process once and in order, on many topics", async () => {
      const [near, far] = [world.relay(await world.open()), world.relay(await world.open())];
      const topics = Array.from({ length: 200 }, (_, i) => `thread.${i}`);
      const got = new Map(topics.map((topic) => [topic, { near: "", far: "" }]));
      await Promise.all(
        topics.flatMap((topic) => [
          near.subscribe(topic, (message) => (got.get(topic)!.near += read([message]))),
          far.subscribe(topic, (message) => (got.get(topic)!.far += read([message]))),
        ]),
      );
      const words = Array.from({ length: 20 }, (_, i) => `${i} `);
      for (const [i, word] of words.entries()) {
        for (const topic of topics)
          near.publish(topic, text(words.slice(0, i).join("").length, word));
        if (i % 5 === 0) await sleep(3);
      }
      const whole = words.join("");
      await until(() => {
        for (const topic of topics) expect(got.get(topic)).toEqual({ near: whole, far: whole });
      });
    });

    test("sends a process nothing of what it has no listener for", async () => {
      const backends = [await world.open(), await world.open(), await world.open()] as const;
      const sent: string[] = [];
      const openRelay = backends[2].openRelay;
      backends[2].openRelay = async (nodeId) => {
        const node = await openRelay(nodeId);
        const subscribe = node.subscribe.bind(node);
        node.subscribe = (pattern, listener) =>
          subscribe(pattern, (message) => {
            sent.push(message.topic);
            return listener(message as never);
          });
        return node;
      };
      const [near, far, other] = backends.map((backend) => world.relay(backend)) as [
        StreamRelay,
        StreamRelay,
        StreamRelay,
      ];
      const got: LiveMessage[] = [];
      const cancels: LiveMessage[] = [];
      await far.subscribe("thread.1", (message) => got.push(message));
      await other.subscribe("control", (message) => cancels.push(message));
      await until(() => {
        near.publish("thread.1", { type: "event", seq: 1 });
        near.publish("control", { type: "cancel", turnId: "turn" });
        expect(got.length).toBeGreaterThan(0);
        expect(cancels.length).toBeGreaterThan(0);
      });
      expect(sent.length).toBeGreaterThan(0);
      expect(sent.filter((topic) => topic.includes("thread"))).toEqual([]);
    });

    test("joins text that continues, and nothing else", async () => {
      const [near, far] = [world.relay(await world.open()), world.relay(await world.open())];
      const got: LiveMessage[] = [];
      await far.subscribe("thread.1", (message) => got.push(message));
      await near.subscribe("thread.1", () => {});
      near.publish("thread.1", text(0, "one "));
      near.publish("thread.1", text(4, "two "));
      near.publish("thread.1", { type: "event", seq: 7 });
      near.publish("thread.1", text(8, "three"));
      near.publish("thread.1", { type: "cancel", turnId: "turn" });
      await until(() => expect(got.at(-1)?.type).toBe("cancel"));
      expect(got).toEqual([
        text(0, "one two "),
        { type: "event", seq: 7 },
        text(8, "three"),
        { type: "cancel", turnId: "turn" },
      ]);
    });

    test("stops at the unsubscribe, and a listener that fails harms no other", async () => {
      const live = world.relay(await world.open());
      const got: string[] = [];
      const stop = await live.subscribe("thread.1", () => got.push("first"));
      await live.subscribe("thread.1", () => {
        throw new Error("no");
      });
      await live.subscribe("thread.1", () => got.push("last"));
      live.publish("thread.1", { type: "event", seq: 1 });
      await until(() => expect(got).toEqual(["first", "last"]));
      stop();
      live.publish("thread.1", { type: "event", seq: 2 });
      await until(() => expect(got).toEqual(["first", "last", "last"]));
    });

    test("goes on in this process without the server, and with the others once it is back", async () => {
      const [near, far] = [world.relay(await world.open()), world.relay(await world.open())];
      const local: LiveMessage[] = [];
      const remote: LiveMessage[] = [];
      await near.subscribe("thread.1", (message) => local.push(message));
      await far.subscribe("thread.1", (message) => remote.push(message));
      await world.server.proxy.cut();
      near.publish("thread.1", { type: "event", seq: 1 });
      await until(() => expect(local).toHaveLength(1));
      await world.server.proxy.restore();
      let seq = 2;
      await until(() => {
        near.publish("thread.1", { type: "event", seq: (seq += 1) });
        expect(remote.length).toBeGreaterThan(0);
      });
    });

    test("subscribing waits for an absent server only so long", async () => {
      const backend = await world.open();
      await world.server.proxy.cut();
      const live = world.relay(backend);
      const got: LiveMessage[] = [];
      await live.subscribe("thread.1", (message) => got.push(message));
      live.publish("thread.1", { type: "event", seq: 1 });
      await until(() => expect(got).toEqual([{ type: "event", seq: 1 }]));
      await world.server.proxy.restore();
      const other = world.relay(await world.open());
      await until(() => {
        other.publish("thread.1", { type: "event", seq: 2 });
        expect(got.at(-1)).toEqual({ type: "event", seq: 2 });
      });
    });

    test("of a process that is alone touches no server", async () => {
      const live = world.relay(await world.open(), true);
      const other = world.relay(await world.open());
      const got: LiveMessage[] = [];
      const beyond: LiveMessage[] = [];
      await live.subscribe("thread.1", (message) => got.push(message));
      await other.subscribe("thread.1", (message) => beyond.push(message));
      live.publish("thread.1", { type: "event", seq: 1 });
      await until(() => expect(got).toHaveLength(1));
      other.publish("thread.1", { type: "event", seq: 2 });
      await until(() => expect(beyond).toEqual([{ type: "event", seq: 2 }]));
      expect(got).toEqual([{ type: "event", seq: 1 }]);
    });
  });
}
