import fc from "fast-check";
import { afterAll, beforeEach, describe, expect, it } from "vitest";

import type { Logger } from "../../src/log.ts";
import { formatMarker, parseMarker } from "../../src/reviews/comment-marker.ts";
import type { OwnComment, Shape, Step, Want } from "../../src/reviews/plan.ts";
import { planReview } from "../../src/reviews/plan.ts";
import type { Suggestion } from "../../src/reviews/suggestion.ts";
import { HeadMoved, SuggestionDesk } from "../../src/reviews/suggestion-desk.ts";
import type { LookKey } from "../../src/store/looks.ts";
import { listSuggestions } from "../../src/store/suggestions.ts";
import { pullWith } from "../support/pull-request.ts";
import { ReviewWorld } from "../support/review-world.ts";
import { memoryLogger } from "../support/test-app.ts";
import type { LogLine } from "../support/test-app.ts";
import { MemoryHost } from "./memory-host.ts";
import { isInline, PATH } from "./plan-support.ts";

type ShapeGiven = Partial<Shape> & { says?: string };

const PULL = pullWith({ number: 12 });

const world = await ReviewWorld.start();
afterAll(() => world[Symbol.asyncDispose]());
const { sql } = world;
let key: LookKey;
let host: MemoryHost;
let changeIds: string[];
let log: LogLine[];
let logger: Logger;

beforeEach(async () => {
  await begin(3);
});

async function begin(count: number): Promise<void> {
  key = await world.branch();
  await world.pull(key, PULL);
  const threadId = await world.thread(key);
  changeIds = [];
  for (let n = 0; n < count; n += 1) changeIds.push((await world.change(threadId)).id);
  host = new MemoryHost(PULL);
  log = [];
  logger = memoryLogger(log);
}

const marked = (changeId: string, revision: number, says: string): string =>
  `${says}\n\n${formatMarker({ kind: "change", changeId, revision })}`;
const shapeFor = (changeId: string, more: ShapeGiven = {}): Shape => {
  const { form = "suggestion", says = form } = more;
  const lines = isInline(form) ? { startLine: null, line: 3 } : null;
  return {
    form,
    block: null,
    lines,
    body: (revision) => marked(changeId, revision, `${says} shown`),
    replaced: (revision) => marked(changeId, revision, "replaced"),
    ...more,
  };
};
const post = (changeId: string, more?: ShapeGiven, revision = 1): Step => ({
  kind: "post",
  changeId,
  revision,
  shape: shapeFor(changeId, more),
});
const desk = (pull = PULL): SuggestionDesk =>
  new SuggestionDesk(
    {
      sql,
      host: host.port,
      logger,
      fallback: (changeId) => shapeFor(changeId, { form: "file" }),
      publicUrl: () => "https://redline.example.org",
      assertHeld: () => {},
      threads: () => Promise.resolve(host.threads()),
    },
    { rfcSlug: key.rfcSlug, repository: "acme/rfcs", path: PATH, pull },
  );
const rows = (): Promise<Suggestion[]> => listSuggestions(sql, key.rfcSlug, PULL.number);
/** Of each row what it is shown as, in the order of the changes. */
const shownAs = async (): Promise<string[]> => {
  const all = await rows();
  return changeIds.map((id) => {
    const { state, form } = all.findLast(({ changeId }) => changeId === id)!;
    return `${state} ${form}`;
  });
};
/** A change that is shown, with its row and its comment. */
async function live(more?: ShapeGiven) {
  await desk().carryOut([post(changeIds[0]!, more)]);
  host.calls.length = 0;
  const [row] = await rows();
  return { row: row!, comment: host.comments[0]! };
}
const close = (
  { row, comment }: Awaited<ReturnType<typeof live>>,
  reason: "OUTDATED" | "RESOLVED",
): Step => ({ kind: "close", row, comment, reason, body: marked(row.changeId, 1, "closed") });

describe("new comments", () => {
  it("go out in one review, and each row keeps its own", async () => {
    await desk().carryOut(changeIds.map((id) => post(id)));
    expect(host.calls).toEqual(["review of 3"]);
    for (const row of await rows()) {
      const comment = host.comments.find(({ id }) => id === row.commentId)!;
      expect(parseMarker(comment.body)).toMatchObject({ changeId: row.changeId, revision: 1 });
      expect(row).toMatchObject({
        state: "live",
        body: comment.body,
        url: comment.url,
        nodeId: comment.nodeId,
        headSha: PULL.headSha,
      });
    }
  });

  it("stand each where it belongs", async () => {
    const forms = ["conversation", "file", "line"] as const;
    await desk().carryOut(changeIds.map((id, at) => post(id, { form: forms[at]! })));
    expect(host.calls).toEqual(["review of 1", "conversation comment", "file comment"]);
    expect(await shownAs()).toEqual(forms.map((form) => `live ${form}`));
  });

  it("are at most thirty a review", async () => {
    await begin(61);
    await desk().carryOut(changeIds.map((id) => post(id)));
    expect(host.calls).toEqual(["review of 30", "review of 30", "review of 1"]);
  });

  it("are nothing to ask for when there are none", async () => {
    await desk().carryOut([]);
    expect(host.calls).toEqual([]);
  });

  it("are written down before they are sent", async () => {
    host.trouble = (_, when) => {
      if (when === "before") throw new Error("gone");
    };
    await expect(desk().carryOut([post(changeIds[0]!)])).rejects.toThrow("gone");
    expect((await rows()).map(({ state }) => state)).toEqual(["posting"]);
    expect(host.comments).toEqual([]);
  });
});

describe("a review that is refused", () => {
  it("is sent one by one, and only what fails is shown in another way", async () => {
    const bad = changeIds[1]!;
    host.refuses = (body, kind) => kind === "line" && body.includes(bad);
    await desk().carryOut(changeIds.map((id) => post(id)));
    expect(host.calls).toEqual([
      ...["review of 3", "review of 1", "review of 1", "file comment", "review of 1"],
    ]);
    expect(await shownAs()).toEqual(["live suggestion", "live file", "live suggestion"]);
    expect(host.comments).toHaveLength(3);
    expect(log).toMatchObject([{ level: "warn", fields: { changeId: bad } }]);
  });

  it("is shown below the pull request where the file is refused too", async () => {
    host.refuses = () => true;
    await desk().carryOut([post(changeIds[0]!)]);
    expect(host.calls).toEqual(["review of 1", "file comment", "conversation comment"]);
    expect((await rows()).map(({ state, form }) => [state, form])).toEqual([
      ["live", "conversation"],
    ]);
  });

  it.each([
    ["has moved", { headSha: "n".repeat(40) }],
    ["has been merged", { state: "merged" as const, closedAt: new Date() }],
  ])("is mapped again when the branch %s", async (_, more) => {
    host.refuses = () => true;
    host.pull = { ...PULL, ...more };
    const sent = desk().carryOut([post(changeIds[0]!)]);
    await expect(sent).rejects.toBeInstanceOf(HeadMoved);
    expect(host.comments).toEqual([]);
    expect((await rows()).map(({ state }) => state)).toEqual(["posting"]);
    const file = desk().carryOut([post(changeIds[1]!, { form: "file" })]);
    await expect(file).rejects.toBeInstanceOf(HeadMoved);
  });
});

describe("a comment that is closed", () => {
  it("says so, and its thread is resolved", async () => {
    const shown = await live();
    await desk().carryOut([close(shown, "RESOLVED")]);
    const { id, body } = host.comments[0]!;
    expect(host.calls).toEqual([`edit ${id}`, `resolve thread of ${id}`]);
    expect(body).toContain("closed");
    expect(await rows()).toMatchObject([{ state: "closed", body }]);
  });

  it("is folded where its thread may not be resolved, or it is only outdated", async () => {
    const shown = await live();
    host.maySettle = false;
    await desk().carryOut([close(shown, "RESOLVED")]);
    expect(host.minimised.get(shown.comment.id)).toBe("RESOLVED");
    await begin(1);
    const outdated = await live();
    await desk().carryOut([close(outdated, "OUTDATED")]);
    expect(host.calls).toEqual([`edit ${outdated.comment.id}`, `minimise 1 OUTDATED`]);
  });

  it("is folded below the pull request, where there are no threads", async () => {
    const shown = await live({ form: "conversation" });
    await desk().carryOut([close(shown, "RESOLVED")]);
    expect(host.calls).toEqual(["edit 1", "minimise 1 RESOLVED"]);
  });

  it("is left as it is when somebody resolved it, or the pull request has ended", async () => {
    const shown = await live();
    host.resolved.add("thread of 1");
    await desk().carryOut([close(shown, "RESOLVED")]);
    expect(host.calls).toEqual(["edit 1"]);
    await begin(1);
    const merged = { ...PULL, state: "merged" as const };
    await desk(merged).carryOut([close(await live(), "RESOLVED")]);
    expect(host.calls).toEqual(["edit 1"]);
  });

  it("is closed also when it cannot be put aside", async () => {
    const shown = await live();
    host.trouble = (call) => {
      if (call.startsWith("resolve")) throw new Error("not now");
    };
    await desk().carryOut([close(shown, "RESOLVED")]);
    expect(await rows()).toMatchObject([{ state: "closed" }]);
    expect(log).toMatchObject([{ level: "warn" }]);
  });

  it("is closed also when somebody deleted it", async () => {
    const shown = await live();
    host.comments = [];
    await desk().carryOut([close(shown, "RESOLVED")]);
    expect(host.calls).toEqual(["edit 1"]);
    expect(await rows()).toMatchObject([{ state: "closed" }]);
  });
});

describe("the other steps", () => {
  it("edit a comment, or notice that it is gone", async () => {
    const { row, comment } = await live();
    const body = marked(row.changeId, 1, "edited");
    const headSha = "n".repeat(40);
    const edit: Step = { kind: "edit", row, comment, body, headSha };
    await desk().carryOut([edit]);
    expect(await rows()).toMatchObject([{ state: "live", body, headSha }]);
    expect(comment.body).toBe(body);
    host.comments = [];
    await desk().carryOut([{ ...edit, body: "again" }]);
    expect(await rows()).toMatchObject([{ state: "removed", body }]);
  });

  it("take a comment, give one up, miss one, and delete what is twice", async () => {
    const { row, comment } = await live();
    await sql`update suggestions set state = 'posting', comment_id = null where id = ${row.id}`;
    await desk().carryOut([{ kind: "adopt", row, comment }]);
    expect(await rows()).toMatchObject([{ state: "live", commentId: comment.id }]);
    await desk().carryOut([{ kind: "delete", comment }]);
    expect(host.comments).toEqual([]);
    await desk().carryOut([{ kind: "lost", row }]);
    expect(await rows()).toMatchObject([{ state: "removed" }]);
    await desk().carryOut([{ kind: "adopt", row, comment }]);
    await desk().carryOut([{ kind: "drop", row }]);
    expect(await rows()).toMatchObject([{ state: "closed" }]);
  });

  it("come before a change is posted again", async () => {
    const shown = await live();
    await desk().carryOut([close(shown, "OUTDATED"), post(changeIds[0]!, {}, 2)]);
    expect((await rows()).map(({ revision, state }) => [revision, state])).toEqual([
      [1, "closed"],
      [2, "live"],
    ]);
  });
});

/** One look: the plan for what there is, carried out. */
async function look(wants: ReadonlyMap<string, Want>): Promise<Step[]> {
  const own = host.comments.flatMap((comment): OwnComment[] => {
    const marker = parseMarker(comment.body);
    return marker?.kind === "change" ? [{ comment: { ...comment }, ...marker }] : [];
  });
  const changes = [...wants].map(([changeId, want]) => ({ changeId, want, askedAt: null }));
  const known = await rows();
  const steps = planReview({
    isWhole: true,
    headSha: PULL.headSha,
    path: PATH,
    changes,
    rows: known,
    own,
  });
  await desk().carryOut(steps);
  return steps;
}

describe("looks that are taken until one succeeds", () => {
  it("leave one comment a change, whatever fails and whether or not it had its effect", async () => {
    const trouble = fc.array(fc.constantFrom("fine", "before", "after", "after"), {
      minLength: 12,
      maxLength: 12,
    });
    const ends = fc.array(fc.boolean(), { minLength: 3, maxLength: 3 });
    await fc.assert(
      fc.asyncProperty(trouble, ends, async (plagues, ended) => {
        await begin(3);
        const forms = ["suggestion", "file", "conversation"] as const;
        const wants = new Map(
          changeIds.map((id, at): [string, Want] => {
            const shape = shapeFor(id, { form: forms[at]! });
            return [id, { kind: "shown", mayPost: true, shape }];
          }),
        );
        let left = [...plagues];
        host.trouble = (_, when) => {
          if (when === "before" && left[0] !== "before") return;
          if (left.shift() === when) throw new Error("502");
        };
        const untilDone = async (): Promise<void> => {
          for (let tries = 0; tries < 40; tries += 1) {
            if ((await look(wants).catch(() => null))?.length === 0) return;
          }
          throw new Error("it does not come to an end");
        };
        await untilDone();
        expect(host.comments).toHaveLength(3);
        expect(await shownAs()).toEqual(forms.map((form) => `live ${form}`));
        for (const [at, isEnded] of ended.entries()) {
          const id = changeIds[at]!;
          const body = (revision: number): string => marked(id, revision, "ended");
          if (isEnded) wants.set(id, { kind: "ended", reason: "RESOLVED", body });
        }
        left = [...plagues];
        await untilDone();
        expect(host.comments).toHaveLength(3);
        const states = (await rows()).toSorted(
          (a, b) => changeIds.indexOf(a.changeId) - changeIds.indexOf(b.changeId),
        );
        expect(states.map(({ state }) => state === "closed")).toEqual(ended);
      }),
      { numRuns: 40 },
    );
  });
});
