import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";

import { readConfig } from "../../src/config.ts";
import type { Check, Finding } from "../../src/main/doctor.ts";
import { examine, report } from "../../src/main/doctor.ts";
import { listChecks } from "../../src/main/doctor-checks.ts";
import { endLook } from "../../src/store/looks.ts";
import { beginDeletion } from "../../src/store/workspace-deletion.ts";
import { Teardown } from "../../src/teardown.ts";
import type { FakeGitHub } from "../fakes/github/fake-github.ts";
import { startFakeGitHub } from "../fakes/github/fake-github.ts";
import { ReviewWorld } from "../support/review-world.ts";
import { memoryLogger } from "../support/test-app.ts";

const check = (name: string, run: Check["run"]): Check => ({ name, run, mend: `Mend ${name}.` });
const well = (name: string): Check => check(name, () => Promise.resolve(`${name} is well`));

describe("the doctor", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("looks at everything, in order, also past what is wrong", async () => {
    const seen: string[] = [];
    const findings = await examine([
      check("first", async () => {
        seen.push("first");
        return "fine";
      }),
      check("second", () => {
        seen.push("second");
        throw new Error("broken\n    at somewhere.ts:1:2");
      }),
      // oxlint-disable-next-line typescript/prefer-promise-reject-errors
      check("third", () => Promise.reject("no error at all")),
      well("fourth"),
    ]);
    expect(seen).toEqual(["first", "second"]);
    expect(findings).toEqual([
      { name: "first", ok: true, says: "fine", mend: null },
      { name: "second", ok: false, says: "broken", mend: "Mend second." },
      { name: "third", ok: false, says: "no error at all", mend: "Mend third." },
      { name: "fourth", ok: true, says: "fourth is well", mend: null },
    ]);
  });

  it("waits for no answer for ever", async () => {
    vi.useFakeTimers();
    const examined = examine([check("hung", () => new Promise(() => {})), well("next")]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(await examined).toMatchObject([
      {
        name: "hung",
        ok: false,
        says: expect.stringMatching(/^no answer within \d+ s$/) as string,
      },
      { name: "next", ok: true },
    ]);
    expect(vi.getTimerCount()).toBe(0);
  });

  it("says what is wrong and how to mend it", async () => {
    const broken = check("the queue", () => Promise.reject(new Error("no connection")));
    expect(report(await examine([well("Git"), broken]))).toBe(
      [
        "ok     Git: Git is well",
        "WRONG  the queue: no connection",
        "       Mend the queue.",
        "",
        "1 of 2 checks found something wrong.",
        "",
      ].join("\n"),
    );
    expect(report(await examine([well("Git")]))).toBe("ok     Git: Git is well\n\nAll is well.\n");
  });
});

describe("the doctor of a Redline with GitHub", () => {
  const REPOSITORY = "acme/rfcs";
  let world: ReviewWorld;
  let github: FakeGitHub;

  beforeAll(async () => {
    world = await ReviewWorld.start();
    github = await startFakeGitHub();
    await github.createRepository(REPOSITORY, { files: { "README.md": "# RFCs\n" } });
  });
  afterAll(async () => {
    await github.close();
    await world[Symbol.asyncDispose]();
  });

  /** What is found about GitHub alone, or about something else. */
  async function findingsWith(
    environment: Record<string, string>,
    about = /GitHub|pull requests/,
  ): Promise<Finding[]> {
    const { config, secrets } = readConfig({
      DATABASE_URL: world.url,
      GITHUB_API_URL: github.url,
      ...environment,
    });
    const teardown = new Teardown(memoryLogger([]));
    try {
      const checks = await listChecks(config, secrets, teardown);
      return await examine(checks.filter(({ name }) => about.test(name)));
    } finally {
      await teardown.run();
    }
  }
  const token = (permission: "read" | "write"): Record<string, string> => {
    github.addUser(`${permission}s`, { permission });
    return { GITHUB_TOKEN: github.createToken(`${permission}s`) };
  };

  it("names a workspace whose deletion has not ended", async () => {
    const name = "deleted workspaces";
    expect(await findingsWith({}, /deleted/)).toMatchObject([{ name, ok: true }]);
    await beginDeletion(world.sql, { platform: "slack", workspaceId: "T1" });
    expect(await findingsWith({}, /deleted/)).toMatchObject([
      { name, ok: false, says: expect.stringContaining("slack T1") as string },
    ]);
  });

  it("looks at nothing there without credentials", async () => {
    expect(await findingsWith({})).toEqual([]);
  });

  it("asks whether the credentials are good, before there is any repository", async () => {
    expect(await findingsWith(token("write"))).toMatchObject([
      { name: "GitHub", ok: true, says: expect.stringContaining("writes") as string },
    ]);
    expect(await findingsWith({ GITHUB_TOKEN: "ghp_unknown" })).toMatchObject([
      {
        name: "GitHub",
        ok: false,
        says: expect.stringContaining("GITHUB_TOKEN") as string,
        mend: expect.stringContaining("GITHUB_APP_ID") as string,
      },
    ]);
  });

  it("asks whether people can connect their accounts", async () => {
    const given = { ...token("write"), ENCRYPTION_KEY: "ab".repeat(32), GITHUB_CLIENT_ID: "Iv23" };
    const name = "accounts on GitHub";
    expect((await findingsWith(given)).at(-1)).toMatchObject({ name, ok: false });
    github.letPeopleIn("Iv23");
    expect((await findingsWith(given)).at(-1)).toMatchObject({ name, ok: true });
  });

  it("says of each repository what is missing, and what went wrong lately", async () => {
    const key = await world.branch({ repository: REPOSITORY });
    await world.branch({ repository: "file:///local" });
    const access = `GitHub ${REPOSITORY}`;
    const pulls = `pull requests of ${REPOSITORY}`;
    expect(await findingsWith(token("write"))).toMatchObject([
      { name: access, ok: true },
      { name: pulls, ok: true, says: "looked at without trouble" },
    ]);
    const look = await world.claim(key);
    await endLook(world.sql, look, { inMs: 0, problem: "It was locked.", failed: true });
    expect(await findingsWith(token("read"))).toMatchObject([
      { name: access, ok: false, says: expect.stringContaining("write access") as string },
      { name: pulls, ok: false, says: "It was locked." },
    ]);
    const app = github.createApp();
    github.install(app, [REPOSITORY], { contents: "read", metadata: "read" });
    const asApp = { GITHUB_APP_ID: String(app.id), GITHUB_PRIVATE_KEY: app.privateKey };
    expect((await findingsWith(asApp))[0]).toMatchObject({
      name: access,
      ok: false,
      says: expect.stringMatching(/contents: write.*pull_requests: write/) as string,
    });
  });
});
