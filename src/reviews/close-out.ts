import { createHash } from "node:crypto";
import { transact } from "../conversation/transact.ts";
import { oneLine } from "../one-line.ts";
import type { PullRequest, PullRequestComment, StreamRelay } from "../ports.ts";
import type { Documents } from "../rfcs/documents.ts";
import { locationOf } from "../rfcs/documents.ts";
import type { ReviewedChange } from "../store/branch-changes.ts";
import { listPendingBefore, listReviewedChanges } from "../store/branch-changes.ts";
import { moveState } from "../store/changes.ts";
import { insertSystemMessage } from "../store/messages.ts";
import { isSaidBefore, setSummarised } from "../store/pull-requests.ts";
import { listSuggestions } from "../store/suggestions.ts";
import { lockThreads } from "../store/threads.ts";
import { describeDecisions } from "./describe-decisions.ts";
import type { Links } from "./links.ts";
import type { Scene } from "./scene.ts";
import { ownMarker } from "./scene.ts";
import type { ShowDeps } from "./show-changes.ts";
import { showChanges } from "./show-changes.ts";
import { HeadMoved } from "./suggestion-desk.ts";
import { groupBy } from "../group-by.ts";

export interface CloseOutDeps extends ShowDeps {
  relay: StreamRelay;
  documents: Documents;
  links: Links;
  /** Brings the RFC's record up to date, since its pull request has ended. Harmless to repeat. */
  recordEnd(scene: Scene): Promise<void>;
}

/**
 * The pull request has ended, and its last head is known: what is still pending is withdrawn, its comments
 * say so, and the pull request says once what was decided. @throws HeadMoved while a commit is under way
 */
export async function closeOut(
  deps: CloseOutDeps,
  scene: Scene,
  assertHeld: () => void,
): Promise<void> {
  const { sql, documents } = deps;
  const { rfc, branch, host, pull, cached } = scene;
  await withdrawRest(deps, branch, { pull, endedAt: cached.endedAt! });
  const rows = await listSuggestions(sql, rfc.slug, pull.number);
  const isSummarised = cached.summarisedFor?.getTime() === cached.closedAt?.getTime();
  const changes = await listReviewedChanges(sql, rfc.slug, branch.branchName);
  // What becomes of it belongs into the summary.
  if (changes.some(({ change }) => change.state === "accepting")) {
    throw new HeadMoved("a change is being committed");
  }
  const comments = await host.comments(branch.repository, pull.number);
  const index = await documents.version(branch.blobSha);
  await showChanges(deps, scene, {
    document: { blobSha: branch.blobSha, index, location: locationOf(branch) },
    changes,
    rows,
    comments,
    threads: () => host.reviewThreads(branch.repository, pull.number),
    assertHeld,
    posting: "never",
  });
  assertHeld();
  if (!isSummarised) await summarise(deps, scene, changes, comments);
}

async function summarise(
  { sql, links, recordEnd }: CloseOutDeps,
  scene: Scene,
  changes: readonly ReviewedChange[],
  comments: readonly PullRequestComment[],
): Promise<void> {
  const { rfc, branch, host, pull, cached } = scene;
  // Several RFCs may be discussed on one pull request.
  const name = createHash("sha256").update(rfc.slug).digest("hex").slice(0, 12);
  const key = `${cached.closedAt!.getTime()}-${name}`;
  const posted = comments.find((comment) => {
    const marker = ownMarker(comment);
    return marker?.kind === "summary" && marker.key === key;
  });
  const body = describeDecisions({ rfc, pull, links, changes, key });
  if (isSaidBefore(cached)) {
    if (posted && posted.body !== body) await host.editComment(branch.repository, posted, body);
  } else if (!posted && changes.length > 0) {
    await host.postConversationComment(branch.repository, pull.number, body);
  }
  await recordEnd(scene);
  await setSummarised(sql, cached);
}

/**
 * Withdraws what was still pending when the pull request was merged or closed, and tells the threads. What is
 * proposed afterwards is not concerned. Harmless to repeat.
 */
async function withdrawRest(
  { sql, relay, metrics }: Pick<CloseOutDeps, "sql" | "relay" | "metrics">,
  at: { rfcSlug: string; branchName: string },
  { pull, endedAt }: { pull: PullRequest; endedAt: Date },
): Promise<void> {
  const pending = await listPendingBefore(sql, at.rfcSlug, at.branchName, endedAt);
  if (pending.length === 0) return;
  const count = await transact(sql, relay, async (tx, emit) => {
    let all = 0;
    const threadIds = [...new Set(pending.map((change) => change.threadId))].toSorted();
    await lockThreads(tx, threadIds);
    for (const [threadId, changes] of groupBy(pending, (change) => change.threadId)) {
      const withdrawn: number[] = [];
      for (const { id, number } of changes) {
        if (!(await moveState(tx, id, ["pending"], "withdrawn"))) continue;
        withdrawn.push(number);
        all += 1;
        await emit(threadId, { kind: "change_state", changeId: id });
      }
      if (withdrawn.length === 0) continue;
      const messageId = await insertSystemMessage(tx, threadId, describeClosing(pull, withdrawn));
      await emit(threadId, { kind: "message", messageId, role: "system" });
    }
    return all;
  });
  metrics.count("changes_total", { state: "withdrawn" }, count);
}

function describeClosing(pull: PullRequest, withdrawn: readonly number[]): string {
  const by = pull.mergedBy ? ` by ${oneLine(pull.mergedBy.login)}` : "";
  const names = withdrawn.map((number) => `#${number}`).join(", ");
  const what = withdrawn.length === 1 ? `change ${names} was` : `changes ${names} were`;
  return `Pull request #${pull.number} was ${pull.state}${by}; ${what} still undecided and ${withdrawn.length === 1 ? "is" : "are"} withdrawn.`;
}
