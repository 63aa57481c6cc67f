import { afterAll, beforeEach, describe, expect, it } from "vitest";

import type { Suggestion } from "../../src/reviews/suggestion.ts";
import { findChange } from "../../src/store/changes.ts";
import { violates } from "../../src/store/database.ts";
import type { LookKey } from "../../src/store/looks.ts";
import type { NewSuggestion } from "../../src/store/suggestions.ts";
import {
  endSuggestion,
  listSuggestions,
  markLive,
  putPosting,
  setResolved,
  setSuggestionBody,
} from "../../src/store/suggestions.ts";
import { ReviewWorld } from "../support/review-world.ts";

const PR = 12;
const COMMENT = { id: "50", nodeId: "N50", url: "https://host/comment/50" };

const world = await ReviewWorld.start();
afterAll(() => world[Symbol.asyncDispose]());
const { sql } = world;
let key: LookKey;
let changeId: string;

beforeEach(async () => {
  key = await world.branch();
  await world.pull(key, { number: PR });
  changeId = (await world.change(await world.thread(key))).id;
});

const rowOf = (more: Partial<NewSuggestion> = {}): NewSuggestion => ({
  changeId,
  rfcSlug: key.rfcSlug,
  prNumber: PR,
  revision: 1,
  form: "suggestion",
  headSha: "h".repeat(40),
  body: "the body",
  ...more,
});
const list = (prNumber = PR): Promise<Suggestion[]> => listSuggestions(sql, key.rfcSlug, prNumber);
const only = async (): Promise<Suggestion> => {
  const rows = await list();
  expect(rows).toHaveLength(1);
  return rows[0]!;
};
const live = async (revision = 1): Promise<Suggestion> => {
  await putPosting(sql, [rowOf({ revision })]);
  await markLive(sql, { changeId, prNumber: PR, revision }, { ...COMMENT, id: `5${revision}` });
  return (await list()).find((row) => row.revision === revision)!;
};
const shown = async () => (await findChange(sql, changeId))!.shown;

describe("a suggestion", () => {
  it("is written down before it is sent, and completed afterwards", async () => {
    expect(await shown()).toBeNull();
    await putPosting(sql, [rowOf()]);
    expect(await only()).toEqual({
      ...rowOf(),
      id: expect.any(String) as string,
      state: "posting",
      commentId: null,
      nodeId: null,
      url: null,
      resolvedAt: null,
      closedAt: null,
    });
    await markLive(sql, rowOf(), COMMENT);
    const { id: commentId, nodeId, url } = COMMENT;
    expect(await only()).toMatchObject({ state: "live", commentId, nodeId, url });
    expect(await shown()).toEqual({ state: "live", form: "suggestion", url });
  });

  it("is written down once, also by two workers at a time", async () => {
    await Promise.all(Array.from({ length: 8 }, () => putPosting(sql, [rowOf()])));
    expect(await only()).toMatchObject({ state: "posting" });
  });

  it("can be sent in another way as long as it was not", async () => {
    await putPosting(sql, [rowOf()]);
    const other = { form: "file" as const, headSha: "i".repeat(40), body: "as a diff" };
    await putPosting(sql, [rowOf(other)]);
    expect(await only()).toMatchObject({ state: "posting", ...other });
    await markLive(sql, rowOf(), COMMENT);
    await putPosting(sql, [rowOf({ body: "too late" })]);
    expect(await only()).toMatchObject({ state: "live", ...other });
  });

  it("is completed once", async () => {
    await live();
    await markLive(sql, rowOf(), { ...COMMENT, id: "99" });
    expect((await only()).commentId).toBe("51");
  });

  it("is edited, for a head or for the one that it is on", async () => {
    const { id } = await live();
    await setSuggestionBody(sql, id, { body: "edited" });
    expect(await only()).toMatchObject({ body: "edited", headSha: "h".repeat(40) });
    await setSuggestionBody(sql, id, { body: "again", headSha: "i".repeat(40) });
    expect(await only()).toMatchObject({ body: "again", headSha: "i".repeat(40) });
  });

  it("ends once, and says when", async () => {
    const { id } = await live();
    await endSuggestion(sql, id, "closed", "how it ended");
    const ended = await only();
    expect(ended).toMatchObject({ state: "closed", body: "how it ended" });
    expect(ended.closedAt).toBeInstanceOf(Date);
    await endSuggestion(sql, id, "removed", "otherwise");
    expect(await only()).toEqual(ended);
  });

  it("ends also when it was never sent", async () => {
    await putPosting(sql, [rowOf()]);
    await endSuggestion(sql, (await only()).id, "closed");
    expect(await only()).toMatchObject({ state: "closed", commentId: null, body: "the body" });
    await markLive(sql, rowOf(), COMMENT);
    expect((await only()).state).toBe("closed");
  });

  it("is live again when it was taken for deleted and is there", async () => {
    const { id } = await live();
    await endSuggestion(sql, id, "removed");
    await markLive(sql, rowOf(), COMMENT);
    expect(await only()).toMatchObject({ state: "live", closedAt: null });
  });

  it("is one a change: the next is written down when the last has ended", async () => {
    const first = await live(1);
    const next = putPosting(sql, [rowOf({ revision: 2 })]);
    await expect(next).rejects.toSatisfy((error) => violates(error, "suggestions_one_live"));
    await endSuggestion(sql, first.id, "closed");
    await live(2);
    expect((await list()).map(({ revision, state }) => [revision, state])).toEqual([
      [1, "closed"],
      [2, "live"],
    ]);
    expect(await shown()).toMatchObject({ state: "live" });
  });

  it("belongs to its pull request", async () => {
    await world.pull(key, { number: 13 });
    await endSuggestion(sql, (await live()).id, "closed");
    await putPosting(sql, [rowOf({ prNumber: 13 })]);
    await markLive(sql, rowOf({ prNumber: 13 }), COMMENT);
    expect(await list(13)).toMatchObject([{ state: "live", revision: 1 }]);
    expect(await only()).toMatchObject({ state: "closed" });
  });

  it("remembers that its thread was settled, and opened again, by hand", async () => {
    const { id } = await live();
    expect(await setResolved(sql, id, false)).toBe(false);
    expect(await setResolved(sql, id, true)).toBe(true);
    expect((await only()).resolvedAt).toBeInstanceOf(Date);
    expect(await setResolved(sql, id, true)).toBe(false);
    expect(await setResolved(sql, id, false)).toBe(true);
    expect((await only()).resolvedAt).toBeNull();
  });

  it("goes with its change", async () => {
    await live();
    await sql`delete from changes where id = ${changeId}`;
    expect(await list()).toEqual([]);
  });
});
