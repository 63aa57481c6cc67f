/** Caps and shares with real workers: two in one process, and one that is killed. */
import { afterEach, describe, expect, it } from "vitest";

import { startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import { SWEEP_MS } from "../../src/main/sweeps.ts";
import { insertLink } from "../../src/store/thread-links.ts";
import { createGate } from "../fakes/reply-script.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { memoryLogger, TestApp, until } from "../support/test-app.ts";
import { Rig } from "../faults/rig.ts";

const sweep = SWEEP_MS.readyThreads;
afterEach(() => {
  SWEEP_MS.readyThreads = sweep;
});

describe("workers under a cap", () => {
  it("keep to it together, and wake what waits without the sweep", async () => {
    // Were a wake-up lost, it would take longer than the test may.
    SWEEP_MS.readyThreads = 600_000;
    const environment = { WORKSPACE_TURNS: "2", TURN_CONCURRENCY: "4", PORT: "0" };
    await using test = await TestApp.start({ environment });
    const { sql } = test.app;
    const most = new Map<string, number>();
    const sample = async (): Promise<void> => {
      const rows = await sql<{ share: string; turns: number }[]>`
        select share, count(*)::int as turns from turns where state = 'running' group by share`;
      for (const { share, turns } of rows) most.set(share, Math.max(turns, most.get(share) ?? 0));
    };
    test.provider.script = () => [sample(), "Hello.", sample()];
    const { config, secrets } = readConfig({ ...environment, DATABASE_URL: test.database.url });
    const second = await startApp(config, secrets, memoryLogger([]), {
      providers: [test.provider],
      turns: { saveMs: 50, backoffMs: 20 },
    });
    try {
      const ask = async (workspaceId: string, at: number): Promise<void> => {
        const threadId = await test.newThread();
        const place = { platform: "slack", workspaceId, place: `C1/${at}` };
        const saidIn = await insertLink(sql, threadId, place);
        const engine = at % 2 === 0 ? test.engine : second.engine;
        await engine.threads.post(threadId, { text: "Hello?", saidIn }, test.user);
      };
      await Promise.all(Array.from({ length: 40 }, (_, at) => ask("busy", at)));
      await Promise.all(Array.from({ length: 4 }, (_, at) => ask("quiet", at)));
      await until(async () => {
        const [row] = await sql<{ done: number }[]>`
          select count(*)::int as done from turns where state = 'done'`;
        return row!.done === 44;
      }, "all answers");
      expect(most.get("slack/busy")).toBe(2);
      expect(most.get("slack/quiet")).toBeLessThanOrEqual(2);
    } finally {
      await second.stop();
    }
  }, 60_000);

  it("leave nothing stuck when one of them is killed", async () => {
    await using rig = await Rig.start({ WORKSPACE_TURNS: "2", TURN_CONCURRENCY: "4" });
    const silence = createGate();
    rig.model.reply([silence.wait]);
    const threads = await Promise.all(Array.from({ length: 6 }, () => rig.client.newThread()));
    for (const id of threads) await rig.post(id);
    await until(async () => {
      const [row] = await rig.sql<{ running: number }[]>`
        select count(*)::int as running from turns where state = 'running'`;
      return row!.running === 2;
    }, "two running turns");
    await rig.redline.kill();
    rig.model.reply(["Hello."]);
    await rig.start();
    await rig.settled();
    const states = await rig.sql<{ state: string }[]>`select distinct state from turns`;
    expect(states.map(({ state }) => state)).toEqual(["done"]);
    expect(await brokenInvariants(rig)).toEqual([]);
  }, 60_000);
});
