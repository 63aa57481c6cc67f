/** Refs, commits, trees, blobs, branches and comparisons. */
import { ApiError, notFound } from "./api-error.ts";
import type { CommitDetails } from "./git-store.ts";
import { fullName, sameLogin } from "./model.ts";
import type { Json, Repository } from "./model.ts";
import { linkHeader, ok, page1, paged } from "./router.ts";
import type { RepositoryCall, Reply, Route } from "./router.ts";
import { repositoryApi, repositoryHtml, showCommit, showFile, showVerification } from "./show.ts";

async function getRef(call: RepositoryCall): Promise<Reply> {
  const { repository, params, show } = call;
  const ref = `refs/${params["ref"] ?? ""}`;
  const sha = (await repository.store.refs(ref)).get(ref);
  if (sha === undefined) throw notFound();
  const type = (await repository.store.typeOf(sha)) ?? "commit";
  const api = repositoryApi(show, repository);
  return ok({
    ref,
    node_id: `REF_kwDO${repository.id}_${ref}`,
    url: `${api}/git/${ref}`,
    object: { sha, type, url: `${api}/git/${type}s/${sha}` },
  });
}

async function resolve(call: RepositoryCall, ref: string, missing: ApiError): Promise<string> {
  const sha = await call.repository.store.resolve(ref);
  if (sha === null) throw missing;
  return sha;
}

const noCommit = (ref: string): ApiError => new ApiError(422, `No commit found for SHA: ${ref}`);

const emptyRepository = (): ApiError => new ApiError(409, "Git Repository is empty.");

async function getCommit(call: RepositoryCall): Promise<Reply> {
  const { repository, params, show } = call;
  const ref = params["ref"] ?? "";
  const sha = await resolve(call, ref, noCommit(ref));
  if (/vnd\.github\.(v3\.)?sha/.test(call.accept)) {
    const type = "application/vnd.github.sha; charset=utf-8";
    return { status: 200, bytes: Buffer.from(sha), type };
  }
  const commit = await repository.store.commit(sha);
  const files = await filesOfCommit(repository, commit);
  return ok(showCommit(show, repository, commit, files));
}

async function filesOfCommit(repository: Repository, commit: CommitDetails) {
  const empty = await repository.store.bytes(["hash-object", "-t", "tree", "-w", "--stdin"], {
    input: "",
  });
  return await repository.store.diff(commit.parents[0] ?? empty.toString().trim(), commit.sha);
}

async function listCommits(call: RepositoryCall): Promise<Reply> {
  const { repository, query, show } = call;
  const ref = query.get("sha") ?? repository.defaultBranch;
  const tip = await repository.store.resolve(ref);
  if (tip === null) {
    const isEmpty = (await repository.store.refs("refs/heads")).size === 0;
    throw isEmpty ? emptyRepository() : notFound();
  }
  const filters = (["since", "until", "author", "committer"] as const).flatMap((name) => {
    const value = query.get(name);
    return value === null ? [] : [`--${name}=${value}`];
  });
  const path = query.get("path");
  const paths = path === null || path === "" ? [] : [path];
  const output = await repository.store.git("rev-list", ...filters, tip, "--", ...paths);
  const shas = output === "" ? [] : output.split("\n");
  const reply = paged(call, shas);
  const wanted = reply.json as string[];
  const commits =
    wanted.length === 0 ? [] : await repository.store.log(["--no-walk=unsorted", ...wanted]);
  return { ...reply, json: commits.map((commit) => showCommit(show, repository, commit)) };
}

async function getBranch(call: RepositoryCall): Promise<Reply> {
  const { repository, params, show } = call;
  const name = params["branch"] ?? "";
  const tip = await repository.store.tip(name);
  if (tip === null) throw notFound("Branch not found");
  const api = `${repositoryApi(show, repository)}/branches/${encodeURIComponent(name)}`;
  return ok({
    name,
    commit: showCommit(show, repository, await repository.store.commit(tip)),
    _links: { self: api, html: `${repositoryHtml(show, repository)}/tree/${name}` },
    protected: false,
    protection: {
      enabled: false,
      required_status_checks: { enforcement_level: "off", contexts: [], checks: [] },
    },
    protection_url: `${api}/protection`,
  });
}

/** `branch`, `owner:branch` or `owner:repo:branch` of the same network. */
async function resolveEnd(call: RepositoryCall, end: string): Promise<string> {
  const parts = end.split(":");
  const ref = parts.at(-1) ?? "";
  const [owner] = parts.length > 1 ? parts : [undefined];
  const { repository, world } = call;
  const other =
    owner === undefined || sameLogin(owner, repository.owner.login)
      ? repository
      : [...world.repositories.values()].find(
          (one) =>
            sameLogin(one.owner.login, owner) &&
            (one.parent === repository || repository.parent === one),
        );
  const sha = await other?.store.resolve(ref);
  if (!other || sha == null) throw notFound();
  if (other !== repository) await repository.store.fetch(other.store, sha, `refs/compared/${sha}`);
  return sha;
}

/** Commits a page without paging, and files in all. */
const COMPARED_COMMITS = 250;
const COMPARED_FILES = 300;

async function compare(call: RepositoryCall): Promise<Reply> {
  const { repository, params, query, show } = call;
  const { store } = repository;
  const [, baseName = "", headName = ""] = /^(.+?)\.\.\.(.+)$/.exec(params["basehead"] ?? "") ?? [];
  if (baseName === "") throw notFound();
  const base = await resolveEnd(call, baseName);
  const head = await resolveEnd(call, headName);
  const mergeBase = await store.mergeBase(base, head);
  if (mergeBase === null) throw notFound(`No common ancestor between ${baseName} and ${headName}.`);
  const ahead = await store.count(`${base}..${head}`);
  const behind = await store.count(`${head}..${base}`);
  const page = page1(query.get("page"));
  const size = Math.min(100, Number(query.get("per_page")) || COMPARED_COMMITS);
  const isPaged = query.has("page") || query.has("per_page");
  const all = await store.log(["--reverse", `${base}..${head}`]);
  const pageSize = isPaged ? size : COMPARED_COMMITS;
  const commits = all.slice((page - 1) * pageSize, page * pageSize);
  const files = page === 1 ? (await store.diff(mergeBase, head)).slice(0, COMPARED_FILES) : [];
  const url = `${repositoryApi(show, repository)}/compare/${params["basehead"] ?? ""}`;
  const html = `${repositoryHtml(show, repository)}/compare/${params["basehead"] ?? ""}`;
  const both = ahead > 0 && behind > 0;
  const link = isPaged ? linkHeader(call, page, Math.max(1, Math.ceil(ahead / pageSize))) : "";
  return {
    status: 200,
    headers: link === "" ? {} : { link },
    json: {
      url,
      html_url: html,
      permalink_url: `${html}#${fullName(repository)}`,
      diff_url: `${html}.diff`,
      patch_url: `${html}.patch`,
      base_commit: showCommit(show, repository, await store.commit(base)),
      merge_base_commit: showCommit(show, repository, await store.commit(mergeBase)),
      status: both ? "diverged" : ahead > 0 ? "ahead" : behind > 0 ? "behind" : "identical",
      ahead_by: ahead,
      behind_by: behind,
      total_commits: ahead,
      commits: commits.map((commit) => showCommit(show, repository, commit)),
      files: files.map((file) => showFile(show, repository, head, file)),
    },
  };
}

async function getTree(call: RepositoryCall): Promise<Reply> {
  const { repository, params, query, show } = call;
  const { store } = repository;
  const name = params["tree_sha"] ?? "";
  const type = await store.typeOf(name);
  const root = type === "tree" ? name : await store.resolve(name);
  if (root === null) throw notFound();
  const sha = await store.git("rev-parse", `${root}^{tree}`);
  const entries = await store.list(sha, { recursive: query.has("recursive") });
  const api = repositoryApi(show, repository);
  return ok({
    sha,
    url: `${api}/git/trees/${sha}`,
    truncated: false,
    tree: entries.map((entry) => ({
      path: entry.path,
      mode: entry.mode,
      type: entry.type,
      sha: entry.sha,
      ...(entry.type === "blob" && { size: entry.size }),
      ...(entry.type !== "commit" && { url: `${api}/git/${entry.type}s/${entry.sha}` }),
    })),
  });
}

async function getBlob(call: RepositoryCall): Promise<Reply> {
  const { repository, params, show, world } = call;
  const sha = params["file_sha"] ?? "";
  if ((await repository.store.typeOf(sha)) !== "blob") throw notFound();
  const bytes = await repository.store.blob(sha);
  if (bytes.length > world.sizes.maxContent) {
    throw new ApiError(403, "This API returns blobs up to 100 MB in size.", {
      errors: [{ resource: "Blob", field: "data", code: "too_large" }],
    });
  }
  if (/vnd\.github\.(v3\.)?raw/.test(call.accept)) {
    return { status: 200, bytes, type: "application/vnd.github.raw; charset=utf-8" };
  }
  return ok({
    sha,
    node_id: `B_kwDO${sha}`,
    size: bytes.length,
    url: `${repositoryApi(show, repository)}/git/blobs/${sha}`,
    content: bytes.toString("base64"),
    encoding: "base64",
  });
}

async function getGitCommit(call: RepositoryCall): Promise<Reply> {
  const { repository, params, show } = call;
  const sha = params["commit_sha"] ?? "";
  if ((await repository.store.typeOf(sha)) !== "commit") throw notFound();
  const commit = showCommit(show, repository, await repository.store.commit(sha));
  const inner = commit["commit"] as Json;
  return ok({
    ...inner,
    sha,
    node_id: commit["node_id"],
    url: `${repositoryApi(show, repository)}/git/commits/${sha}`,
    html_url: commit["html_url"],
    parents: commit["parents"],
    verification: showVerification(show, sha),
  });
}

const route = (answer: (call: RepositoryCall) => Promise<Reply>): Route => ({
  kind: "repository",
  needs: ["contents"],
  answer,
});

const REPOSITORY = "/repos/{owner}/{repo}";

export const GIT_ROUTES: Record<string, Route> = {
  [`GET ${REPOSITORY}/git/ref/{ref}`]: route(getRef),
  [`GET ${REPOSITORY}/git/trees/{tree_sha}`]: route(getTree),
  [`GET ${REPOSITORY}/git/blobs/{file_sha}`]: route(getBlob),
  [`GET ${REPOSITORY}/git/commits/{commit_sha}`]: route(getGitCommit),
  [`GET ${REPOSITORY}/commits/{ref}`]: route(getCommit),
  [`GET ${REPOSITORY}/commits`]: route(listCommits),
  [`GET ${REPOSITORY}/branches/{branch}`]: route(getBranch),
  [`GET ${REPOSITORY}/compare/{basehead}`]: route(compare),
};
