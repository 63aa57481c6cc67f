/** Repositories and pull requests, as far as they are no reviews. */
import { notFound } from "./api-error.ts";
import { permissionOf, reaches } from "./auth.ts";
import type { Json, Pull } from "./model.ts";
import { commitsOf, filesOf, openPull } from "./pulls.ts";
import { pullOf } from "./review-actions.ts";
import { accountOf, created, ok, paged } from "./router.ts";
import type { RepositoryCall, Reply, Route } from "./router.ts";
import { showAccount, showCommit, showFile, showFullRepository, showPermissions } from "./show.ts";
import { showFullPull, showPull } from "./show-reviews.ts";

function getRepository(call: RepositoryCall): Reply {
  const { repository, actor } = call;
  const level = actor.installation?.permissions["contents"];
  const byInstallation = {
    admin: false,
    maintain: false,
    push: level === "write",
    triage: false,
    pull: level !== undefined,
  };
  const ofUser = actor.account ? showPermissions(repository, actor.account) : null;
  const permissions = actor.kind === "installation" ? byInstallation : ofUser;
  return ok(showFullRepository(call.show, repository, permissions));
}

function getPermission(call: RepositoryCall): Reply {
  const { repository, world } = call;
  const account = world.accounts.get((call.params["username"] ?? "").toLowerCase());
  if (!account) throw notFound();
  const role = permissionOf(repository, account);
  const coarse = reaches(role, "admin")
    ? "admin"
    : reaches(role, "write")
      ? "write"
      : reaches(role, "read")
        ? "read"
        : "none";
  const permissions = showPermissions(repository, account);
  const user = { ...showAccount(call.show, account), permissions, role_name: role };
  return ok({ permission: coarse, role_name: role, user });
}

function listPulls(call: RepositoryCall): Reply {
  const { query } = call;
  const state = query.get("state") ?? "open";
  const head = query.get("head");
  const base = query.get("base");
  const sort = query.get("sort") ?? "created";
  const descending = (query.get("direction") ?? (sort === "created" ? "desc" : "asc")) === "desc";
  const pulls = [...call.repository.pulls.values()].filter(
    (pull) =>
      (state === "all" || pull.state === state) &&
      (base === null || pull.baseBranch === base) &&
      // Without an owner the filter does nothing, as on GitHub.
      (!head?.includes(":") || isHead(pull, head)),
  );
  const key = (pull: Pull): string => (sort === "updated" ? pull.updatedAt : pull.createdAt);
  pulls.sort((a, b) => key(a).localeCompare(key(b)) || a.number - b.number);
  if (descending) pulls.reverse();
  return paged(
    call,
    pulls.map((pull) => showPull(call.show, pull)),
  );
}

const isHead = (pull: Pull, head: string): boolean =>
  `${pull.headOwner.login}:${pull.headBranch}`.toLowerCase() === head.toLowerCase();

async function postPull(call: RepositoryCall): Promise<Reply> {
  const { head, base, title, body, draft } = call.body as Record<string, string | undefined>;
  const request = {
    head: head ?? "",
    ...(base !== undefined && { base }),
    ...(title !== undefined && { title }),
    body: body ?? null,
    draft: Boolean(draft),
  };
  const pull = await openPull(call.world, call.repository, request, accountOf(call));
  return created(await showFullPull(call.show, pull));
}

const thePull = (call: RepositoryCall): Pull =>
  pullOf(call.repository.pulls, call.params["pull_number"] ?? "");

async function getPull(call: RepositoryCall): Promise<Reply> {
  return ok(await showFullPull(call.show, thePull(call)));
}

/** At most 3,000 files, as on GitHub. */
async function listFiles(call: RepositoryCall): Promise<Reply> {
  const pull = thePull(call);
  const files = (await filesOf(pull)).slice(0, 3000);
  return paged(
    call,
    files.map((file) => showFile(call.show, call.repository, pull.headSha, file)),
  );
}

/** At most 250, oldest first. */
async function listCommits(call: RepositoryCall): Promise<Reply> {
  const pull = thePull(call);
  const shas = (await commitsOf(pull)).toReversed().slice(0, 250);
  const shown: Json[] = [];
  for (const sha of shas) {
    shown.push(showCommit(call.show, call.repository, await call.repository.store.commit(sha)));
  }
  return paged(call, shown);
}

const route = (
  needs: readonly string[],
  answer: (call: RepositoryCall) => Promise<Reply> | Reply,
  makesContent = false,
): Route => ({ kind: "repository", needs, answer, makesContent });

const REPOSITORY = "/repos/{owner}/{repo}";
const PULL = ["pull_requests"];

export const PULL_ROUTES: Record<string, Route> = {
  [`GET ${REPOSITORY}`]: route(["metadata"], getRepository),
  [`GET ${REPOSITORY}/collaborators/{username}/permission`]: route(["metadata"], getPermission),
  [`GET ${REPOSITORY}/pulls`]: route(PULL, listPulls),
  [`POST ${REPOSITORY}/pulls`]: route(PULL, postPull, true),
  [`GET ${REPOSITORY}/pulls/{pull_number}`]: route(PULL, getPull),
  [`GET ${REPOSITORY}/pulls/{pull_number}/files`]: route(PULL, listFiles),
  [`GET ${REPOSITORY}/pulls/{pull_number}/commits`]: route(PULL, listCommits),
};
