/**
 * Every fault, one after the other, in one installation at work: nothing lost, nothing doubled, and everything
 * done within half a minute of the fault's end, without anyone's help.
 */
import { afterAll, beforeAll, describe, it } from "vitest";
import { markLeg } from "../support/legs.ts";
import type { TestRedis } from "../support/redis.ts";
import { until } from "../support/test-app.ts";
import { FAULTS, FULL, RECOVERY_MS } from "./list.ts";
import { reportRecovery } from "./recovery-table.ts";
import { FaultWorld } from "./world.ts";

export function itOutlives(queue: "postgres" | "redis", redis: TestRedis | null): void {
  const faults = FAULTS.filter((fault) => {
    if (fault.queue !== null && fault.queue !== queue) return false;
    return FULL || (!fault.fullOnly && (queue === "redis") === (fault.queue === "redis"));
  });
  describe(`with the queue on ${queue}`, () => {
    let world: FaultWorld;
    beforeAll(async () => {
      world = await FaultWorld.start(redis);
    });
    afterAll(async () => {
      await world?.[Symbol.asyncDispose]();
      await redis?.stop();
    });

    it.each(faults.map((fault) => [fault.name, fault] as const))("%s", async (name, fault) => {
      if (queue === "redis") markLeg("redis");
      await world.traffic.start();
      await until(async () => {
        const running = await world.sql`select 1 from turns where state = 'running'`;
        return running.length > 0;
      }, "a turn that runs");
      await fault.strike(world);
      const ended = performance.now();
      world.holds(world.dead());
      await world.traffic.askInConsole();
      await world.traffic.askInChat();
      await world.settled();
      const tookMs = Math.round(performance.now() - ended);
      reportRecovery({ fault: name, queue, tookMs });
      world.holds(await world.broken());
      world.holds(tookMs < RECOVERY_MS ? [] : [`it took ${tookMs} ms to recover`]);
    });
  });
}
