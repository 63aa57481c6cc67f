/** What the fake remembers as GitHub's JSON: accounts, Apps, repositories, commits, files. */
import type { App, Installation } from "./auth.ts";
import { permissionOf, reaches } from "./auth.ts";
import { patchOf } from "./diff.ts";
import type { FileDiff } from "./diff.ts";
import type { CommitDetails } from "./git-store.ts";
import { fullName } from "./model.ts";
import type { Account, Json, Repository } from "./model.ts";
import type { World } from "./world.ts";

/** Where things are: `api` without a last slash, `html` for people. */
export interface Show {
  api: string;
  html: string;
  world: World;
}

export function showAccount(show: Show, account: Account): Json {
  const { login, id } = account;
  const url = `${show.api}/users/${encodeURIComponent(login)}`;
  const parts: Record<string, string> = {
    followers_url: "/followers",
    following_url: "/following{/other_user}",
    gists_url: "/gists{/gist_id}",
    starred_url: "/starred{/owner}{/repo}",
    subscriptions_url: "/subscriptions",
    organizations_url: "/orgs",
    repos_url: "/repos",
    events_url: "/events{/privacy}",
    received_events_url: "/received_events",
  };
  return {
    login,
    id,
    node_id: account.nodeId,
    avatar_url: `${show.html}/avatars/u/${id}`,
    gravatar_id: "",
    url,
    html_url: `${show.html}/${account.type === "Bot" ? "apps/" : ""}${login.replace("[bot]", "")}`,
    ...Object.fromEntries(Object.entries(parts).map(([name, path]) => [name, url + path])),
    type: account.type,
    user_view_type: "public",
    site_admin: false,
  };
}

/** The answer of `GET /user` to the one who asks. */
export const showOwnUser = (show: Show, account: Account): Json => ({
  ...showAccount(show, account),
  user_view_type: "private",
  name: account.name,
  company: null,
  blog: "",
  location: null,
  email: null,
  hireable: null,
  bio: null,
  public_repos: 0,
  public_gists: 0,
  followers: 0,
  following: 0,
  created_at: "2020-01-01T00:00:00Z",
  updated_at: "2020-01-01T00:00:00Z",
  private_gists: 0,
  total_private_repos: 0,
  owned_private_repos: 0,
  disk_usage: 0,
  collaborators: 0,
  two_factor_authentication: true,
});

export const showApp = (show: Show, app: App): Json => ({
  id: app.id,
  slug: app.slug,
  node_id: `A_kwDO${app.id}`,
  client_id: app.clientId,
  owner: showAccount(show, app.owner),
  name: app.slug,
  description: null,
  external_url: `${show.html}/${app.slug}`,
  html_url: `${show.html}/apps/${app.slug}`,
  created_at: app.createdAt,
  updated_at: app.createdAt,
  permissions: app.permissions,
  events: EVENTS,
});

const EVENTS = [
  "issue_comment",
  "pull_request",
  "pull_request_review_comment",
  "pull_request_review_thread",
  "push",
];

export const showInstallation = (show: Show, one: Installation): Json => ({
  id: one.id,
  account: showAccount(show, one.account),
  repository_selection: "selected",
  access_tokens_url: `${show.api}/app/installations/${one.id}/access_tokens`,
  repositories_url: `${show.api}/installation/repositories`,
  html_url: `${show.html}/settings/installations/${one.id}`,
  app_id: one.app.id,
  client_id: one.app.clientId,
  app_slug: one.app.slug,
  target_id: one.account.id,
  target_type: one.account.type,
  permissions: one.permissions,
  events: EVENTS,
  created_at: one.createdAt,
  updated_at: one.createdAt,
  single_file_name: null,
  has_multiple_single_files: false,
  single_file_paths: [],
  suspended_by: one.suspendedAt === null ? null : showAccount(show, one.account),
  suspended_at: one.suspendedAt,
});

/** Addresses below a repository's own, as the API lists them. */
const REPOSITORY_URLS: Record<string, string> = {
  archive_url: "/{archive_format}{/ref}",
  assignees_url: "/assignees{/user}",
  blobs_url: "/git/blobs{/sha}",
  branches_url: "/branches{/branch}",
  collaborators_url: "/collaborators{/collaborator}",
  comments_url: "/comments{/number}",
  commits_url: "/commits{/sha}",
  compare_url: "/compare/{base}...{head}",
  contents_url: "/contents/{+path}",
  contributors_url: "/contributors",
  deployments_url: "/deployments",
  downloads_url: "/downloads",
  events_url: "/events",
  forks_url: "/forks",
  git_commits_url: "/git/commits{/sha}",
  git_refs_url: "/git/refs{/sha}",
  git_tags_url: "/git/tags{/sha}",
  hooks_url: "/hooks",
  issue_comment_url: "/issues/comments{/number}",
  issue_events_url: "/issues/events{/number}",
  issues_url: "/issues{/number}",
  keys_url: "/keys{/key_id}",
  labels_url: "/labels{/name}",
  languages_url: "/languages",
  merges_url: "/merges",
  milestones_url: "/milestones{/number}",
  notifications_url: "/notifications{?since,all,participating}",
  pulls_url: "/pulls{/number}",
  releases_url: "/releases{/id}",
  stargazers_url: "/stargazers",
  statuses_url: "/statuses/{sha}",
  subscribers_url: "/subscribers",
  subscription_url: "/subscription",
  tags_url: "/tags",
  teams_url: "/teams",
  trees_url: "/git/trees{/sha}",
};

export const repositoryApi = (show: Show, repository: Repository): string =>
  `${show.api}/repos/${fullName(repository)}`;

export const repositoryHtml = (show: Show, repository: Repository): string =>
  `${show.html}/${fullName(repository)}`;

export function showRepository(show: Show, repository: Repository): Json {
  const url = repositoryApi(show, repository);
  const html = repositoryHtml(show, repository);
  const openPulls = [...repository.pulls.values()].filter(({ state }) => state === "open").length;
  return {
    id: repository.id,
    node_id: repository.nodeId,
    name: repository.name,
    full_name: fullName(repository),
    private: repository.isPrivate,
    owner: showAccount(show, repository.owner),
    html_url: html,
    description: null,
    fork: repository.parent !== null,
    url,
    ...Object.fromEntries(
      Object.entries(REPOSITORY_URLS).map(([name, path]) => [name, url + path]),
    ),
    created_at: repository.createdAt,
    updated_at: repository.pushedAt,
    pushed_at: repository.pushedAt,
    git_url: `${html.replace(/^https?/, "git")}.git`,
    ssh_url: `git@${new URL(show.html).hostname}:${fullName(repository)}.git`,
    clone_url: `${html}.git`,
    svn_url: html,
    mirror_url: null,
    homepage: null,
    size: 1,
    stargazers_count: 0,
    watchers_count: 0,
    watchers: 0,
    language: null,
    has_issues: true,
    has_projects: false,
    has_downloads: true,
    has_wiki: false,
    has_pages: false,
    has_discussions: false,
    forks_count: 0,
    forks: 0,
    archived: false,
    disabled: false,
    open_issues_count: openPulls,
    open_issues: openPulls,
    license: null,
    visibility: repository.isPrivate ? "private" : "public",
    default_branch: repository.defaultBranch,
  };
}

/** The answer of `GET /repos/…` to an account that asks. */
export function showFullRepository(
  show: Show,
  repository: Repository,
  permissions: Json | null,
): Json {
  const { parent } = repository;
  return {
    ...showRepository(show, repository),
    ...(permissions && { permissions }),
    network_count: 0,
    subscribers_count: 0,
    ...(parent && { parent: showRepository(show, parent), source: showRepository(show, parent) }),
  };
}

export function showPermissions(repository: Repository, account: Account | null): Json {
  const has = permissionOf(repository, account);
  const names = { admin: "admin", maintain: "maintain", push: "write", triage: "triage" } as const;
  const entries = Object.entries(names).map(([name, level]) => [name, reaches(has, level)]);
  return { ...Object.fromEntries(entries), pull: reaches(has, "read") };
}

const UNSIGNED = { verified: false, reason: "unsigned", signature: null, payload: null };

export function showVerification(show: Show, sha: string): Json {
  if (!show.world.verified.has(sha)) return { ...UNSIGNED, verified_at: null };
  return {
    verified: true,
    reason: "valid",
    signature: "-----BEGIN PGP SIGNATURE-----",
    payload: `tree of ${sha}`,
    verified_at: "2026-01-01T00:00:00Z",
  };
}

/** `files`: what a single commit's answer has beside. */
export function showCommit(
  show: Show,
  repository: Repository,
  commit: CommitDetails,
  files?: readonly FileDiff[],
): Json {
  const api = repositoryApi(show, repository);
  const html = repositoryHtml(show, repository);
  const url = `${api}/commits/${commit.sha}`;
  const account = (email: string): Json | null => {
    const found = show.world.byEmail(email);
    return found && showAccount(show, found);
  };
  const additions = (files ?? []).reduce((sum, file) => sum + file.additions, 0);
  const deletions = (files ?? []).reduce((sum, file) => sum + file.deletions, 0);
  return {
    url,
    sha: commit.sha,
    node_id: `C_kwDO${commit.sha}`,
    html_url: `${html}/commit/${commit.sha}`,
    comments_url: `${url}/comments`,
    commit: {
      url: `${api}/git/commits/${commit.sha}`,
      author: commit.author,
      committer: commit.committer,
      message: commit.message,
      tree: { sha: commit.tree, url: `${api}/git/trees/${commit.tree}` },
      comment_count: 0,
      verification: showVerification(show, commit.sha),
    },
    author: account(commit.author.email),
    committer: account(commit.committer.email),
    parents: commit.parents.map((sha) => ({
      sha,
      url: `${api}/commits/${sha}`,
      html_url: `${html}/commit/${sha}`,
    })),
    ...(files && {
      stats: { additions, deletions, total: additions + deletions },
      files: files.map((file) => showFile(show, repository, commit.sha, file)),
    }),
  };
}

export const encodePath = (path: string): string =>
  path.split("/").map(encodeURIComponent).join("/");

export function showFile(show: Show, repository: Repository, sha: string, file: FileDiff): Json {
  const { sizes } = show.world;
  const path = encodePath(file.path);
  const html = repositoryHtml(show, repository);
  const patch = patchOf(file);
  const lines = file.additions + file.deletions;
  const isShown =
    patch !== "" && lines <= sizes.maxPatchLines && patch.length <= sizes.maxPatchLength;
  return {
    sha: file.sha,
    filename: file.path,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    changes: lines,
    blob_url: `${html}/blob/${sha}/${path}`,
    raw_url: `${html}/raw/${sha}/${path}`,
    contents_url: `${repositoryApi(show, repository)}/contents/${path}?ref=${sha}`,
    ...(isShown && { patch }),
    ...(file.previousPath !== null && { previous_filename: file.previousPath }),
  };
}
