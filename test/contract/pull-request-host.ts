/**
 * What every `PullRequestHost` does, whatever is behind it. An adapter's test calls `describePullRequestHost`
 * with a harness that can open pull requests and act as somebody else on the same host.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { UserError } from "../../src/errors.ts";
import { ReviewRejected } from "../../src/ports.ts";
import type { CommentRef, PullRequestComment, PullRequestHost } from "../../src/ports.ts";

export interface PullRequestHostHarness {
  host: PullRequestHost;
  /** A repository with the base's files on its default branch `main`, and nothing else. */
  createRepository(files: Files): Promise<HostedRepository>;
  /** Name of a repository that this host does not have. */
  missingRepository: string;
  /** Throws where the host was not asked as its contract wants, and forgets it. */
  assertContractKept(): void;
  dispose?(): Promise<void>;
}

/** Text by path; null deletes. */
export type Files = Record<string, string | null>;

/** A repository, and what somebody else may do there. */
export interface HostedRepository {
  repository: string;
  /** One commit on a branch, made from `main` where it is new. Returns its sha. */
  push(branch: string, files: Files): Promise<string>;
  /** Opens a pull request; with `fromFork`, from the branch of that name of a new fork. */
  open(branch: string, options?: { title?: string; fromFork?: Files }): Promise<HostedPull>;
}

export interface HostedPull {
  number: number;
  /** Somebody else's comments. Each returns its id. */
  commentOnLine(path: string, line: number, body: string): Promise<string>;
  commentOnPull(body: string): Promise<string>;
  reply(to: string, body: string): Promise<string>;
  /** Somebody else resolves the thread whose first comment this is. */
  resolve(commentId: string): Promise<void>;
  /** Why a comment is minimised; null where it is not. */
  minimizedReason(comment: CommentRef): Promise<string | null>;
  merge(): Promise<void>;
  close(): Promise<void>;
  /** Deletes the fork that it comes from. */
  deleteFork(): Promise<void>;
}

const PATH = "docs/rfc.md";
const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `Line ${index + 1}`);
const text = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
const BASE = numbered(40);
/** Lines 3 and 30 are changed, so lines 1 to 6 and 27 to 33 are in its diff, in two hunks. */
const HEAD = BASE.with(2, "Line three").with(29, "Line thirty");

export function describePullRequestHost(
  name: string,
  start: () => Promise<PullRequestHostHarness> | PullRequestHostHarness,
): void {
  describe(`the host of pull requests ${name}`, () => {
    let harness: PullRequestHostHarness;
    let host: PullRequestHost;
    beforeAll(async () => {
      harness = await start();
      host = harness.host;
    });
    afterEach(() => harness.assertContractKept());
    afterAll(async () => await harness.dispose?.());

    /** Made once: where a test is about one pull request, the others do not matter to it. */
    let shared: Promise<HostedRepository> | null = null;
    let count = 0;
    const create = async (): Promise<HostedRepository> =>
      await harness.createRepository({ [PATH]: text(BASE), "other.md": "Other\n" });

    /** A pull request that changes two places of the document, from a branch of its own. */
    async function open(head: Files = {}, hosted?: HostedRepository) {
      shared ??= create();
      const inside = hosted ?? (await shared);
      const { repository } = inside;
      count += 1;
      const branch = `idea-${count}`;
      const commitSha = await inside.push(branch, { [PATH]: text(HEAD), ...head });
      const pull = await inside.open(branch, { title: "An idea" });
      return { hosted: inside, repository, branch, commitSha, pull, number: pull.number };
    }

    const openAlone = async (head: Files = {}) => await open(head, await create());

    const find = async (repository: string, number: number, { id }: { id: string }) =>
      (await host.comments(repository, number)).find((comment) => comment.id === id);

    describe("finding", () => {
      it("serves its own repositories alone", async () => {
        const { repository } = await open();
        expect(host.serves(repository)).toBe(true);
        expect(host.serves("file:///somewhere")).toBe(false);
      });

      it("names the default branch", async () => {
        const { repository } = await open();
        expect(await host.defaultBranch(repository)).toBe("main");
      });

      it("reads a pull request's address back", async () => {
        const { repository, number } = await open();
        const { url } = await host.get(repository, number);
        expect(host.parseUrl(url)).toEqual({ repository, number });
        expect(host.parseUrl(`${url}/files#diff-1`)).toEqual({ repository, number });
        expect(host.parseUrl("not an address")).toBeNull();
      });

      it("lists the open ones, newest first, and those of one branch", async () => {
        const { repository, number, hosted, branch } = await openAlone();
        await hosted.push("other", { [PATH]: text(BASE.with(0, "First")) });
        const other = await hosted.open("other");
        await hosted.push("closed", { [PATH]: text(BASE.with(1, "Second")) });
        await (await hosted.open("closed")).close();

        const numbers = async (head?: string) =>
          (await host.listOpen(repository, head)).map((pull) => pull.number);
        expect(await numbers()).toEqual([other.number, number]);
        expect(await numbers(branch)).toEqual([number]);
        expect(await numbers("closed")).toEqual([]);
        expect(await numbers("no-such-branch")).toEqual([]);
      });

      it("does not take a fork's branch for one of the repository", async () => {
        const { repository, hosted } = await openAlone();
        await hosted.open("forked", { fromFork: { [PATH]: text(BASE.with(0, "First")) } });
        expect(await host.listOpen(repository, "forked")).toEqual([]);
        expect(await host.listOpen(repository)).toHaveLength(2);
      });
    });

    describe("one pull request", () => {
      it("tells what it is", async () => {
        const { repository, number, commitSha, branch } = await openAlone();
        const pull = await host.get(repository, number);
        expect(pull).toMatchObject({
          number,
          title: "An idea",
          state: "open",
          headBranch: branch,
          headSha: commitSha,
          headRepository: repository,
          baseBranch: "main",
          mergedBy: null,
          closedAt: null,
        });
        expect(pull.baseSha).toMatch(/^[0-9a-f]{40}$/);
        expect(await host.listOpen(repository)).toEqual([pull]);
      });

      it("notices a push at once", async () => {
        const { repository, number, hosted, branch } = await open();
        const headSha = await hosted.push(branch, { [PATH]: text(HEAD.with(2, "Line 3!")) });
        expect(await host.get(repository, number)).toMatchObject({ headSha });
      });

      it("tells who merged it", async () => {
        const { repository, number, pull } = await openAlone();
        await pull.merge();
        const merged = await host.get(repository, number);
        expect(merged).toMatchObject({ state: "merged", mergedBy: { login: expect.any(String) } });
        expect(merged.closedAt).toBeInstanceOf(Date);
      });

      it("tells that it was closed", async () => {
        const { repository, number, pull } = await open();
        await pull.close();
        expect(await host.get(repository, number)).toMatchObject({
          state: "closed",
          mergedBy: null,
          closedAt: expect.any(Date),
        });
      });

      it("tells that its fork is gone", async () => {
        const { repository, hosted } = await openAlone();
        const fork = { [PATH]: text(BASE.with(0, "First")) };
        const pull = await hosted.open("forked", { fromFork: fork });
        const before = await host.get(repository, pull.number);
        expect(before).toMatchObject({ headBranch: "forked" });
        expect(before.headRepository).not.toBe(repository);
        await pull.deleteFork();
        expect(await host.get(repository, pull.number)).toMatchObject({ headRepository: null });
      });

      it("explains what is not there", async () => {
        const { repository, number } = await openAlone();
        expect(await problemOf(host.get(repository, number + 1))).toMatch(/^not-found: /);
        expect(await problemOf(host.defaultBranch(harness.missingRepository))).toMatch(
          /^repository-unavailable: .*/,
        );
      });
    });

    describe("its diff", () => {
      it("lists the files with their hunks", async () => {
        const { repository, number } = await open({ "new.md": "New\n", "other.md": null });
        const files = await host.files(repository, number);
        const [rfc, added, removed] = [PATH, "new.md", "other.md"].map((path) =>
          files.find((file) => file.path === path),
        );
        expect(files).toHaveLength(3);
        expect(rfc).toMatchObject({ status: "modified", previousPath: null });
        expect(rfc).toMatchObject({ additions: 2, deletions: 2 });
        expect(rfc?.patch?.match(/^@@ .*$/gm)?.map((line) => line.slice(0, 22))).toEqual([
          expect.stringMatching(/^@@ -1,6 \+1,6 @@/),
          expect.stringMatching(/^@@ -27,7 \+27,7 @@/),
        ]);
        expect(added).toMatchObject({
          status: "added",
          additions: 1,
          patch: "@@ -0,0 +1 @@\n+New",
        });
        expect(removed).toMatchObject({ status: "removed", deletions: 1 });
      });

      it("follows a renamed file", async () => {
        const { repository, number } = await open({ [PATH]: null, "docs/new.md": text(HEAD) });
        expect(await host.files(repository, number)).toMatchObject([
          { status: "renamed", path: "docs/new.md", previousPath: PATH },
        ]);
      });

      it("lists more files than one page has", async () => {
        const names = Array.from({ length: 130 }, (_, index) => `many/${index}.md`);
        const many = Object.fromEntries(names.map((path) => [path, `${path}\n`]));
        const { repository, number } = await open(many);
        const files = await host.files(repository, number);
        expect(new Set(files.map(({ path }) => path))).toEqual(new Set([...names, PATH]));
      });

      it("reads the base side, however far the base has moved on", async () => {
        const { repository, number, hosted } = await openAlone({ "new.md": "New\n" });
        await hosted.push("main", { [PATH]: text(BASE.with(20, "Meanwhile")) });
        const pull = await host.get(repository, number);
        expect(await host.readMergeBase(repository, pull, PATH)).toBe(text(BASE));
        expect(await host.readMergeBase(repository, pull, "new.md")).toBeNull();
        expect(await host.readMergeBase(repository, pull, "docs")).toBeNull();
      });

      it("reads the base side of a fork's", async () => {
        const { repository, hosted } = await openAlone();
        const fork = { [PATH]: text(BASE.with(0, "First")) };
        const { number } = await hosted.open("forked", { fromFork: fork });
        const pull = await host.get(repository, number);
        expect(await host.readMergeBase(repository, pull, PATH)).toBe(text(BASE));
      });

      it.each([
        ["a byte order mark", "\u{feff}One\r\nTwo"],
        ["a large file", `\u{feff}${"A line of some length, äöü.\n".repeat(50_000)}`],
      ])("reads exactly what the base has: %s", async (_, body) => {
        const hosted = await harness.createRepository({ [PATH]: body });
        await hosted.push("idea", { [PATH]: `${body}!` });
        const { number } = await hosted.open("idea");
        const pull = await host.get(hosted.repository, number);
        const read = await host.readMergeBase(hosted.repository, pull, PATH);
        expect(read === body).toBe(true);
      });
    });

    describe("posting", () => {
      it("posts one review with its comments, and tells them as the list does", async () => {
        const { repository, number, commitSha } = await open();
        const posted = await host.postReview(repository, number, {
          commitSha,
          comments: [
            { path: PATH, startLine: null, line: 3, body: "```suggestion\nLine III\n```" },
            { path: PATH, startLine: 28, line: 30, body: "Several lines ☃" },
          ],
        });
        expect(posted).toMatchObject([
          { kind: "line", isOwn: true, path: PATH, startLine: null, line: 3, inReplyTo: null },
          { kind: "line", isOwn: true, path: PATH, startLine: 28, line: 30 },
        ]);
        expect(posted[0]?.body).toBe("```suggestion\nLine III\n```");
        expect(await host.comments(repository, number)).toEqual(posted);
      });

      it("tells lines apart that say the same", async () => {
        const { repository, number, commitSha } = await open();
        const comments = [1, 2, 28].map((line) => ({
          path: PATH,
          startLine: null,
          line,
          body: "The same",
        }));
        const posted = await host.postReview(repository, number, { commitSha, comments });
        expect(posted.map(({ line }) => line)).toEqual([1, 2, 28]);
      });

      it.each([
        ["a line outside every hunk", { startLine: null, line: 15 }],
        ["lines of two hunks", { startLine: 5, line: 28 }],
        ["lines in the wrong order", { startLine: 5, line: 3 }],
        ["a file that is not in the diff", { startLine: null, line: 1, path: "other.md" }],
      ])("is refused %s, and nothing of the review is there", async (_, place) => {
        const { repository, number, commitSha } = await open();
        const good = { path: PATH, startLine: null, line: 3, body: "Good" };
        const comments = [good, { path: PATH, ...place, body: "Bad" }];
        const error = await host
          .postReview(repository, number, { commitSha, comments })
          .catch((reason: unknown) => reason);
        expect(error).toBeInstanceOf(ReviewRejected);
        expect((error as ReviewRejected).cause).toBeDefined();
        expect(await host.comments(repository, number)).toEqual([]);
      });

      it("posts a comment on a whole file of the diff", async () => {
        const { repository, number, commitSha } = await open();
        const comment = { commitSha, path: PATH, body: "About the file" };
        const posted = await host.postFileComment(repository, number, comment);
        expect(posted).toMatchObject({ kind: "file", path: PATH, startLine: null, line: null });
        expect(await host.comments(repository, number)).toEqual([posted]);
        const elsewhere = { ...comment, path: "other.md" };
        await expect(host.postFileComment(repository, number, elsewhere)).rejects.toThrow(
          ReviewRejected,
        );
      });

      it("posts below the pull request, and answers in a thread", async () => {
        const { repository, number, pull } = await open();
        const id = await pull.commentOnLine(PATH, 3, "Why?");
        const reply = await host.postReply(repository, number, id, "Because.");
        expect(reply).toMatchObject({ kind: "line", inReplyTo: id, isOwn: true, body: "Because." });
        const below = await host.postConversationComment(repository, number, "Hello.");
        expect(below).toMatchObject({ kind: "conversation", path: null, line: null, isOwn: true });
        expect(await find(repository, number, below)).toEqual(below);
        expect(await find(repository, number, reply)).toEqual(reply);
      });

      it("explains that the comment to answer is gone", async () => {
        const { repository, number, commitSha } = await open();
        const comment = { commitSha, path: PATH, body: "About the file" };
        const { id, ...rest } = await host.postFileComment(repository, number, comment);
        await host.deleteComment(repository, { id, ...rest });
        const reply = host.postReply(repository, number, id, "Late");
        expect(await problemOf(reply)).toMatch(/^not-found: /);
      });
    });

    describe("comments", () => {
      it("lists all three kinds, whoever wrote them, oldest first", async () => {
        const { repository, number, pull, commitSha } = await open();
        const question = await pull.commentOnLine(PATH, 3, "Why?");
        const below = await pull.commentOnPull("Hello!");
        const answer = await pull.reply(question, "Who knows.");
        const file = { commitSha, path: PATH, body: "About the file" };
        const own = await host.postFileComment(repository, number, file);

        const comments = await host.comments(repository, number);
        const byId = new Map(comments.map((comment) => [comment.id, comment]));
        expect([...byId.keys()].sort()).toEqual([question, below, answer, own.id].sort());
        expect(byId.get(question)).toMatchObject({
          kind: "line",
          isOwn: false,
          inReplyTo: null,
          line: 3,
        });
        expect(byId.get(below)).toMatchObject({ kind: "conversation", isOwn: false });
        expect(byId.get(answer)).toMatchObject({ isOwn: false, inReplyTo: question });
        expect(byId.get(own.id)).toMatchObject({ kind: "file", isOwn: true });
        const times = comments.map(({ createdAt }) => createdAt.getTime());
        expect(times).toEqual(times.toSorted((a, b) => a - b));
      });

      it("finds the next comment after a page that was full", async () => {
        const { repository, number, pull } = await open();
        for (let count = 1; count <= 100; count += 1) await pull.commentOnPull(`Comment ${count}`);
        expect(await host.comments(repository, number)).toHaveLength(100);
        const id = await pull.commentOnPull("One more");
        expect(await find(repository, number, { id })).toMatchObject({ body: "One more" });
      });

      it("edits its own, until they are gone", async () => {
        const { repository, number, commitSha } = await open();
        const line = { path: PATH, startLine: null, line: 3, body: "Line" };
        const review = { commitSha, comments: [line] };
        const posted = [
          ...(await host.postReview(repository, number, review)),
          await host.postFileComment(repository, number, { commitSha, path: PATH, body: "File" }),
          await host.postConversationComment(repository, number, "Below"),
        ];
        for (const comment of posted) {
          expect(await host.editComment(repository, comment, "Edited")).toBe(true);
          expect(await find(repository, number, comment)).toMatchObject({ body: "Edited" });
        }
        const reviewComments = posted.filter(({ kind }) => kind !== "conversation");
        for (const comment of reviewComments) {
          await host.deleteComment(repository, comment);
          await host.deleteComment(repository, comment);
          expect(await host.editComment(repository, comment, "Again")).toBe(false);
          expect(await find(repository, number, comment)).toBeUndefined();
        }
        const gone: CommentRef = { id: "1", kind: "conversation", nodeId: "IC_gone" };
        expect(await host.editComment(repository, gone, "Nobody")).toBe(false);
        await host.deleteComment(repository, gone);
      });

      it("takes what it deletes below the pull request out of the way", async () => {
        const { repository, number, pull } = await open();
        const comment = await host.postConversationComment(repository, number, "Secret marker");
        await host.deleteComment(repository, comment);
        const left = await find(repository, number, comment);
        expect(left?.body ?? "").not.toContain("Secret marker");
        if (left) expect(await pull.minimizedReason(comment)).toBe("outdated");
      });

      it("have moved with their lines after a push, or are outdated", async () => {
        const { repository, number, hosted, branch, commitSha } = await open();
        const comments = [3, 30].map((line) => ({
          path: PATH,
          startLine: line === 3 ? null : line - 1,
          line,
          body: `On line ${line}`,
        }));
        const posted = await host.postReview(repository, number, { commitSha, comments });
        await hosted.push(branch, { [PATH]: text(["Title", ...HEAD.with(2, "Line III")]) });
        const [first, second] = await host.comments(repository, number);
        expect(first).toEqual({ ...posted[0], startLine: null, line: null });
        expect(second).toEqual({ ...posted[1], startLine: 30, line: 31 });
      });
    });

    describe("review threads", () => {
      const postOn = async (repository: string, number: number, commitSha: string) => {
        const line = { path: PATH, startLine: null, line: 3, body: "Line" };
        const review = { commitSha, comments: [line, { ...line, line: 30 }] };
        return (await host.postReview(repository, number, review)) as [
          PullRequestComment,
          PullRequestComment,
        ];
      };

      it("tell which are resolved, and by whom", async () => {
        const { repository, number, commitSha, pull } = await open();
        const [first, second] = await postOn(repository, number, commitSha);
        await pull.reply(first.id, "An answer makes no thread of its own.");
        await pull.resolve(first.id);
        const threads = await host.reviewThreads(repository, number);
        expect(threads.map(({ id: _, ...rest }) => rest)).toEqual([
          {
            isResolved: true,
            resolvedBy: { id: expect.any(String), login: expect.any(String) },
            commentNodeId: first.nodeId,
          },
          { isResolved: false, resolvedBy: null, commentNodeId: second.nodeId },
        ]);
      });

      it("are resolved", async () => {
        const { repository, number, commitSha } = await open();
        const [, second] = await postOn(repository, number, commitSha);
        const threads = await host.reviewThreads(repository, number);
        const thread = threads.find(({ commentNodeId }) => commentNodeId === second.nodeId);
        expect(await host.resolveThread(repository, thread?.id ?? "")).toBe(true);
        expect(await host.resolveThread(repository, thread?.id ?? "")).toBe(true);
        const after = await host.reviewThreads(repository, number);
        expect(after.map(({ isResolved }) => isResolved)).toEqual([false, true]);
      });

      it("lists more threads than one page has", async () => {
        const { repository, number, pull } = await open();
        for (let count = 1; count <= 101; count += 1) await pull.commentOnLine(PATH, 3, "More");
        expect(await host.reviewThreads(repository, number)).toHaveLength(101);
        expect(await host.comments(repository, number)).toHaveLength(101);
      });
    });

    it("minimises comments of every kind", async () => {
      const { repository, number, commitSha, pull } = await open();
      const file = { commitSha, path: PATH, body: "File" };
      const onFile = await host.postFileComment(repository, number, file);
      const below = await host.postConversationComment(repository, number, "Below");
      expect(await host.minimize(repository, onFile, "OUTDATED")).toBe(true);
      expect(await host.minimize(repository, below, "RESOLVED")).toBe(true);
      expect(await pull.minimizedReason(onFile)).toBe("outdated");
      expect(await pull.minimizedReason(below)).toBe("resolved");
      const gone: CommentRef = { id: "1", kind: "conversation", nodeId: "IC_gone" };
      expect(await host.minimize(repository, gone, "DUPLICATE")).toBe(false);
    });

    it("goes by a name that begins with no @ and has no capitals", async () => {
      const { repository } = await open();
      const names = await host.ownNames(repository);
      expect(names).toContain("redline");
      for (const own of names) expect(own).toMatch(/^[a-z0-9-]+$/);
      expect(new Set(names).size).toBe(names.length);
    });
  });
}

async function problemOf(promise: Promise<unknown>): Promise<string> {
  const error = await promise.catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(UserError);
  const { type, message } = error as UserError;
  return `${type}: ${message}`;
}
