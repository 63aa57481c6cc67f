import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import type { BranchCommits } from "../../src/changes/commit-check.ts";
import { judgeCommits } from "../../src/changes/commit-check.ts";
import { readConfig } from "../../src/config.ts";
import type { CheckFinding } from "../../src/main/check.ts";
import { checkCommits, describeFindings, gracesOf, judge } from "../../src/main/check.ts";
import { INVARIANTS } from "../../src/store/invariant-queries.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import { listThreadChanges } from "../../src/store/changes.ts";
import { block } from "../fakes/scripted-provider.ts";
import { isBusy } from "../support/invariants.ts";
import { TestApp, until } from "../support/test-app.ts";

describe("the graces", () => {
  const withLease = (seconds: string) =>
    gracesOf(readConfig({ TURN_LEASE_SECONDS: seconds }).config);

  it("grow with the leases that have to end first", () => {
    const [short, long] = [withLease("10"), withLease("60")];
    expect(long.threads - short.threads).toBe(50_000);
    expect(long.places - short.places).toBe(50_000);
    expect(long.accepts).toBe(short.accepts);
  });

  it("leave a commit all of its tries", () => {
    // Half a second, doubled six times and no longer than 30 s, beside sweeps and recovery.
    expect(withLease("10").accepts).toBeGreaterThan(61_500 + 30_000);
  });
});

describe("what is said", () => {
  const finding = (more: Partial<CheckFinding>): CheckFinding => ({
    name: "jobs",
    ok: true,
    holds: "jobs run",
    wrong: 0,
    underWay: 0,
    examples: [],
    mend: "Start a worker.",
    ...more,
  });

  it("is one line for what holds, and ids and a way on for what does not", () => {
    const broken = finding({ ok: false, wrong: 3, underWay: 1, examples: ["job 1", "job 2"] });
    expect(describeFindings([finding({ underWay: 2 }), broken])).toBe(
      [
        "ok     jobs: jobs run; 2 under way",
        "WRONG  jobs: 3 against “jobs run”; 1 under way",
        "       - job 1",
        "       - job 2",
        "       - and 1 more",
        "       Start a worker.",
        "",
        "1 of 2 checks found something wrong.",
        "",
      ].join("\n"),
    );
  });

  it("is not that all is well, where it could not be counted", () => {
    const invariant = INVARIANTS[0]!;
    const unasked = judge({ invariant, counted: null, examples: [] });
    expect(unasked).toMatchObject({ ok: false, wrong: null });
    expect(describeFindings([unasked])).toMatch(
      /could not be checked in time.*\n.*check again later/,
    );
    const late = judge({ invariant, counted: { wrong: 0, underWay: 9 }, examples: [] });
    expect(late).toMatchObject({ ok: true, underWay: 9 });
  });
});

describe("commits and changes", () => {
  const judged = (more: Partial<BranchCommits>) =>
    judgeCommits({
      accepted: [{ id: "a", commitSha: "1" }],
      commits: [{ sha: "1", changeIds: ["a"] }],
      undecided: new Set(),
      alsoThere: new Set(),
      states: new Map([["a", "accepted"]]),
      ...more,
    });
  const nothing = { wrong: [], underWay: [], elsewhere: [] };

  it("are one to one", () => {
    expect(judged({})).toEqual(nothing);
    expect(judged({ commits: [], alsoThere: new Set(["1"]) })).toEqual(nothing);
    expect(judged({ commits: [] }).wrong).toEqual([
      "change a is accepted with the commit 1, which is not on the branch",
    ]);
    expect(judged({ commits: [], undecided: new Set(["a"]) })).toEqual(nothing);
    const twice = ["1", "2"].map((sha) => ({ sha, changeIds: ["a"] }));
    expect(judged({ commits: twice }).wrong).toEqual(["change a has 2 commits: 1, 2"]);
    expect(judged({ states: new Map([["a", "pending"]]) }).wrong).toEqual([
      "commit 1 is of change a, which is pending",
    ]);
    expect(judged({ accepted: [], states: new Map() }).wrong).toEqual([
      "commit 1 is of change a, which is not known here",
    ]);
  });

  it("are under way between the commit and its word", () => {
    expect(judged({ accepted: [], states: new Map([["a", "accepting"]]) })).toEqual({
      ...nothing,
      underWay: ["a"],
    });
  });

  it("may have another name since a rebase, or another author", () => {
    const elsewhere = { ...nothing, elsewhere: ["a"] };
    expect(judged({ commits: [{ sha: "9", changeIds: ["A"] }] })).toEqual(elsewhere);
    expect(judged({ commits: [{ sha: "1", changeIds: [] }] })).toEqual(elsewhere);
  });
});

describe("a system that is busy", () => {
  let test: TestApp;
  const LINES = Array.from({ length: 12 }, (_, n) => `Line ${n} of the document.\n\n`).join("");
  const host = createGitDocumentHost({ log: () => {} });
  const wrong = async (): Promise<string[]> => {
    const { config } = readConfig({ TURN_LEASE_SECONDS: "2" });
    const found = (await gatherInvariants(test.app.sql, gracesOf(config))).map(judge);
    const commits = await checkCommits(test.app.sql, [host]);
    return [...found, commits].flatMap((one) => (one.ok ? [] : describeFindings([one])));
  };

  beforeAll(async () => {
    test = await TestApp.start({ document: `# The RFC\n\n${LINES}` });
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it("has nothing wrong while turns run and commits are made, and at the end", async () => {
    let asked = 0;
    test.provider.script = (request) => {
      const n = asked++;
      const pause = new Promise((resolve) => setImmediate(resolve));
      return [
        "A moment.\n\n",
        pause,
        block(request, `Line ${n} of`, `Row ${n} of`),
        pause,
        "There.",
      ];
    };
    const working = new AbortController();
    let looks = 0;
    const look = async (): Promise<void> => {
      while (!working.signal.aborted) {
        expect(await wrong()).toEqual([]);
        looks += 1;
      }
    };
    const work = async (): Promise<void> => {
      const threads = await Promise.all([test.newThread(), test.newThread(), test.newThread()]);
      await Promise.all(
        threads.map(async (threadId) => {
          await test.ask(threadId, "Please.");
          await test.ask(threadId, "And more.");
          for (const { id } of await listThreadChanges(test.app.sql, threadId)) {
            await test.engine.changes.accept(id, test.user);
          }
        }),
      );
      await until(async () => !(await isBusy(test.world)), "the end of all work");
    };
    await Promise.all([look(), work().finally(() => working.abort())]);
    expect(looks).toBeGreaterThan(1);
    const rows = await test.app.sql<{ state: string }[]>`select state from changes`;
    expect(rows.map(({ state }) => state)).toEqual(Array.from({ length: 6 }, () => "accepted"));
  });

  it("then tells of a commit that nobody accepted, and of one that is gone", async () => {
    const body = await test.repository.readWorking("rfc.md");
    await test.repository.outsideCommit("rfc.md", body.replace("Line 9", "Row 9"), {
      message: "Forged\n\nRedline-Change: 6f1c2f0e-6a43-4c0b-9a55-6f4a5d2a9b10\n",
    });
    expect((await wrong()).join()).toMatch(/WRONG +commits: 1 .*\n.*which is not known here/);
    await test.repository.git("reset", "--hard", "HEAD~2");
    expect((await wrong()).join()).toMatch(/WRONG +commits: 1 .*\n.*which is not on the branch/);
  });

  it("leaves the repository as it was", async () => {
    const before = await test.repository.tip();
    await checkCommits(test.app.sql, [host]);
    expect([await test.repository.tip(), await test.repository.locks()]).toEqual([before, []]);
  });
});
