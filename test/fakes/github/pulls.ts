/** The life of a pull request: opened, pushed to, merged, closed. */
import { unprocessable, validationFailed } from "./api-error.ts";
import type { FileDiff } from "./diff.ts";
import { fullName, sameLogin, timestamp } from "./model.ts";
import type { Account, Pull, Repository } from "./model.ts";
import { WEB_FLOW } from "./world.ts";
import type { PushEvent, World } from "./world.ts";

export interface NewPull {
  /** `branch` of the same repository, or `owner:branch` of it or of a fork. */
  head: string;
  base?: string;
  title?: string;
  body?: string | null;
  draft?: boolean;
}

/** @throws ApiError 422 as GitHub refuses a pull request */
export async function openPull(
  world: World,
  base: Repository,
  request: NewPull,
  author: Account,
): Promise<Pull> {
  const baseBranch = request.base ?? base.defaultBranch;
  const colon = request.head.indexOf(":");
  const owner = colon === -1 ? base.owner.login : request.head.slice(0, colon);
  const headBranch = request.head.slice(colon + 1);
  const head = repositoryOf(world, base, owner);
  const headSha = head && (await head.store.tip(headBranch));
  const baseSha = await base.store.tip(baseBranch);
  if (!head || headSha == null) throw validationFailed("PullRequest", "head", "invalid");
  if (baseSha === null) throw validationFailed("PullRequest", "base", "invalid");
  const twin = [...base.pulls.values()].find(
    (pull) =>
      pull.state === "open" &&
      pull.head === head &&
      pull.headBranch === headBranch &&
      pull.baseBranch === baseBranch,
  );
  const label = `${owner}:${headBranch}`;
  if (twin) {
    const text = `A pull request already exists for ${label}.`;
    throw validationFailed("PullRequest", "head", text);
  }
  const number = base.nextNumber;
  await base.store.fetch(head.store, headSha, `refs/pull/${number}/head`);
  if ((await base.store.count(`${baseSha}..${headSha}`)) === 0) {
    await base.store.git("update-ref", "-d", `refs/pull/${number}/head`);
    const text = `No commits between ${baseBranch} and ${label}`;
    throw validationFailed("PullRequest", "head", text);
  }
  base.nextNumber += 1;
  const id = world.nextLargeId();
  const pull: Pull = {
    id,
    nodeId: `PR_kwDO${id}`,
    number,
    base,
    baseBranch,
    baseSha,
    head,
    headOwner: head.owner,
    headBranch,
    headSha,
    title: request.title ?? headBranch,
    body: request.body ?? null,
    author,
    draft: request.draft ?? false,
    state: "open",
    mergedBy: null,
    mergedAt: null,
    closedAt: null,
    mergeCommitSha: null,
    createdAt: timestamp(),
    updatedAt: timestamp(),
    reviews: [],
    threads: [],
    comments: [],
  };
  base.pulls.set(number, pull);
  world.tell({ name: "pull_request", action: "opened", repository: base, pull, sender: author });
  return pull;
}

/** The base itself, or the fork in its network that an owner has. */
function repositoryOf(world: World, base: Repository, owner: string): Repository | null {
  if (sameLogin(owner, base.owner.login)) return base;
  return (
    [...world.repositories.values()].find(
      (one) => sameLogin(one.owner.login, owner) && (one.parent === base || base.parent === one),
    ) ?? null
  );
}

/** The commits from which and to which the pull request's diff goes. */
export async function mergeBaseOf(pull: Pull, headSha = pull.headSha): Promise<string> {
  const base = await pull.base.store.mergeBase(pull.baseSha, headSha);
  // Unrelated histories: GitHub compares with the base itself.
  return base ?? pull.baseSha;
}

/** The three-dot diff of a pull request at its head, or at one of its earlier commits. */
export async function filesOf(pull: Pull, headSha = pull.headSha): Promise<FileDiff[]> {
  return await pull.base.store.diff(await mergeBaseOf(pull, headSha), headSha);
}

/** The shas of its commits, newest first. */
export async function commitsOf(pull: Pull): Promise<string[]> {
  const output = await pull.base.store.git("rev-list", `${pull.baseSha}..${pull.headSha}`);
  return output === "" ? [] : output.split("\n");
}

/** What pull requests do when a branch moved: heads follow, deleted heads close, reached bases merge. */
export async function followPush(world: World, push: PushEvent): Promise<void> {
  const branch = push.ref.replace(/^refs\/heads\//, "");
  const open = [...world.repositories.values()]
    .flatMap((repository) => [...repository.pulls.values()])
    .filter((pull) => pull.state === "open");
  const gone = /^0+$/.test(push.after);
  for (const pull of open) {
    if (pull.head === push.repository && pull.headBranch === branch) {
      if (gone) endPull(world, pull, push.sender);
      else await moveHead(world, pull, push);
    }
    if (pull.base === push.repository && pull.baseBranch === branch && !gone) {
      await moveBase(world, pull, push);
    }
  }
}

async function moveHead(world: World, pull: Pull, push: PushEvent): Promise<void> {
  const ref = `refs/pull/${pull.number}/head`;
  await pull.base.store.fetch(push.repository.store, push.after, ref);
  pull.headSha = push.after;
  pull.updatedAt = timestamp();
  world.tell({
    name: "pull_request",
    action: "synchronize",
    repository: pull.base,
    pull,
    sender: push.sender,
    extra: { before: push.before, after: push.after },
  });
}

async function moveBase(world: World, pull: Pull, push: PushEvent): Promise<void> {
  if (await pull.base.store.isAncestor(pull.headSha, push.after)) {
    pull.mergeCommitSha = push.after;
    pull.mergedBy = push.sender;
    pull.mergedAt = timestamp();
    endPull(world, pull, push.sender);
    return;
  }
  pull.baseSha = push.after;
  pull.updatedAt = timestamp();
}

function endPull(world: World, pull: Pull, sender: Account): void {
  pull.state = "closed";
  pull.closedAt = timestamp();
  pull.updatedAt = pull.closedAt;
  world.tell({
    name: "pull_request",
    action: "closed",
    repository: pull.base,
    pull,
    sender,
  });
}

export function closePull(world: World, pull: Pull, by: Account): void {
  if (pull.state === "open") endPull(world, pull, by);
}

/** @throws ApiError 422 when its branch is gone or it was merged */
export async function reopenPull(world: World, pull: Pull, by: Account): Promise<void> {
  const tip = await pull.head?.store.tip(pull.headBranch);
  if (pull.mergedAt !== null || tip == null || !pull.head) {
    throw unprocessable("state cannot be changed.");
  }
  pull.state = "open";
  pull.closedAt = null;
  pull.updatedAt = timestamp();
  await pull.base.store.fetch(pull.head.store, tip, `refs/pull/${pull.number}/head`);
  pull.headSha = tip;
  pull.baseSha = (await pull.base.store.tip(pull.baseBranch)) ?? pull.baseSha;
  const sender = by;
  world.tell({ name: "pull_request", action: "reopened", repository: pull.base, pull, sender });
}

/** Merges with a merge commit, or with one that has the base as its only parent. Returns the commit. */
export async function mergePull(
  world: World,
  pull: Pull,
  by: Account,
  method: "merge" | "squash" = "merge",
): Promise<string> {
  if (pull.state !== "open") throw new Error(`pull request ${pull.number} is not open`);
  const { store } = pull.base;
  const merged = await store.git("merge-tree", "--write-tree", pull.baseSha, pull.headSha);
  const tree = merged.split("\n")[0] ?? "";
  const title =
    method === "merge"
      ? `Merge pull request #${pull.number} from ${pull.headOwner.login}/${pull.headBranch}`
      : `${pull.title} (#${pull.number})`;
  const sha = await store.writeCommit({
    parents: method === "merge" ? [pull.baseSha, pull.headSha] : [pull.baseSha],
    from: tree,
    files: {},
    message: title,
    author: by,
    committer: WEB_FLOW,
  });
  world.verified.add(sha);
  pull.mergeCommitSha = sha;
  pull.mergedBy = by;
  pull.mergedAt = timestamp();
  // The base keeps its place; the push must not take the pull request for one that is still open.
  pull.state = "closed";
  await world.moveBranch(pull.base, pull.baseBranch, sha, { expect: pull.baseSha, sender: by });
  endPull(world, pull, by);
  return sha;
}

/** For messages of the fake's own. */
export const nameOfPull = (pull: Pull): string => `${fullName(pull.base)}#${pull.number}`;
