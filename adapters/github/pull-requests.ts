/** Pull requests and their files as GitHub's REST API gives them, and the web addresses that name them. */
import type { RestEndpointMethodTypes } from "@octokit/rest";
import { isLoopback } from "../../src/loopback.ts";
import type { ChangedFile, HostAccount, PullRequest, PullRequestState } from "../../src/ports.ts";
import { isRepositoryName } from "./names.ts";

type Pulls = RestEndpointMethodTypes["pulls"];
type ListedPull = Pulls["list"]["response"]["data"][number];
/** What both operations give; only one of them says who merged it. */
type AnyPull = Pick<
  ListedPull,
  "number" | "title" | "html_url" | "state" | "merged_at" | "closed_at"
> & {
  /** Without its repository when that fork is gone, whatever the published types say. */
  head: { ref: string; sha: string; repo: { full_name: string } | null };
  base: { ref: string; sha: string };
  merged_by?: { id: number; login: string } | null;
};
type ListedFile = Pulls["listFiles"]["response"]["data"][number];

export function toPullRequest(pull: AnyPull): PullRequest {
  return {
    number: pull.number,
    title: pull.title,
    url: pull.html_url,
    state: stateOf(pull),
    headBranch: pull.head.ref,
    headSha: pull.head.sha,
    headRepository: pull.head.repo?.full_name ?? null,
    baseBranch: pull.base.ref,
    baseSha: pull.base.sha,
    mergedBy: pull.merged_by ? toAccount(pull.merged_by) : null,
    closedAt: pull.closed_at ? new Date(pull.closed_at) : null,
  };
}

function stateOf(pull: Pick<AnyPull, "state" | "merged_at">): PullRequestState {
  if (pull.merged_at) return "merged";
  return pull.state === "open" ? "open" : "closed";
}

export function toChangedFile(file: ListedFile): ChangedFile {
  return {
    path: file.filename,
    previousPath: file.previous_filename ?? null,
    status: file.status,
    additions: file.additions,
    deletions: file.deletions,
    patch: file.patch ?? null,
  };
}

/** Whom GitHub shows where an account was deleted. Source: https://github.com/ghost */
const GHOST: HostAccount = { id: "10137", login: "ghost" };

export function toAccount(user: { id: number; login: string } | null): HostAccount {
  return user ? { id: String(user.id), login: user.login } : GHOST;
}

/**
 * The pull request that an address names: its page or a page below it, or its address in the API. Where the
 * API is on this machine, pages may have any host. Pure.
 */
export function parsePullUrl(
  address: string,
  on: { apiUrl: string; webUrl: string },
): NamedPull | null {
  const text = address.trim();
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return null;
  const url = new URL(text);
  const api = new URL(on.apiUrl);
  return readApiPath(url, api) ?? readPagePath(url, api, new URL(on.webUrl).host);
}

function readPagePath(url: URL, api: URL, webHost: string): NamedPull | null {
  const isPageHost = [webHost, `www.${webHost}`].includes(url.host);
  if (!isPageHost && !isLoopback(api.hostname)) return null;
  return named(/^\/([^/]+\/[^/]+)\/pull\/([1-9]\d{0,9})(\/|$)/.exec(url.pathname));
}

function readApiPath(url: URL, api: URL): NamedPull | null {
  const root = api.pathname.replace(/\/+$/, "");
  if (url.host !== api.host || !url.pathname.startsWith(`${root}/repos/`)) return null;
  const path = url.pathname.slice(root.length);
  return named(/^\/repos\/([^/]+\/[^/]+)\/pulls\/([1-9]\d{0,9})\/?$/.exec(path));
}

interface NamedPull {
  repository: string;
  number: number;
}

function named(match: RegExpExecArray | null): NamedPull | null {
  const [, repository = "", number = ""] = match ?? [];
  return isRepositoryName(repository) ? { repository, number: Number(number) } : null;
}
