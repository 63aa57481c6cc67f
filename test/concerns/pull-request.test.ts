import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Concern } from "../../src/concerns/concern.ts";
import { parseMarker } from "../../src/reviews/comment-marker.ts";
import { planComment } from "../../src/reviews/show-concerns.ts";
import { insertRfcMaintainer } from "../../src/store/rfc-maintainers.ts";
import { ensureUser } from "../../src/store/people.ts";
import { GitHubApp } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

let app: GitHubApp;
let threadId: string;

beforeAll(async () => {
  app = await GitHubApp.start();
  threadId = await app.newThread();
});
afterAll(() => app[Symbol.asyncDispose]());

const raise = (text: string): Promise<Concern> =>
  app.engine.concerns.raise(threadId, { text, passage: { text: "quick brown fox" } }, app.user);

/** Redline's own comments of a kind, oldest first. */
const own = (kind: "concerns" | "merge"): string[] =>
  app.repository
    .issueComments(app.pull)
    .map(({ body }) => body)
    .filter((body) => parseMarker(body)?.kind === kind);

describe("the pull request", () => {
  test("lists the open concerns in one comment that follows", async () => {
    const first = await raise("@olive, see #1: <b>too slow</b>.");
    await until(async () => own("concerns").length === 1, "the comment");
    expect(own("concerns")[0]).toContain("An open concern");
    expect(own("concerns")[0]).toContain(`Concern ${first.number}:`);
    expect(own("concerns")[0]).toContain("about “quick brown fox”");
    expect(own("concerns")[0]).not.toMatch(/@olive|<b>| #1/);

    const second = await raise("Who pays?");
    await until(async () => own("concerns")[0]!.includes("2 open concerns"), "the second");
    await app.engine.concerns.resolve(first.id, "Measured.", app.user);
    await until(async () => own("concerns")[0]!.includes("An open concern"), "the settled one");
    expect(own("concerns")[0]).toContain("One was resolved or withdrawn.");
    expect(own("concerns")[0]).not.toContain("too slow");

    await app.engine.concerns.withdraw(second.id, app.user);
    await until(async () => own("concerns")[0]!.includes("No concern"), "the last one");
    expect(own("concerns")).toHaveLength(1);
  });

  test("has one comment, though its row was lost after it was sent", async () => {
    const concern = await raise("Once more.");
    await until(async () => own("concerns")[0]!.includes("Once more."));
    await app.looked();
    await app.app.sql`delete from concern_comments`;
    await app.looked();
    expect(own("concerns")).toHaveLength(1);
    await app.engine.concerns.resolve(concern.id, undefined, app.user);
    await until(async () => own("concerns")[0]!.includes("No concern"));
  });

  test("names of a concern that was raised in a closed place its number alone", async () => {
    const { sql } = app.app;
    const secret = await app.newThread();
    await sql`
      insert into thread_links (thread_id, platform, workspace_id, place, reach)
      values (${secret}, 'slack', 'T1', 'G1/1.1', 'channel')`;
    const given = { text: "Secret words.", passage: null };
    const concern = await app.engine.concerns.raise(secret, given, app.user);
    await until(async () => own("concerns")[0]!.includes(`Concern ${concern.number}, raised`));
    expect(own("concerns")[0]).not.toContain("Secret");
    await app.engine.concerns.withdraw(concern.id, app.user);
  });

  test("says once what became of a proposal to merge", async () => {
    const { sql } = app.app;
    const identity = { platform: "slack", workspaceId: "T1", platformUserId: "UBOB" };
    const bob = await ensureUser(sql, identity, { displayName: "Bob @olive", email: null });
    await insertRfcMaintainer(sql, "rfc", bob.id, app.user.id);
    const { merges } = app.engine;
    const proposal = await merges.propose(threadId, { waitDays: 0 }, app.user);
    expect(proposal.prNumber).toBe(app.pull);
    await until(async () => own("merge").length === 1, "the outcome");
    expect(own("merge")[0]).toContain("It is agreed to merge this");
    expect(own("merge")[0]).not.toContain("@olive");

    // Sent, and the process died before it could note that.
    await until(
      async () =>
        (await sql`select 1 from merge_proposals where posted_at is not null`).length === 1,
    );
    await sql`update merge_proposals set posted_at = null`;
    await app.looked();
    expect(own("merge")).toHaveLength(1);
    expect(await sql`select 1 from merge_proposals where posted_at is null`).toHaveLength(0);
  });

  test("says what was agreed on before there was a pull request", async () => {
    const { sql } = app.app;
    const before = own("merge").length;
    const { id } = await app.engine.merges.propose(threadId, {}, app.user);
    await sql`
      update merge_proposals set pr_number = null, state = 'agreed', settled_at = now()
      where id = ${id}`;
    await app.looked();
    await until(async () => own("merge").length === before + 1, "the outcome");
    await app.looked();
    expect(own("merge")).toHaveLength(before + 1);
    const [row] = await sql`select pr_number from merge_proposals where id = ${id}`;
    expect(row).toEqual({ prNumber: app.pull });
  });

  test("ends a proposal with itself", async () => {
    const { merges } = app.engine;
    const { id, branchName } = await merges.propose(threadId, {}, app.user);
    await app.repository.mergePull(app.pull, "olive");
    const ended = await until(async () => {
      const now = await merges.current("rfc", branchName);
      return now?.id === id && now.state === "ended" && now;
    }, "the end");
    expect(ended.settledAt).not.toBeNull();
    expect(await app.notes(threadId)).toContain(
      `Pull request #${app.pull} was merged; the proposal to merge is over.`,
    );
    const again = merges.propose(threadId, {}, app.user);
    await expect(again).rejects.toMatchObject({ type: "nothing-to-do" });
  });
});

describe("the comment that lists concerns", () => {
  const own = { id: "1" };
  const row = { commentId: "1", shown: "a" };
  const base = { row: null, own: null, digest: "a", mayPost: true, isWhole: true };
  test.each([
    ["is posted", {}, "post"],
    ["is not posted when nothing is open", { mayPost: false }, "leave"],
    ["is adopted", { own }, "edit"],
    ["stays as it is", { own, row }, "leave"],
    ["is edited", { own, row, digest: "b" }, "edit"],
    ["is edited when nothing is open any more", { own, row, digest: "b", mayPost: false }, "edit"],
    ["is not posted again when somebody deleted it", { row }, "leave"],
    ["is posted anew when there is something new", { row, digest: "b" }, "post"],
    ["is not taken for deleted among too many", { row, digest: "b", isWhole: false }, "leave"],
  ])("%s", (_what, given, step) => {
    expect(planComment({ ...base, ...given })).toBe(step);
  });
});
