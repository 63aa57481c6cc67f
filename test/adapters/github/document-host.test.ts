import { generateKeyPairSync } from "node:crypto";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { HostBusy, type CommitRequest, type DocumentLocation } from "../../../src/ports.ts";
import { describeDocumentHost, problemOf } from "../../contract/document-host.ts";
import { createGitHubDocumentHost } from "../../../adapters/github/document-host.ts";
import { until } from "../../support/test-app.ts";
import { GitHubWorld, type Kind } from "./github-world.ts";

describeDocumentHost("GitHub, as an App", async () => await harness("app"));
describeDocumentHost("GitHub, with a token", async () => await harness("token"));

async function harness(kind: Kind) {
  const world = await GitHubWorld.start(kind);
  return {
    host: world.host,
    missingRepository: "ada/nowhere",
    keepsAuthor: kind === "token",
    create: async (files: Record<string, string | Uint8Array>, path: string) => {
      const repository = await world.create(files);
      return {
        location: { repository, path, branch: "main" },
        outsideCommit: async (at: string, content: string | Uint8Array | null) =>
          await world.push(repository, { [at]: content }),
        readCommit: async (sha: string) => await world.commitAt(repository, sha),
        readFile: async (sha: string, at: string) =>
          await world.fake.repository(repository).bytes(at, sha),
      };
    },
    dispose: async () => await world.close(),
  };
}

describe.each(["app", "token"] as const)(
  "GitHub's documents, with the credentials of an %s",
  (kind) => {
    let world: GitHubWorld;
    let location: DocumentLocation;
    beforeAll(async () => {
      world = await GitHubWorld.start(kind);
    });
    beforeEach(async () => {
      world.renew();
      const repository = await world.create({ "docs/rfc.md": "One\nTwo\n", "other.md": "1\n" });
      location = { repository, path: "docs/rfc.md", branch: "main" };
    });
    afterEach(() => world.fake.expectConforming());
    afterAll(async () => await world.close());

    const requestFor = async (newBody: string): Promise<CommitRequest> => ({
      location,
      base: await world.host.read(location),
      newBody,
      message: "Change it\n\nRedline-Change: c1\n",
      author: { name: "Ada Author", email: "ada@example.org" },
    });

    describe("cost", () => {
      it("an unchanged document costs only answers that it is unchanged", async () => {
        await world.host.read(location);
        world.fake.forgetRequests();
        await world.host.read(location);
        await world.host.tips(location.repository, ["main"]);
        expect(world.requests()).toEqual([
          "304 GET /repos/{owner}/{repo}/git/ref/{ref}",
          "304 GET /repos/{owner}/{repo}/git/ref/{ref}",
        ]);
      });

      it("a commit that leaves the document alone costs two requests", async () => {
        await world.host.read(location);
        await world.push(location.repository, { "other.md": "2\n" });
        world.fake.forgetRequests();
        await world.host.read(location);
        expect(world.requests()).toHaveLength(2);
      });

      it("many readers of a new tip make one request for its text", async () => {
        await Promise.all(Array.from({ length: 10 }, () => world.host.read(location)));
        const texts = world.requests().filter((one) => one.includes("/contents/"));
        // The second one looks what the path is.
        expect(texts).toHaveLength(2);
      });

      it("what was just committed is not read again", async () => {
        const outcome = await world.host.commit(await requestFor("New\n"));
        world.fake.forgetRequests();
        const read = await world.host.read(location);
        expect(read).toEqual({ ...outcome, kind: undefined, body: "New\n" });
        expect(world.requests()).toEqual(["200 GET /repos/{owner}/{repo}/git/ref/{ref}"]);
      });
    });

    describe("what is not a document", () => {
      it.each([
        [
          "a symbolic link to a file",
          "link.md",
          { mode: "120000", content: "docs/rfc.md" },
          /symbolic link/,
        ],
        [
          "a symbolic link to nothing",
          "link.md",
          { mode: "120000", content: "none.md" },
          /symbolic link/,
        ],
        ["a submodule", "sub", { mode: "160000", content: "1".repeat(40) }, /submodule/],
      ])("is told as %s", async (_, path, file, words) => {
        await world.push(location.repository, { [path]: file });
        const problem = await problemOf(world.host.read({ ...location, path }));
        expect(problem).toMatch(/^document-unreadable: /);
        expect(problem).toMatch(words);
      });
    });

    it("reads a repository without commits as one without branches", async () => {
      const repository = await world.create({});
      expect(await world.host.tips(repository, ["main"])).toEqual(new Map([["main", null]]));
      expect(await world.host.lastCommit({ ...location, repository })).toBeNull();
      const problem = await problemOf(world.host.read({ ...location, repository }));
      expect(problem).toMatch(/^repository-unavailable: .*no branch main/);
    });

    it("tells who a commit's author is on GitHub", async () => {
      const { headSha: from } = await world.host.read(location);
      const to = await world.push(location.repository, { "docs/rfc.md": "New\n" }, "olive");
      const [commit] = await world.host.commitsBetween(location, from, to);
      expect(commit?.author).toEqual(world.accountOf("olive"));
      expect(await world.host.lastCommit(location)).toBe(to);
    });

    it("lists the newest 200 of many commits", async () => {
      const { headSha: from } = await world.host.read(location);
      const shas = await world.pushAlternating(location.repository, 203, {
        "docs/rfc.md": "Another\n",
        "other.md": "2\n",
      });
      const commits = await world.host.commitsBetween(location, from, shas.at(-1) ?? "");
      expect(commits.map(({ sha }) => sha)).toEqual(shas.slice(-200));
      expect(commits.map(({ touchesPath }) => touchesPath)).toEqual(
        shas.map((_, at) => at % 2 === 0).slice(-200),
      );
    });

    describe("commits", () => {
      it.runIf(kind === "app")("of an App are signed by GitHub", async () => {
        const outcome = await world.host.commit(await requestFor("New\n"));
        expect(outcome.kind).toBe("committed");
        if (outcome.kind === "committed")
          expect(world.fake.repository(location.repository).isVerified(outcome.headSha)).toBe(true);
      });

      it("that GitHub took without saying so are found, and not repeated", async () => {
        const request = await requestFor("New\n");
        world.fake.fault({ method: "PUT", status: 502, afterEffect: true });
        await expect(world.host.commit(request)).rejects.toThrow(HostBusy);
        expect(world.fake.count({ method: "PUT" })).toBe(1);
        const { headSha } = await world.host.read(location);
        expect(await world.host.findChangeCommit(location, "c1")).toEqual({ headSha });
      });

      it("lose against a push between the look and the write", async () => {
        const request = await requestFor("Mine\n");
        let release = (): void => {};
        const held = new Promise<void>((resolve) => (release = resolve));
        world.fake.fault({ method: "PUT", status: 0, until: held });
        const commit = world.host.commit(request);
        await until(async () => world.fake.count({ method: "PUT" }) === 1);
        const theirs = await world.push(location.repository, { "docs/rfc.md": "Theirs\n" });
        release();
        expect(await commit).toEqual({ kind: "moved" });
        expect(await world.host.read(location)).toMatchObject({
          headSha: theirs,
          body: "Theirs\n",
        });
      });

      it("that a rule forbids are refused in GitHub's words", async () => {
        const request = await requestFor("New\n");
        const message =
          "Repository rule violations found\n\nChanges must be made through a pull request.\n\n";
        world.fake.fault({ method: "PUT", status: 409, body: { message } });
        const problem = await problemOf(world.host.commit(request));
        expect(problem).toMatch(
          /^forbidden: .*branch main .*Changes must be made through a pull request”/,
        );
      });
    });

    describe("pull requests from forks", () => {
      it("are read at their head, and committed to where the fork can be pushed to", async () => {
        const { branch, fork } = await world.pullFromFork(location.repository, {
          "docs/rfc.md": "Forked\n",
        });
        world.grant(fork);
        location = { ...location, branch };
        const read = await world.host.read(location);
        expect(read.body).toBe("Forked\n");
        await world.host.assertWritable(location);
        const outcome = await world.host.commit(await requestFor("Mine\n"));
        const tips = await world.host.tips(location.repository, [branch, "refs/pull/99/head"]);
        expect(outcome).toMatchObject({ kind: "committed", headSha: tips.get(branch) });
        expect(tips.get("refs/pull/99/head")).toBeNull();
        expect((await world.host.read(location)).body).toBe("Mine\n");
        expect(await world.host.findChangeCommit(location, "c1")).toEqual({
          headSha: tips.get(branch),
        });
      });

      it("are committed to where the branch is one of the repository itself", async () => {
        const repository = world.fake.repository(location.repository);
        await repository.commit("own-idea", { "docs/rfc.md": "Idea\n" });
        const number = await repository.openPull({ head: "own-idea" });
        const { repository: name } = location;
        // GitHub does not mind how a name is written.
        const branch = `refs/pull/${number}/head`;
        location = { ...location, repository: name.toUpperCase(), branch };
        await world.host.assertWritable(location);
        const outcome = await world.host.commit(await requestFor("Mine\n"));
        const headSha = await repository.tip("own-idea");
        expect(outcome).toMatchObject({ kind: "committed", headSha });
      });

      it("say so when the fork is gone", async () => {
        const { branch, fork } = await world.pullFromFork(location.repository, {
          "docs/rfc.md": "Forked\n",
        });
        world.fake.deleteRepository(fork);
        location = { ...location, branch };
        expect((await world.host.read(location)).body).toBe("Forked\n");
        const words = /^forbidden: The fork .* is gone .*suggestions only/;
        expect(await problemOf(world.host.assertWritable(location))).toMatch(words);
      });

      it("take suggestions only where the fork cannot be pushed to", async () => {
        const { branch, fork } = await world.pullFromFork(location.repository, {
          "docs/rfc.md": "Forked\n",
        });
        location = { ...location, branch };
        const words = `forbidden: The pull request comes from bob's fork ${fork}`;
        expect(await problemOf(world.host.assertWritable(location))).toContain(words);
        expect(await problemOf(world.host.commit(await requestFor("Mine\n")))).toContain(words);
      });
    });

    describe("access", () => {
      it("is refused in time where Redline may only read", async () => {
        world.makeReadOnly(location.repository);
        expect(await problemOf(world.host.assertWritable(location))).toMatch(/^forbidden: .*write/);
        const problem = await problemOf(world.host.commit(await requestFor("New\n")));
        expect(problem).toMatch(/^forbidden: /);
      });

      it("is believed in for a while, once it is there", async () => {
        await world.host.assertWritable(location);
        world.fake.forgetRequests();
        await world.host.assertWritable(location);
        expect(world.requests()).toEqual([]);
      });

      it("that was lost is told, and found again", async () => {
        await world.host.read(location);
        world.takeAway(location.repository);
        const problem = await problemOf(world.host.tips(location.repository, ["main"]));
        expect(problem).toMatch(/^(repository-unavailable|unauthorized|forbidden): .*/);
        world.grant(location.repository);
        expect((await world.host.read(location)).body).toBe("One\nTwo\n");
      });

      it("of credentials that are refused is told with the setting", async () => {
        const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
        const pem = privateKey.export({ type: "pkcs8", format: "pem" }).toString();
        const credentials =
          kind === "app"
            ? { kind, appId: String(world.app.id), privateKey: pem }
            : { kind, token: "ghp_revoked" };
        const host = createGitHubDocumentHost(world.clientWith(credentials));
        const setting = kind === "app" ? /GITHUB_PRIVATE_KEY/ : /GITHUB_TOKEN/;
        const problem = await problemOf(host.read(location));
        expect(problem).toMatch(/^unauthorized: /);
        expect(problem).toMatch(setting);
      });

      it.runIf(kind === "app")("of a suspended installation is told as that", async () => {
        await world.host.read(location);
        world.fake.suspend(world.installation);
        const first = await problemOf(world.host.read(location));
        expect(first).toMatch(/^forbidden: .*suspended/);
        world.fake.unsuspend(world.installation);
        expect((await world.host.read(location)).body).toBe("One\nTwo\n");
      });

      it.runIf(kind === "app")("that ended before its time is asked for anew", async () => {
        await world.host.read(location);
        world.fake.expireInstallationTokens();
        // Octokit waits for a token that is younger than five seconds to become known everywhere.
        vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 10_000 });
        try {
          await expect(world.host.read(location)).rejects.toThrow(HostBusy);
          expect(await world.host.read(location)).toMatchObject({ body: "One\nTwo\n" });
        } finally {
          vi.useRealTimers();
        }
      });
    });

    it("leaves GitHub alone during a limit, and says until when", async () => {
      await world.host.read(location);
      world.fake.startSecondaryLimit({ retryAfterSeconds: 3_600 });
      const error = await world.host.read(location).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(HostBusy);
      expect((error as HostBusy).retryAt.getTime()).toBeGreaterThan(Date.now() + 3_500_000);
      world.fake.forgetRequests();
      await expect(world.host.read(location)).rejects.toThrow(HostBusy);
      expect(world.requests()).toEqual([]);
    });
  },
);

describe("documents that GitHub gives only in part", () => {
  it("are read raw above a size, byte for byte", async () => {
    const world = await GitHubWorld.start("token", { maxJsonContent: 10 });
    const body = "\u{feff}One\r\nTwo é😀";
    const repository = await world.create({ "rfc.md": body });
    const location = { repository, path: "rfc.md", branch: "main" };
    expect((await world.host.read(location)).body).toBe(body);
    await world.push(repository, { "rfc.md": Buffer.from("caf\u00e9 caf\u00e9\n", "latin1") });
    expect(await problemOf(world.host.read(location))).toMatch(/^document-unreadable: .*UTF-8/);
    await world.close();
  });

  it("are refused above another, where they are not given at all", async () => {
    const world = await GitHubWorld.start("token", { maxJsonContent: 10, maxContent: 20 });
    const repository = await world.create({ "rfc.md": "x".repeat(21) });
    const location = { repository, path: "rfc.md", branch: "main" };
    expect(await problemOf(world.host.read(location))).toMatch(/^too-large: .*100 MB/);
    await world.close();
  });
});
