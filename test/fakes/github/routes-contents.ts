/** Files and folders: reading them in the API's media types, and committing one file. */
import { ApiError, notFound } from "./api-error.ts";
import type { Identity, TreeEntry } from "./git-store.ts";
import type { Json } from "./model.ts";
import { accountOf, ok } from "./router.ts";
import type { RepositoryCall, Reply, Route } from "./router.ts";
import { encodePath, repositoryApi, repositoryHtml, showCommit } from "./show.ts";
import { WEB_FLOW } from "./world.ts";

const isRaw = (accept: string): boolean => /vnd\.github\.(v3\.)?raw/.test(accept);
const isObject = (accept: string): boolean => /vnd\.github\.(v3\.)?object/.test(accept);

async function getContents(call: RepositoryCall): Promise<Reply> {
  const { repository, params, query } = call;
  const ref = query.get("ref") ?? repository.defaultBranch;
  const commit = await repository.store.resolve(ref);
  if (commit === null) {
    if (!query.has("ref")) throw notFound("This repository is empty.");
    throw notFound(`No commit found for the ref ${ref}`);
  }
  const path = (params["path"] ?? "").replace(/^\/+|\/+$/g, "");
  const entry = await repository.store.entry(commit, path);
  if (!entry) throw notFound();
  if (entry.type === "tree") return await folder(call, entry, ref);
  if (entry.type === "commit") return ok(await submodule(call, commit, entry, ref));
  if (entry.mode === "120000") return await symbolicLink(call, commit, entry, ref);
  return await file(call, entry, ref);
}

/** 1 to 100 MB come raw only; an object without its content. Above that, nothing does. */
async function file(call: RepositoryCall, entry: TreeEntry, ref: string): Promise<Reply> {
  const { sizes } = call.world;
  if (entry.size > sizes.maxContent) throw tooLarge("100 MB");
  const isLarge = entry.size > sizes.maxJsonContent;
  if (isRaw(call.accept)) {
    const bytes = await call.repository.store.blob(entry.sha);
    return { status: 200, bytes, type: "application/vnd.github.raw+json; charset=utf-8" };
  }
  if (isLarge && !isObject(call.accept)) throw tooLarge("1 MB");
  const bytes = isLarge ? null : await call.repository.store.blob(entry.sha);
  const json = {
    ...place(call, entry, ref, "file"),
    content: bytes ? wrapped(bytes.toString("base64")) : "",
    encoding: bytes ? "base64" : "none",
  };
  return typed(call, json);
}

const tooLarge = (limit: string): ApiError =>
  new ApiError(
    403,
    `This API returns blobs up to ${limit} in size. The requested blob is too large to fetch via the API.`,
    { errors: [{ resource: "Blob", field: "data", code: "too_large" }] },
  );

/** Base64 as GitHub sends it: a line feed after every 60 characters. */
const wrapped = (base64: string): string => base64.replace(/.{1,60}/g, "$&\n");

const typed = (call: RepositoryCall, json: unknown): Reply =>
  isObject(call.accept) ? { status: 200, json, media: "application/vnd.github.object" } : ok(json);

function place(call: RepositoryCall, entry: TreeEntry, ref: string, type: string): Json {
  const { show, repository } = call;
  const path = encodePath(entry.path);
  const self = `${repositoryApi(show, repository)}/contents/${path}?ref=${encodeURIComponent(ref)}`;
  const kind = entry.type === "tree" ? "trees" : "blobs";
  const isInside = entry.type !== "commit";
  const git = isInside ? `${repositoryApi(show, repository)}/git/${kind}/${entry.sha}` : null;
  const page = entry.type === "tree" ? "tree" : "blob";
  const html = isInside
    ? `${repositoryHtml(show, repository)}/${page}/${encodePath(ref)}/${path}`
    : null;
  const raw = `${repositoryHtml(show, repository)}/raw/${encodePath(ref)}/${path}`;
  return {
    name: entry.path.split("/").at(-1) ?? "",
    path: entry.path,
    sha: entry.sha,
    size: entry.size,
    url: self,
    html_url: html,
    git_url: git,
    download_url: entry.type === "blob" ? raw : null,
    type,
    _links: { self, git, html },
  };
}

async function folder(call: RepositoryCall, entry: TreeEntry, ref: string): Promise<Reply> {
  const inside = await call.repository.store.list(entry.sha);
  const prefix = entry.path === "" ? "" : `${entry.path}/`;
  const entries = inside.slice(0, 1000).map((one) => {
    // A submodule is listed as a file; only by itself is it one.
    const type = one.type === "tree" ? "dir" : one.mode === "120000" ? "symlink" : "file";
    return place(call, { ...one, path: prefix + one.path }, ref, type);
  });
  if (!isObject(call.accept)) return ok(entries);
  return typed(call, { ...place(call, entry, ref, "dir"), entries });
}

/** A link to a file of the repository is that file. */
async function symbolicLink(
  call: RepositoryCall,
  commit: string,
  entry: TreeEntry,
  ref: string,
): Promise<Reply> {
  const target = (await call.repository.store.blob(entry.sha)).toString("utf8");
  const base = new URL(`https://tree/${encodePath(entry.path)}`);
  const path = decodeURIComponent(new URL(encodePath(target), base).pathname.slice(1));
  const found = target.startsWith("/") ? null : await call.repository.store.entry(commit, path);
  if (found?.type === "blob" && found.mode !== "120000") {
    return await file(call, { ...found, path: entry.path }, ref);
  }
  return typed(call, { ...place(call, entry, ref, "symlink"), target });
}

async function submodule(
  call: RepositoryCall,
  commit: string,
  entry: TreeEntry,
  ref: string,
): Promise<Json> {
  const { store } = call.repository;
  const modules = await store.entry(commit, ".gitmodules");
  const text = modules ? (await store.blob(modules.sha)).toString("utf8") : "";
  const section = text.split("[submodule").find((part) => part.includes(`path = ${entry.path}\n`));
  const url = /url = (\S+)/.exec(section ?? "")?.[1] ?? `${call.show.html}/unknown/unknown`;
  return { ...place(call, entry, ref, "submodule"), submodule_git_url: url };
}

async function putContents(call: RepositoryCall): Promise<Reply> {
  const { repository, params, body, world } = call;
  const { store } = repository;
  const path = params["path"] ?? "";
  const branch = typeof body["branch"] === "string" ? body["branch"] : repository.defaultBranch;
  const content = decodeContent(body["content"]);
  if (path === "" || path.split("/").some((part) => /^\.{0,2}$|^\.git$/i.test(part))) {
    throw new ApiError(422, "path contains a malformed path component");
  }
  const tip = await store.tip(branch.replace(/^refs\/heads\//, ""));
  if (tip === null && (await store.refs("refs/heads")).size > 0) {
    throw notFound(`Branch ${branch} not found`);
  }
  const entry = tip === null ? null : await store.entry(tip, path);
  assertBlob(path, entry, body["sha"]);
  const sha = await store.writeCommit({
    parents: tip === null ? [] : [tip],
    from: tip,
    files: { [path]: content },
    message: String(body["message"]),
    ...identities(call),
  });
  const name = branch.replace(/^refs\/heads\//, "");
  const sender = accountOf(call);
  // Who comes second finds the branch elsewhere, and loses.
  if (!(await world.moveBranch(repository, name, sha, { expect: tip, sender }))) {
    const now = await store.tip(name);
    throw new ApiError(409, `${name} is at ${now} but expected ${tip}`);
  }
  if (isSigned(call)) world.verified.add(sha);
  return await fileCommit(call, name, path, sha, entry === null ? 201 : 200);
}

function assertBlob(path: string, entry: TreeEntry | null, sha: unknown): void {
  if (entry && entry.type !== "blob") throw new ApiError(422, `${path} is not a file`);
  if (entry && sha === undefined) {
    throw new ApiError(422, 'Invalid request.\n\n"sha" wasn\'t supplied.');
  }
  if (sha !== undefined && sha !== entry?.sha) {
    throw new ApiError(409, `${path} does not match ${JSON.stringify(sha).replaceAll('"', "")}`);
  }
}

function decodeContent(text: unknown): Buffer {
  const plain = typeof text === "string" ? text.replace(/\s/g, "") : "!";
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(plain)) {
    throw new ApiError(422, "content is not valid Base64");
  }
  return Buffer.from(plain, "base64");
}

/** GitHub signs what a bot commits in nobody's name but its own. */
const isSigned = (call: RepositoryCall): boolean =>
  call.actor.kind === "installation" &&
  call.body["author"] === undefined &&
  call.body["committer"] === undefined;

function identities(call: RepositoryCall): { author: Identity; committer: Identity } {
  const account = accountOf(call);
  const given = (name: "author" | "committer"): Identity | undefined =>
    call.body[name] as Identity | undefined;
  const committer = given("committer") ?? (isSigned(call) ? WEB_FLOW : account);
  return { author: given("author") ?? given("committer") ?? account, committer };
}

async function fileCommit(
  call: RepositoryCall,
  branch: string,
  path: string,
  sha: string,
  status: number,
): Promise<Reply> {
  const { repository, show } = call;
  const entry = await repository.store.entry(sha, path);
  const commit = showCommit(show, repository, await repository.store.commit(sha));
  const inner = commit["commit"] as Json;
  return {
    status,
    json: {
      content: entry && place(call, entry, branch, "file"),
      commit: {
        ...inner,
        sha,
        node_id: commit["node_id"],
        url: `${repositoryApi(show, repository)}/git/commits/${sha}`,
        html_url: commit["html_url"],
        parents: commit["parents"],
      },
    },
  };
}

const route = (answer: (call: RepositoryCall) => Promise<Reply>, makesContent = false): Route => ({
  kind: "repository",
  needs: ["contents"],
  answer,
  makesContent,
});

export const CONTENT_ROUTES: Record<string, Route> = {
  "GET /repos/{owner}/{repo}/contents/{path}": route(getContents),
  "PUT /repos/{owner}/{repo}/contents/{path}": route(putContents, true),
};
