/** Which RFC, on which branch, a link is meant for. */
import { editDistance } from "../commands/nearest.ts";
import { UserError } from "../errors.ts";
import type { ChangedFile, PullRequest, PullRequestHost } from "../ports.ts";
import { chooseDocument } from "../rfcs/registration.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import { listOpenBranches, listRfcsOfPull } from "../store/pull-requests.ts";
import { findRfc, listRfcsAt } from "../store/rfcs.ts";
import { listDiscussable, mayDiscuss } from "../store/workspaces.ts";
import type { ChatPerson } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import { assertAdmin, scopeOf } from "./permissions.ts";
import type { ChatServices } from "./services.ts";
import { asCode } from "./wording.ts";

export interface Target {
  rfc: Rfc;
  branchName: string;
}

/** What was written: a slug, or the address of a pull request with the path of a document in it. */
export interface Named {
  target: string;
  path: string | null;
}

const MOST_LISTED = 10;

/** Who names it, and where. */
export interface Linker {
  services: ChatServices;
  platform: ChatPlatform;
  by: ChatPerson;
}

/** Finds what is meant, and makes its branch known. @throws UserError, HostBusy */
export async function prepareTarget(linker: Linker, named: Named): Promise<Target> {
  const { services } = linker;
  const target = await findTarget(linker, named);
  await services.ensureBranch(target.rfc.slug, target.branchName);
  return target;
}

async function findTarget(linker: Linker, named: Named): Promise<Target> {
  const { services, by } = linker;
  if (!/^https?:\/\//i.test(named.target)) return findBySlug(services, by, named.target);
  for (const host of services.pullRequestHosts) {
    const pull = host.parseUrl(named.target);
    if (pull) return findByPull({ ...linker, host, named }, pull);
  }
  throw new UserError(
    "invalid-request",
    "I know no pull request at that address; give the address of one on GitHub, or an RFC's slug.",
  );
}

/** The RFCs that somebody in the workspace may link, at most so many. */
export function linkable(services: ChatServices, by: ChatPerson, limit: number): Promise<Rfc[]> {
  return listDiscussable(services.sql, scopeOf(services, by), limit);
}

/** One that the workspace may not talk about is refused in the words for one that is not there. */
async function findBySlug(services: ChatServices, by: ChatPerson, slug: string): Promise<Target> {
  const { sql } = services;
  const rfc = await findRfc(sql, slug);
  if (!rfc || !(await mayDiscuss(sql, scopeOf(services, by), rfc.repository))) {
    const known = await linkable(services, by, MOST_LISTED * 10);
    throw noSuchRfc(
      slug,
      known.map((one) => one.slug),
    );
  }
  const open = await listOpenBranches(sql, slug);
  return { rfc, branchName: open.length === 1 ? open[0]! : rfc.defaultBranch };
}

function noSuchRfc(slug: string, known: readonly string[]): UserError {
  const near = known.filter((one) => editDistance(one, slug) <= Math.max(1, slug.length / 4));
  const list = (near.length > 0 ? near : known).slice(0, MOST_LISTED).map((one) => `\`${one}\``);
  const hint =
    list.length > 0
      ? `these may be linked: ${list.join(", ")}`
      : "link a pull request by its address instead";
  return new UserError("not-found", `There is no RFC “${slug}” here; ${hint}.`);
}

interface PullSearch extends Linker {
  host: PullRequestHost;
  named: Named;
}

async function findByPull(
  search: PullSearch,
  pull: { repository: string; number: number },
): Promise<Target> {
  const { services, platform, by, host, named } = search;
  const { repository, number } = pull;
  if (!(await mayDiscuss(services.sql, scopeOf(services, by), repository))) {
    throw new UserError(
      "forbidden",
      `This ${platform.words.workspace} may not talk about ${repository}; whoever runs Redline can allow it.`,
    );
  }
  const known = await findKnown(services, pull, named.path);
  if (known.length > 1) {
    const choices = known.map(({ rfc }) => asCode(platform.words, `link ${rfc.slug}`)).join(" or ");
    throw new UserError(
      "ambiguous",
      `Several RFCs belong to pull request #${number}; write ${choices}.`,
    );
  }
  const [only] = known;
  if (only) return only;
  // Whoever makes it known lets the workspace read what Redline's own access reads.
  await assertAdmin(search, "make a new RFC known");
  const seen = await host.get(repository, number);
  const path = named.path ?? chooseIn(search, seen, await host.files(repository, number));
  return register(search, { repository, path, branch: seen.headBranch });
}

/** The RFCs that belong to the pull request, or the one of them at a path. */
async function findKnown(
  { sql }: ChatServices,
  { repository, number }: { repository: string; number: number },
  path: string | null,
): Promise<Target[]> {
  const known: Target[] = [];
  for (const { slug, branchName } of await listRfcsOfPull(sql, repository, number)) {
    const rfc = await findRfc(sql, slug);
    if (rfc && (path === null || rfc.path === path)) known.push({ rfc, branchName });
  }
  return known;
}

/** @throws UserError ambiguous, with what to write instead */
function chooseIn(
  { named, platform }: PullSearch,
  pull: PullRequest,
  files: readonly ChangedFile[],
): string {
  try {
    return chooseDocument(pull, files);
  } catch (error) {
    if (!(error instanceof UserError) || error.type !== "ambiguous") throw error;
    const message = `${error.message} Write ${asCode(platform.words, `link ${named.target} <path>`)}.`;
    throw new UserError("ambiguous", message, { cause: error });
  }
}

/** The RFC of the document, made known when it is not yet. */
async function register(
  search: PullSearch,
  at: { repository: string; path: string; branch: string },
): Promise<Target> {
  const { services, named } = search;
  const find = async (): Promise<Target | null> => {
    const [rfc] = await listRfcsAt(services.sql, at);
    return rfc ? { rfc, branchName: at.branch } : null;
  };
  const known = await find();
  if (known) return known;
  try {
    const rfc = await services.engine.rfcs.register({ repository: named.target, path: at.path });
    return { rfc, branchName: rfc.defaultBranch };
  } catch (error) {
    // Somebody else registered it in this moment.
    const raced = error instanceof UserError && error.type === "already-exists";
    const found = raced ? await find() : null;
    if (found) return found;
    throw error;
  }
}
