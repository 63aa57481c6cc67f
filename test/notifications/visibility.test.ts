import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { putPullRequest } from "../../src/store/pull-requests.ts";
import { pullWith } from "../support/pull-request.ts";
import type { Role, Scene } from "./people-world.ts";
import { ALL_ROLES, PeopleWorld, PULL } from "./people-world.ts";

let world: PeopleWorld;
beforeAll(async () => {
  world = await PeopleWorld.start();
});
afterAll(() => world[Symbol.asyncDispose]());

const say = (at: Scene, by: Role, text = "News.") =>
  world.conversations.record(at.threadId, { text }, world.people[by]);
const heard = async (at: Scene): Promise<Role[]> => [
  ...new Set((await world.told(at)).map(({ role }) => role)),
];

interface Place {
  workspaceId: string;
  reach?: "workspace" | "channel";
  privateTo?: Role;
}

const hold = (at: Scene, { workspaceId, reach = "workspace", privateTo }: Place) =>
  world.sql`
    insert into thread_links (thread_id, platform, workspace_id, place, reach, private_to)
    values (${at.threadId}, 'slack', ${workspaceId}, ${`C2/${workspaceId}/${at.threadId}`}, ${reach},
      ${privateTo ? world.people[privateTo].id : null})`;

describe("of a thread that is held in several places", () => {
  it("hears whoever is of a workspace where all may read it", async () => {
    const at = await world.scene("discussion", "closed");
    await hold(at, { workspaceId: "T2" });
    await say(at, "writer");
    expect(await heard(at)).toEqual(["author", "unlinked", "both", "stranger", "local"]);
  });

  it("hears nobody of a workspace for the closed channel of another", async () => {
    const at = await world.scene("discussion", "open");
    await hold(at, { workspaceId: "T2", reach: "channel" });
    await say(at, "writer");
    expect(await heard(at)).not.toContain("stranger");
    expect(await heard(at)).toContain("watcher");
  });

  it("hears only the one to whom any of them is private, and nobody where they are two", async () => {
    const at = await world.scene("discussion", "open");
    await hold(at, { workspaceId: "T1", privateTo: "unlinked" });
    await say(at, "writer");
    expect(await heard(at)).toEqual(["unlinked"]);
    const other = await world.scene("discussion", "private");
    await hold(other, { workspaceId: "T1", privateTo: "unlinked" });
    await say(other, "writer");
    expect(await heard(other)).toEqual([]);
  });

  it("stops when the channel is closed to the workspace", async () => {
    const at = await world.scene("discussion", "open");
    await say(at, "writer");
    expect(await heard(at)).toContain("watcher");
    await world.sql`update thread_links set reach = 'channel' where thread_id = ${at.threadId}`;
    await world.sql`delete from notifications where rfc_slug = ${at.rfcSlug}`;
    await say(at, "writer");
    expect(await heard(at)).not.toContain("watcher");
  });
});

describe("a thread's pull request", () => {
  const numbers = async (at: Scene) =>
    (
      await world.sql<{ prNumber: number | null }[]>`
        select distinct pr_number from notifications where rfc_slug = ${at.rfcSlug}`
    ).map(({ prNumber }) => prNumber);
  const see = (at: Scene, number: number, state: "open" | "closed" = "open") => {
    const closedAt = state === "open" ? null : new Date();
    const pull = pullWith({ number, state, closedAt });
    return world.sql.begin((tx) => putPullRequest(tx, at, pull, null));
  };

  it("is its own, of several that are open on the branch", async () => {
    const at = await world.scene("review", "shared");
    await see(at, PULL + 10);
    await say(at, "writer");
    expect(await numbers(at)).toEqual([PULL]);
  });

  it("is not told once it has ended", async () => {
    const at = await world.scene("review", "open");
    await see(at, PULL, "closed");
    await world.sql`delete from notifications where rfc_slug = ${at.rfcSlug}`;
    await say(at, "writer");
    expect(await numbers(at)).toEqual([null]);
  });
});

it("finds everybody who wrote before, however many write at once", async () => {
  const at = await world.scene("discussion", "console");
  await world.sql`delete from thread_messages where thread_id = ${at.threadId}`;
  await world.sql`delete from watches where rfc_slug = ${at.rfcSlug}`;
  await world.sql`delete from thread_watches where thread_id = ${at.threadId}`;
  const writers = ALL_ROLES.filter((role) => !["bot", "mutedThread", "mutedRfc"].includes(role));
  await Promise.all(
    writers.map((role, index) =>
      index % 2
        ? say(at, role)
        : world.conversations.post(at.threadId, { text: "A question." }, world.people[role]),
    ),
  );
  const [told] = await world.sql<{ count: number }[]>`
    select count(*)::int as count from notifications where rfc_slug = ${at.rfcSlug}`;
  // Of the n-th message, everybody before.
  expect(told!.count).toBe((writers.length * (writers.length - 1)) / 2);
});
