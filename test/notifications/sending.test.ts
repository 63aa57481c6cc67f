import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { PersonUnreachable, PlaceRefused, SendUncertain } from "../../src/chat/chat-platform.ts";
import { outcomeOf } from "../../src/notifications/outcome.ts";
import { HostBusy } from "../../src/ports.ts";
import { insertPrivateMessages } from "../../src/store/private-messages.ts";
import { until } from "../support/test-app.ts";
import { DeliveryWorld } from "./delivery-world.ts";

let world: DeliveryWorld;
let bob: string;
beforeAll(async () => {
  world = await DeliveryWorld.start();
  bob = await world.person("bob", "slack/T1/UBOB");
});
afterAll(() => world[Symbol.asyncDispose]());
beforeEach(async () => {
  await world.sql`delete from private_messages`;
});

async function put(
  markdown: string,
  workspaceId = "T1",
  kind: "direct" | "digest" = "direct",
): Promise<string> {
  const id = randomUUID();
  const mailbox = { platform: "slack", workspaceId, platformUserId: "UBOB" } as const;
  await insertPrivateMessages(world.sql, [{ id, userId: bob, kind, markdown, ...mailbox }]);
  return id;
}

async function stateOf(id: string) {
  const [row] = await world.sql<{ state: string; attempts: number; waits: boolean }[]>`
    select state, attempts, due_at > now() as waits from private_messages where id = ${id}`;
  return row!;
}

const sent = (markdown: string): number =>
  world.slack.sentPrivately.filter((one) => one.markdown === markdown).length;

const soon = () => world.sql`update private_messages set due_at = now()`;

it("is stored by one statement, however many there are", async () => {
  const connection = await world.sql.reserve();
  try {
    for (const count of [1, 2, 5]) {
      const messages = Array.from({ length: count }, (_, n) => ({
        id: randomUUID(),
        userId: bob,
        kind: "digest" as const,
        markdown: `Message ${n} of ${count}`,
        platform: "slack" as const,
        workspaceId: "T1",
        platformUserId: "UBOB",
      }));
      await insertPrivateMessages(connection, messages);
    }
    const [prepared] = await connection<{ count: number }[]>`
      select count(*)::int from pg_prepared_statements
      where statement ~ '^\\s*insert into private_messages\'`;
    const [stored] = await connection<{ count: number }[]>`
      select count(*)::int from private_messages where user_id = ${bob} and markdown like 'Message _ of _'`;
    expect([prepared!.count, stored!.count]).toEqual([1, 8]);
  } finally {
    connection.release();
  }
});

describe("a private message", () => {
  it("whose answer was lost is looked for, and sent once", async () => {
    const id = await put("lost after");
    world.slack.failNext("sendPrivate", "after");
    await world.delivery().send();
    expect(await stateOf(id)).toEqual({ state: "sending", attempts: 1, waits: true });
    await soon();
    await world.delivery().send();
    expect(await stateOf(id)).toMatchObject({ state: "sent" });
    expect(sent("lost after")).toBe(1);
  });

  it("that did not go out is sent again", async () => {
    const id = await put("lost before");
    world.slack.failNext("sendPrivate", "before");
    await world.delivery().send();
    await soon();
    await world.delivery().send();
    expect(await stateOf(id)).toMatchObject({ state: "sent" });
    expect(sent("lost before")).toBe(1);
  });

  it("waits as long as the platform asks, with all others of the workspace", async () => {
    const [first, second] = [await put("busy 1"), await put("busy 2")];
    const other = await put("elsewhere", "T2");
    const busy = new HostBusy("Later.", new Date(Date.now() + 60_000));
    for (let at = 0; at < 2; at += 1) world.slack.failNext("sendPrivate", "before", busy);
    const before = world.slack.calls.length;
    await world.delivery().send();
    await world.delivery().send();
    const states = await Promise.all([first, second, other].map(stateOf));
    // They are sent by several at a time, of which each may have been told to wait.
    expect(states.filter(({ state }) => state === "sent").length).toBeGreaterThan(0);
    expect(states.filter(({ waits }) => waits).length).toBeGreaterThan(0);
    expect(world.slack.calls.length - before).toBeLessThanOrEqual(3);
    await soon();
    await world.delivery().send();
    for (const id of [first, second, other]) {
      expect(await stateOf(id)).toMatchObject({ state: "sent", attempts: 0 });
    }
    expect([sent("busy 1"), sent("busy 2"), sent("elsewhere")]).toEqual([1, 1, 1]);
  });

  it("of a process that froze is sent by another, and by nobody else", async () => {
    const id = await put("frozen");
    let release = () => {};
    const frozen = new Promise<void>((resolve) => (release = resolve));
    let isFirst = true;
    world.slack.onCall = ({ call }) => {
      if (call !== "sendPrivate" || !isFirst) return;
      isFirst = false;
      return frozen;
    };
    const first = world.delivery().send();
    await until(async () => !isFirst, "the first call");
    // Its lease is over; it does not know yet.
    await world.sql`update private_messages set lease_until = now() - interval '1 second'`;
    await world.delivery().send();
    release();
    await first;
    world.slack.onCall = () => {};
    expect(await stateOf(id)).toMatchObject({ state: "sent" });
    const [row] = await world.sql`select lease_epoch from private_messages where id = ${id}`;
    expect(row).toEqual({ leaseEpoch: 2 });
  });

  it("of what concerns somebody goes out before all digests", async () => {
    for (let at = 0; at < 8; at += 1) await put(`digest ${at}`, "T1", "digest");
    await put("at once");
    world.slack.sentPrivately.length = 0;
    await world.delivery().send();
    const sent = world.slack.sentPrivately.map(({ markdown }) => markdown);
    expect(sent).toHaveLength(9);
    // Several are sent at a time.
    expect(sent.indexOf("at once")).toBeLessThan(4);
  });

  it("is forgotten after a month", async () => {
    const id = await put("old");
    await world.delivery().send();
    await world.delivery().forgetOld();
    expect(await stateOf(id)).toMatchObject({ state: "sent" });
    await world.sql`update private_messages set created_at = now() - interval '31 days'`;
    await put("new");
    await world.delivery().forgetOld();
    expect(await world.sql`select markdown from private_messages`).toEqual([{ markdown: "new" }]);
  });
});

describe("what follows from a failure", () => {
  const NOW = Date.UTC(2026, 0, 1);
  const fresh = { attempts: 0, isRepeat: false };
  const later = new Date(NOW + 5_000);

  it.each([
    ["closed", new PersonUnreachable("No."), fresh, { kind: "unreachable", why: "No." }],
    [
      "busy",
      new HostBusy("Later.", later),
      { attempts: 3, isRepeat: true },
      { kind: "later", at: later, maybeSent: true, failed: false, all: true },
    ],
    ["odd text", new PlaceRefused("content", "No."), fresh, { kind: "failed", why: "No." }],
    [
      "not installed",
      new PlaceRefused("access", "No."),
      fresh,
      { kind: "later", at: new Date(NOW + 60_000), maybeSent: false, failed: true, all: true },
    ],
    [
      "not installed for days",
      new PlaceRefused("access", "No."),
      { attempts: 10, isRepeat: false },
      { kind: "unreachable", why: "No." },
    ],
    [
      "lost",
      new SendUncertain("?"),
      fresh,
      { kind: "later", at: new Date(NOW + 10_000), maybeSent: true, failed: true, all: false },
    ],
    [
      "a mistake of ours",
      new TypeError("?"),
      fresh,
      { kind: "later", at: new Date(NOW + 10_000), maybeSent: false, failed: true, all: false },
    ],
    [
      "lost time and again",
      new SendUncertain("?"),
      { attempts: 10, isRepeat: true },
      { kind: "failed", why: "It is not known to have arrived." },
    ],
  ])("%s", (_name, error, held, outcome) => {
    expect(outcomeOf(error, held, NOW)).toEqual(outcome);
  });
});
