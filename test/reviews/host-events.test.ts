import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";

import type { HostEvent } from "../../src/reviews/host-event.ts";
import { HostEvents } from "../../src/reviews/host-events.ts";
import type { Sql } from "../../src/store/database.ts";
import { hearsFrom } from "../../src/store/inbox.ts";
import type { LookKey } from "../../src/store/looks.ts";
import { endLook, listDueLooks } from "../../src/store/looks.ts";
import { ReviewWorld } from "../support/review-world.ts";

let world: ReviewWorld;
let sql: Sql;
let events: HostEvents;
let feature: LookKey;
let other: LookKey;
let last = 0;

beforeAll(async () => {
  world = await ReviewWorld.start();
  ({ sql } = world);
  events = new HostEvents(sql);
  feature = await world.branch({ branchName: "feature" });
  other = await world.branch({ branchName: "other" });
  await world.pull(feature, { number: 12 });
});
afterAll(async () => {
  await world[Symbol.asyncDispose]();
});
beforeEach(async () => {
  await sql`truncate inbox`;
  await settle();
});

/** Nothing is due any more. */
async function settle(problems: ReadonlyMap<LookKey, string> = new Map()): Promise<void> {
  for (const key of [feature, other]) {
    await sql`update pull_request_looks set due_at = now() where rfc_slug = ${key.rfcSlug}`;
    const problem = problems.get(key) ?? null;
    const look = await world.claim(key);
    await endLook(sql, look, { inMs: 60_000, problem, failed: problem !== null });
  }
}
const event = (more: Partial<HostEvent> = {}): HostEvent => ({
  source: "github",
  eventId: `delivery-${(last += 1)}`,
  kind: "push",
  action: "pushed",
  repository: "Acme/RFCs",
  branch: "feature",
  pullNumber: null,
  actor: { id: "7", login: "ada" },
  ...more,
});
const due = async (): Promise<LookKey[]> => listDueLooks(sql, 10);

describe("an event of the host", () => {
  it("is kept, and asks for a look where it happened", async () => {
    const pushed = event();
    expect(await events.receive(pushed)).toBe("stored");
    expect(await due()).toEqual([feature]);
    const [row] = await sql<{ subject: string; payload: HostEvent }[]>`
      select subject, payload from inbox`;
    expect(row).toEqual({ subject: "acme/rfcs", payload: pushed });
    expect(await hearsFrom(sql, "github", "acme/rfcs", 60_000)).toBe(true);
  });

  it("of a pull request asks by its number", async () => {
    const comment = event({ kind: "issue_comment", action: "created", branch: null });
    await events.receive({ ...comment, pullNumber: 12 });
    expect(await due()).toEqual([feature]);
  });

  it("asks once, however often it is delivered", async () => {
    const pushed = event();
    await events.receive(pushed);
    await settle();
    expect(await events.receive(pushed)).toBe("known");
    expect(await events.receive({ ...pushed, branch: "other" })).toBe("known");
    expect(await due()).toEqual([]);
  });

  it("asks once also when it is delivered many times at once", async () => {
    const pushed = event();
    const answers = await Promise.all(Array.from({ length: 6 }, () => events.receive(pushed)));
    expect(answers.toSorted()).toEqual([...Array<string>(5).fill("known"), "stored"]);
  });

  it("about a repository that nobody talks about is kept and asks for nothing", async () => {
    expect(await events.receive(event({ repository: "acme/others" }))).toBe("stored");
    expect(await due()).toEqual([]);
  });

  it("about what Redline may see has what failed tried again", async () => {
    await settle(new Map([[other, "No access."]]));
    const granted = { kind: "installation" as const, action: "unsuspend", branch: null };
    await events.receive(event({ ...granted, repository: null }));
    expect(await due()).toEqual([other]);
  });

  it("is forgotten after a week, not before it can be delivered again", async () => {
    const [old, young] = [event(), event()];
    for (const one of [old, young]) await events.receive(one);
    const age = (days: number, { eventId }: HostEvent) =>
      sql`update inbox set received_at = now() - ${days} * interval '1 day' where event_id = ${eventId}`;
    await age(8, old);
    await age(3, young);
    await events.prune();
    expect(await events.receive(young)).toBe("known");
    expect(await events.receive(old)).toBe("stored");
  });
});
