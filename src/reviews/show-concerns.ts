/** The pull request lists the open concerns, in one comment, and says once what became of a proposal to merge. */
import { createHash } from "node:crypto";
import type { PullRequestComment } from "../ports.ts";
import type { ConcernComment } from "../store/concern-comments.ts";
import { findConcernComment, putConcernComment } from "../store/concern-comments.ts";
import { listBranchConcerns, listClosedThreads } from "../store/concerns.ts";
import type { Sql } from "../store/database.ts";
import { adoptProposals, listUnposted, setPosted } from "../store/merges.ts";
import { concernsBody, concernsMarker, outcomeBody } from "./concern-body.ts";
import { KEPT_LINKS, withAddress } from "./links.ts";
import type { Scene } from "./scene.ts";
import { MOST_COMMENTS, ownMarker } from "./scene.ts";

export interface ConcernShowDeps {
  sql: Sql;
  /** Tells the console's address. */
  publicUrl(): string;
}

/** @param assertHeld throws when another worker looks at the pull request by now */
export async function showConcerns(
  { sql, publicUrl }: ConcernShowDeps,
  { rfc, branch, host, pull }: Scene,
  comments: readonly PullRequestComment[],
  assertHeld: () => void,
): Promise<void> {
  const key = { rfcSlug: rfc.slug, prNumber: pull.number };
  const concerns = await listBranchConcerns(sql, rfc.slug, branch.branchName);
  if (concerns.length === 0) return;
  const closed = await listClosedThreads(
    sql,
    concerns.map(({ threadId }) => threadId),
  );
  const body = concernsBody({ rfc, links: KEPT_LINKS, concerns, closed });
  const digest = createHash("sha256").update(body).digest("base64url");
  const row = await findConcernComment(sql, key);
  const own = findOwn(comments, row, concernsMarker(rfc.slug).key);
  const step = planComment({
    row,
    own,
    digest,
    mayPost: pull.state === "open" && concerns.some(({ state }) => state === "open"),
    isWhole: comments.length < MOST_COMMENTS,
  });
  if (step === "leave") return;
  assertHeld();
  const shown = withAddress(body, publicUrl());
  if (step === "edit") await host.editComment(branch.repository, own!, shown);
  const { id } =
    step === "edit"
      ? own!
      : await host.postConversationComment(branch.repository, pull.number, shown);
  await putConcernComment(sql, key, { commentId: id, shown: digest });
}

/** By its row, or by its marker where the row could not be written. */
function findOwn(
  comments: readonly PullRequestComment[],
  row: ConcernComment | null,
  key: string,
): PullRequestComment | null {
  const below = comments.filter(({ kind }) => kind === "conversation");
  const known = row && below.find(({ id }) => id === row.commentId);
  const marked = below.find((comment) => {
    const marker = ownMarker(comment);
    return marker?.kind === "concerns" && marker.key === key;
  });
  return known ?? marked ?? null;
}

/** Whoever deleted the comment sees it again only when it has something new to say. Pure. */
export function planComment(given: {
  row: ConcernComment | null;
  own: Pick<PullRequestComment, "id"> | null;
  /** Of what it is to say. */
  digest: string;
  mayPost: boolean;
  /** Whether the comments are all there are: only then is a missing one deleted. */
  isWhole: boolean;
}): "leave" | "edit" | "post" {
  const { row, own, digest, mayPost, isWhole } = given;
  if (own) return row?.shown === digest && row.commentId === own.id ? "leave" : "edit";
  if (!mayPost) return "leave";
  if (row === null) return "post";
  return isWhole && row.shown !== digest ? "post" : "leave";
}

/** Each is looked for before it is posted. */
export async function postOutcomes(
  { sql, publicUrl }: ConcernShowDeps,
  { rfc, branch, host, pull }: Scene,
  comments: () => Promise<readonly PullRequestComment[]>,
  assertHeld: () => void,
): Promise<void> {
  if (pull.state === "open") await adoptProposals(sql, branch, pull.number);
  for (const proposal of await listUnposted(sql, rfc.slug, pull.number)) {
    const isPosted = (await comments()).some((comment) => {
      const marker = ownMarker(comment);
      return marker?.kind === "merge" && marker.key === proposal.id;
    });
    if (!isPosted) {
      assertHeld();
      const body = withAddress(outcomeBody(rfc, KEPT_LINKS, proposal), publicUrl());
      await host.postConversationComment(branch.repository, pull.number, body);
    }
    await setPosted(sql, proposal.id);
  }
}
