import { describe, expect, it } from "vitest";

import type { RecordMark } from "../../src/record/record.ts";
import { verifyRecordFile } from "../../src/record/verify-file.ts";
import { setRecordMode } from "../../src/store/record.ts";
import { GitHubApp, PATH, REPOSITORY } from "../support/github-app.ts";
import { until } from "../support/test-app.ts";

const BESIDE = PATH.replace(/\.md$/, ".transcript");

/** A pull request on which something was said, proposed and declined. */
async function discussed(): Promise<GitHubApp> {
  const world = await GitHubApp.start();
  const threadId = await world.newThread();
  await world.propose(threadId, [{ original: "lazy dog", proposed: "sleeping dog" }]);
  // One that has ended before it was seen needs no words about its end.
  await world.shown(1);
  const { changes } = await world.thread(threadId);
  await world.engine.changes.decline(changes[0]!.id, "It is not tired.", world.user);
  return world;
}
const marks = async (world: GitHubApp): Promise<RecordMark[]> =>
  (await world.engine.record.view("rfc")).marks;
const settled = (world: GitHubApp): Promise<RecordMark> =>
  until(async () => {
    const [summarised] = await world.app.sql`
      select 1 from cached_prs where summarised_for is not null`;
    return summarised && (await marks(world))[0];
  }, "the record of a pull request that has ended");
const commitsOf = async (world: GitHubApp, branch: string): Promise<string[]> =>
  (await world.repository.git("log", "--format=%B%x00", branch))
    .split("\0")
    .filter((message) => message.includes("Redline-Record: "));

describe("a pull request that has ended", () => {
  it("has its record written, and committed nowhere unless that is wished", async () => {
    await using world = await discussed();
    await world.repository.mergePull(world.pull, "olive");
    const mark = await settled(world);
    expect(mark).toMatchObject({ cause: "merged", madeBy: null, commitSha: null, problem: null });
    expect(mark.lastSeq).toBeGreaterThan(4);
    expect(await world.engine.record.view("rfc")).toMatchObject({ problem: null });
    expect(await commitsOf(world, "main")).toEqual([]);
    await world.looked();
  });

  it("repeats the reasons of nobody who is forgotten, and says nothing anew", async () => {
    await using world = await discussed();
    await world.repository.mergePull(world.pull, "olive");
    await settled(world);
    const { repository, pull } = world;
    const bodies = (): string[] =>
      [...repository.reviewComments(pull), ...repository.issueComments(pull)].map(
        ({ body }) => body,
      );
    const repeating = (): string[] => bodies().filter((body) => body.includes("not tired"));
    const all = bodies().length;
    expect(repeating()).toHaveLength(2);
    await world.engine.record.forget(world.user.id);
    await until(async () => repeating().length === 0, "comments without the reason");
    await world.looked();
    expect(bodies()).toHaveLength(all);
    expect(await world.engine.record.view("rfc")).toMatchObject({ problem: null });
    expect(await marks(world)).toHaveLength(1);
  });

  it("has it committed beside the RFC that was merged, once", async () => {
    await using world = await discussed();
    const { sql } = world.app;
    const hidden = await world.newThread();
    await world.engine.threads.record(hidden, { text: "Between us." }, world.user);
    await sql`
      insert into thread_links (thread_id, platform, workspace_id, place, reach)
      values (${hidden}, 'slack', 'T1', 'C1/1.1', 'channel')`;
    await setRecordMode(sql, REPOSITORY, "committed");
    await world.repository.mergePull(world.pull, "olive");
    const mark = await settled(world);
    expect(mark).toMatchObject({ cause: "merged", problem: null });
    expect(mark.commitSha).toBe(await world.repository.tip("main"));
    const json = await world.repository.read(`${BESIDE}.json`, "main");
    expect(verifyRecordFile(json)).toMatchObject({
      problem: null,
      headHash: mark.headHash,
      withheld: 2,
    });
    const markdown = await world.repository.read(`${BESIDE}.md`, "main");
    expect(markdown).toContain("It is not tired.");
    expect(markdown).toContain("2 of them are left out here");
    expect(`${json}${markdown}`).not.toContain("Between us.");
    expect(await commitsOf(world, "main")).toHaveLength(2);

    // As after a crash before anything of it was noted.
    await sql`update records set commit_sha = null`;
    await sql`update cached_prs set summarised_for = null`;
    await world.looked();
    expect((await marks(world))[0]).toMatchObject({ id: mark.id, commitSha: mark.commitSha });
    expect(await commitsOf(world, "main")).toHaveLength(2);
  });

  it("has it on its own branch when it was closed", async () => {
    await using world = await discussed();
    await setRecordMode(world.app.sql, REPOSITORY, "committed");
    world.repository.closePull(world.pull, "olive");
    const mark = await settled(world);
    expect(mark).toMatchObject({ cause: "closed", problem: null });
    expect(mark.commitSha).toBe(await world.repository.tip("feature"));
    expect(await commitsOf(world, "main")).toEqual([]);
    await world.looked();
  });

  it("says why it could not be committed, and keeps it", async () => {
    await using world = await discussed();
    await setRecordMode(world.app.sql, REPOSITORY, "committed");
    world.repository.setPermission("redline-bot", "read");
    await world.repository.mergePull(world.pull, "olive");
    const mark = await settled(world);
    expect(mark.commitSha).toBeNull();
    expect(mark.problem).toMatch(/main of acme\/rfcs/);
    await world.looked();
  });
});
