import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import {
  allowModel,
  deleteLimits,
  deleteStop,
  disallowModel,
  putLimit,
  putStop,
} from "../../src/store/budgets.ts";
import type { Entrance, Gate } from "../../src/budgets/gate.ts";
import { Budgets } from "../../src/budgets/gate.ts";
import { readLimit } from "../../src/budgets/limit.ts";
import type { Tx } from "../../src/store/database.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import { mergePeople } from "../../src/store/merge-people.ts";
import { ensureUser } from "../../src/store/people.ts";
import { charge, listSpent } from "../../src/store/spending.ts";
import { ModelError } from "../../src/ports.ts";
import type { User } from "../../src/engine.ts";
import { collect, TestApp, textOf, until } from "../support/test-app.ts";

const PRICES = '{"scripted-1":{"input":10,"output":100}}';
const BY_HAND = "Changes can still be proposed, accepted and declined by hand.";

let test: TestApp;
let threadId: string;
beforeAll(async () => {
  test = await TestApp.start({
    environment: { MODEL_PRICES: PRICES },
    overrides: { rulesFreshMs: 0 },
  });
});
afterAll(() => test[Symbol.asyncDispose]());
beforeEach(async () => {
  await clear();
  test.provider.script = () => ["Hello."];
  threadId = await test.newThread();
});

const clear = async (): Promise<void> => {
  const { sql } = test.app;
  await sql`delete from spending`;
  await sql`delete from budget_warnings`;
  await sql`delete from budget_limits`;
  await sql`delete from answer_stop`;
  await sql`delete from allowed_models`;
};
const limit = async (text: string, scope: "workspace" | "person" = "workspace"): Promise<void> => {
  const scopeId = scope === "workspace" ? "console" : test.user.id;
  await putLimit(test.app.sql, scope, scopeId, readLimit(text)!);
};
const asked = { threadId: null, share: "console", userId: null, modelId: "scripted-1" };
/** Under one limit of every workspace. */
const gateOf = (text: string): Promise<Gate> =>
  new Budgets({
    rules: { current: () => Promise.resolve({ limits: [], models: [], stop: null }) },
    defaults: { workspace: [readLimit(text)!], person: [] },
    costOf: () => null,
  }).open();
const told = async (id = threadId): Promise<string[]> =>
  (await test.engine.threads.view(id)).messages
    .filter(({ role }) => role === "system")
    .map(({ text }) => text);
const states = async (id = threadId): Promise<string[]> =>
  (await test.engine.threads.view(id)).turns.map(({ state }) => state);
const spentBy = async (scope: "workspace" | "person", scopeId: string) =>
  (await listSpent(test.app.sql, [{ scope, scopeId }]))[0]?.day ?? null;

describe("what a turn used", () => {
  it("is kept with its cost, and charged to who asked and to where", async () => {
    await test.ask(threadId, "hello");
    const [row] = await test.app.sql<{ cost: number; share: string; askedBy: string }[]>`
      select cost_microdollars as cost, share, asked_by from turns where thread_id = ${threadId}`;
    // 100 tokens in, 1 out.
    expect(row).toEqual({ cost: 1_100, share: "console", askedBy: test.user.id });
    const once = { turns: 1, tokens: 101, microdollars: 1_100, unpricedTokens: 0 };
    expect(await spentBy("workspace", "console")).toEqual(once);
    expect(await spentBy("person", test.user.id)).toEqual(once);
    await test.ask(threadId, "again");
    expect(await spentBy("workspace", "console")).toMatchObject({ turns: 2, microdollars: 2_200 });
    expect(await test.engine.budgets.ofWorkspace("console")).toMatchObject({
      name: "The console",
      spent: { month: { tokens: 202 } },
    });
  });

  it("counts of failed and stopped answers too, and without a price as tokens alone", async () => {
    test.provider.script = () => ["Half an answer ", new ModelError("Overloaded; try again.")];
    await test.ask(threadId, "hello");
    const first = (await spentBy("workspace", "console"))!;
    expect(first.turns).toBe(1);
    // Nobody counted: the prompt and what came of the answer are estimated.
    expect(first.tokens).toBeGreaterThan(100);
    expect(first.microdollars).toBeGreaterThan(1_000);
    await test.engine.threads.chooseModel(threadId, "scripted-2");
    test.provider.script = () => ["Hello."];
    await test.ask(threadId, "again");
    const [turn] = await test.app.sql<{ cost: number | null }[]>`
      select cost_microdollars as cost from turns where thread_id = ${threadId} and state = 'done'`;
    expect(turn!.cost).toBeNull();
    expect(await spentBy("workspace", "console")).toMatchObject({
      microdollars: first.microdollars,
      unpricedTokens: 101,
    });
  });

  it("of a joined message is its author's, and follows whoever becomes another", async () => {
    const { sql } = test.app;
    const other = (name: string): Promise<User> =>
      ensureUser(
        sql,
        { platform: "slack", workspaceId: "T9", platformUserId: name },
        { displayName: name, email: null },
      );
    const [bob, eve] = [await other("Bob"), await other("Eve")];
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    test.provider.script = () => ["Well.", opened];
    const post = (text: string, by: User) => test.engine.threads.post(threadId, { text }, by);
    await post("one", test.user);
    await until(async () => (await states())[0] === "running");
    await post("two", bob);
    const { turnId } = await post("three", eve);
    open();
    await collect(await test.engine.streams.turn(turnId));
    expect(await spentBy("person", bob.id)).toBeNull();
    expect(await spentBy("person", eve.id)).toMatchObject({ turns: 1 });
    await sql.begin((tx) => mergePeople(tx, bob.id, eve.id));
    expect(await spentBy("person", bob.id)).toMatchObject({ turns: 1 });
  });
});

it("is added up without waiting for answers that end in the same moment", async () => {
  const { sql } = test.app;
  const charged = { share: "console", userId: test.user.id };
  const backend = async (db: typeof sql): Promise<number> =>
    (await db<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]!.pid % 32;
  const [one, two, three] = [await sql.reserve(), await sql.reserve(), await sql.reserve()];
  try {
    const first = await backend(one);
    // Of three connections two may share a part; others end at other times.
    const other = (await backend(two)) === first ? three : two;
    expect(await backend(other)).not.toBe(first);
    await one`begin`;
    await charge(one, charged, { tokens: 5, microdollars: 1 });
    await other`set lock_timeout = '10s'`;
    await charge(other, charged, { tokens: 7, microdollars: 2 });
    await other`reset lock_timeout`;
    expect(await spentBy("workspace", "console")).toMatchObject({ turns: 1, tokens: 7 });
    await one`commit`;
  } finally {
    for (const connection of [one, two, three]) connection.release();
  }
  const sum = { turns: 2, tokens: 12, microdollars: 3 };
  expect(await spentBy("workspace", "console")).toMatchObject(sum);
  expect(await spentBy("person", test.user.id)).toMatchObject(sum);
});

it("is told to the console with what may be used, and to whoever asks whether it is ready", async () => {
  const get = async (path: string): Promise<unknown> =>
    (await fetch(`${test.app.url}${path}`)).json();
  await limit("usd/day=20");
  await test.ask(threadId, "hello");
  expect(await get("/api/spending")).toEqual({
    stop: null,
    budgets: [
      expect.objectContaining({
        scope: "person",
        id: test.user.id,
        name: test.user.displayName,
        limits: [],
      }),
      {
        scope: "workspace",
        id: "console",
        name: "The console",
        day: { turns: 1, tokens: 101, usd: 0.0011, unpriced_tokens: 0 },
        month: { turns: 1, tokens: 101, usd: 0.0011, unpriced_tokens: 0 },
        limits: [{ unit: "usd", period: "day", amount: 20 }],
        models: null,
      },
    ],
  });
  expect(await get("/readyz")).toEqual({ status: "ready", missing: [] });
  await putStop(test.app.sql, null);
  expect(await get("/readyz")).toMatchObject({ notes: [expect.stringContaining("stopped")] });
});

describe("a limit that is reached", () => {
  it("settles what is asked, says so once, and leaves people to do it by hand", async () => {
    await limit("tokens/day=150");
    expect(textOf(await test.ask(threadId, "one"))).toBe("Hello.");
    expect(textOf(await test.ask(threadId, "two"))).toBe("Hello.");
    for (const text of ["three", "four"]) {
      const frames = await test.ask(threadId, text);
      expect(JSON.parse(frames.find(({ event }) => event === "error")!.data)).toMatchObject({
        type: "urn:redline:problem:budget-reached",
        status: 429,
      });
    }
    expect(await states()).toEqual(["done", "done", "cancelled", "cancelled"]);
    expect(await told()).toEqual([
      expect.stringMatching(
        /^The console has used its budget for today\. The message is kept; answers resume at 00:00 UTC \((?:in \d+ hours|within an hour)\), ask again then\. /,
      ),
    ]);
    const change = await test.engine.changes.propose(
      threadId,
      { original: "one minute", proposed: "two minutes" },
      test.user,
    );
    await test.engine.changes.accept(change.id, test.user);
    await until(async () => (await test.engine.changes.get(change.id)).state === "accepted");
    // Another thread is another place.
    const elsewhere = await test.newThread();
    await test.ask(elsewhere, "five");
    expect(await told(elsewhere)).toHaveLength(1);
    // An operator gives more, and the message is answered when it is asked again.
    await limit("tokens/day=none");
    const [, , refused] = (await test.engine.threads.view(threadId)).turns;
    await expect(test.engine.turns.retry(refused!.id)).rejects.toThrow("gone on");
    expect(textOf(await test.ask(threadId, "six"))).toBe("Hello.");
    const wrong = (await gatherInvariants(test.app.sql, "settled")).filter(
      ({ counted }) => counted?.wrong !== 0,
    );
    expect(wrong.map(({ invariant, examples }) => [invariant.name, examples])).toEqual([]);
  });

  it("holds for one person alone, in dollars", async () => {
    await limit("usd/month=0.001", "person");
    await test.ask(threadId, "one");
    await test.ask(threadId, "two");
    expect(await states()).toEqual(["done", "cancelled"]);
    expect((await told())[0]).toMatch(
      /^Whoever asked has used their budget for this month\. .* on 1 \w+, 00:00 UTC/,
    );
    const bob = { platform: "slack", workspaceId: "T9", platformUserId: "Bob" };
    const by = await ensureUser(test.app.sql, bob, { displayName: "Bob", email: null });
    const { turnId } = await test.engine.threads.post(threadId, { text: "three" }, by);
    expect(textOf(await collect(await test.engine.streams.turn(turnId)))).toBe("Hello.");
    await deleteLimits(test.app.sql, "person", test.user.id);
  });

  it("is told of before, once for all places", async () => {
    await limit("tokens/day=120");
    await test.ask(threadId, "one");
    expect(await told()).toEqual([]);
    const ids = [await test.newThread(), await test.newThread()];
    await limit("tokens/day=125");
    for (const id of ids) await test.ask(id, "two");
    expect([await told(ids[0]), await told(ids[1])].flat()).toEqual([
      expect.stringMatching(
        /^For the maintainers: The console has used at least 80 % of its budget for today\./,
      ),
      expect.stringMatching(/^The console has used its budget/),
    ]);
  });

  it("is told of again in the period once more was given and is used up, before as well", async () => {
    const { sql } = test.app;
    await charge(sql, asked, { tokens: 100, microdollars: 0 });
    const keys: string[][] = [];
    for (const amount of [125, 125, 124, 100, 100, 99]) {
      const gate = await gateOf(`tokens/day=${amount}`);
      const entrance = await sql.begin((tx) => gate.enter(tx, asked));
      const told = entrance.admitted ? entrance.notices : [entrance.notice];
      keys.push(told.map(({ key }) => key.replace(/:\d{4}-\d\d-\d\d/, "")));
    }
    expect(keys).toEqual([
      ["warning:console:tokens/day:125"],
      [],
      ["warning:console:tokens/day:124"],
      ["budget:workspace:console:tokens/day:100"],
      ["budget:workspace:console:tokens/day:100"],
      ["budget:workspace:console:tokens/day:99"],
    ]);
  });

  it("counts a turn that ends while another begins", async () => {
    const { sql } = test.app;
    const [row] = await sql<{ id: string }[]>`
      insert into turns (thread_id, state, reserved_tokens) values (${threadId}, 'running', 100)
      returning id`;
    const gate = await gateOf("tokens/day=100");
    let pid = 0;
    const entering: Promise<Entrance>[] = [];
    await sql.begin(async (ending) => {
      await ending`lock table turns in access exclusive mode`;
      const enter = async (tx: Tx): Promise<Entrance> => {
        [{ pid }] = await tx<[{ pid: number }]>`select pg_backend_pid() as pid`;
        return gate.enter(tx, asked);
      };
      entering.push(sql.begin(enter));
      await until(async () => {
        const waiting = await ending`select 1 from pg_locks where pid = ${pid} and not granted`;
        return waiting.length > 0;
      }, "its look at what is reserved");
      await ending`update turns set state = 'done', finished_at = now() where id = ${row!.id}`;
      await charge(ending, asked, { tokens: 100, microdollars: 0 });
    });
    expect(await entering[0]).toMatchObject({ admitted: false, type: "budget-reached" });
  });

  it("is not overshot by turns that begin together: each reserves what the last one used", async () => {
    await test.ask(threadId, "a first one, to estimate by");
    // 101 are used; two more fit, and the one after them goes over the limit.
    await limit("tokens/day=400");
    let open = (): void => {};
    const opened = new Promise<void>((resolve) => (open = resolve));
    test.provider.script = () => ["Hello.", opened];
    const before = test.provider.requests.length;
    const ids = await Promise.all(Array.from({ length: 16 }, () => test.newThread()));
    const turns = await Promise.all(
      ids.map(async (id) => (await test.engine.threads.post(id, { text: "go" }, test.user)).turnId),
    );
    await until(async () => {
      const [row] = await test.app.sql<{ left: number }[]>`
        select count(*)::int as left from turns where state = 'queued'`;
      return row!.left === 0;
    });
    open();
    await Promise.all(turns.map(async (id) => collect(await test.engine.streams.turn(id))));
    expect(test.provider.requests.length - before).toBe(3);
    expect((await spentBy("workspace", "console"))!.tokens).toBe(404);
    expect((await told(ids.at(-1))).concat(await told(ids[0])).join()).toContain(
      "in use by answers",
    );
  });
});

describe("a model that may not be used", () => {
  it("is refused as a choice, in a message, and as the default, with those that may", async () => {
    const { sql } = test.app;
    await allowModel(sql, "console", "scripted-2");
    const refusal = "The model “scripted-1” may not be used here; choose one of scripted-2.";
    const { threads } = test.engine;
    await expect(threads.chooseModel(threadId, "scripted-1")).rejects.toThrow(refusal);
    const message = { text: "hello", model: "scripted-1" };
    await expect(threads.post(threadId, message, test.user)).rejects.toThrow(refusal);
    await test.ask(threadId, "by the default");
    expect(await told()).toEqual([refusal]);
    expect(await states()).toEqual(["cancelled"]);
    await threads.chooseModel(threadId, "scripted-2");
    expect(textOf(await test.ask(threadId, "again"))).toBe("Hello.");
    await disallowModel(sql, "console", "scripted-2");
  });
});

describe("the stop of all answers", () => {
  it("ends what runs, refuses what is asked, and leaves it so afterwards", async () => {
    const { sql } = test.app;
    test.provider.script = () => ["One two ", new Promise(() => {})];
    const { turnId } = await test.engine.threads.post(threadId, { text: "go" }, test.user);
    await until(async () => (await states())[0] === "running");
    expect(await putStop(sql, "the bill")).toBe(true);
    expect(await putStop(sql, "the bill")).toBe(false);
    await collect(await test.engine.streams.turn(turnId));
    const view = await test.engine.threads.view(threadId);
    expect(view.turns[0]!.state).toBe("cancelled");
    expect(view.messages[1]).toMatchObject({ text: "One two ", status: "stopped" });
    test.provider.script = () => ["Hello."];
    await test.ask(threadId, "one");
    await test.ask(threadId, "two");
    expect((await told()).slice(1)).toEqual([
      `Whoever runs Redline has stopped all answers for now (the bill). The message is kept; ask again once answers go on. ${BY_HAND}`,
    ]);
    expect(await test.engine.health.notes()).toEqual([expect.stringContaining("stopped")]);
    expect(await test.engine.health.missing()).toEqual([]);
    expect(await deleteStop(sql)).toBe(true);
    expect(await states()).toEqual(["cancelled", "cancelled", "cancelled"]);
    expect(textOf(await test.ask(threadId, "three"))).toBe("Hello.");
    expect(await test.engine.health.notes()).toEqual([]);
  });
});
