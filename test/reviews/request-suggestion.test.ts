import { afterAll, beforeEach, expect, it } from "vitest";

import type { Change } from "../../src/changes/change.ts";
import { UserError } from "../../src/errors.ts";
import { requestSuggestion } from "../../src/reviews/request-suggestion.ts";
import { listReviewedChanges } from "../../src/store/branch-changes.ts";
import type { LookKey } from "../../src/store/looks.ts";
import { endLook } from "../../src/store/looks.ts";
import { ReviewWorld } from "../support/review-world.ts";

const world = await ReviewWorld.start();
afterAll(() => world[Symbol.asyncDispose]());
const { sql } = world;
let key: LookKey;
let change: Change;

beforeEach(async () => {
  key = await world.branch();
  change = await world.change(await world.thread(key));
  const look = await world.claim(key);
  await endLook(sql, look, { inMs: 60_000, problem: null, failed: false });
});

const askedAt = async (): Promise<Date | null> =>
  (await listReviewedChanges(sql, key.rfcSlug, key.branchName))[0]!.suggestionAskedAt;
const refusal = async (changeId: string): Promise<string> => {
  const error: unknown = await requestSuggestion(sql, changeId).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  expect(await askedAt()).toBeNull();
  expect(await world.dueIn(key)).toBeGreaterThan(10);
  return (error as UserError).type;
};

it("a suggestion that is asked for is looked after at once", async () => {
  await world.pull(key);
  expect((await requestSuggestion(sql, change.id)).id).toBe(change.id);
  expect(await askedAt()).toBeInstanceOf(Date);
  expect(await world.dueIn(key)).toBeLessThanOrEqual(0);
});

it("a suggestion needs an open pull request", async () => {
  expect(await refusal(change.id)).toBe("invalid-request");
  await world.pull(key, { state: "merged", closedAt: new Date() });
  expect(await refusal(change.id)).toBe("invalid-request");
});

it("a suggestion needs a change that is pending", async () => {
  await world.pull(key);
  expect(await refusal(crypto.randomUUID())).toBe("not-found");
  await sql`update changes set state = 'declined' where id = ${change.id}`;
  expect(await refusal(change.id)).not.toBe("not-found");
});
