/** Concerns follow their passages through the versions of the document; where one changes its author is asked. */
import type { RebaseOutcome } from "../changes/rebase.ts";
import type { Emit } from "../conversation/transact.ts";
import type { ConcernAnchorRow } from "../store/concerns.ts";
import { findConcern, markAsked, moveConcernAnchor } from "../store/concerns.ts";
import type { Tx } from "../store/database.ts";
import { insertKeyedSystemMessage } from "../store/messages.ts";
import { insertNotifications } from "../store/notifications.ts";
import { describePassageChanged } from "./describe.ts";

export interface MovedConcern {
  anchor: ConcernAnchorRow;
  outcome: RebaseOutcome;
}

/** Whether the words that the concern is about are others now, or gone; where they stand is nobody's news. Pure. */
export function isPassageChanged({ anchor, outcome }: MovedConcern): boolean {
  if (isGone(outcome)) return anchor.staleSince === null;
  return outcome.kind === "rebased";
}

function isGone({ kind, placement }: RebaseOutcome): boolean {
  return kind === "stale" || placement.passage === null;
}

/** The threads of those that changed are locked. Each author is asked once for a version. */
export async function moveConcerns(
  tx: Tx,
  emit: Emit,
  moved: readonly MovedConcern[],
  tipBlobSha: string,
): Promise<void> {
  for (const one of moved) {
    const { anchor, outcome } = one;
    const gone = isGone(outcome);
    const isMoved = await moveConcernAnchor(tx, anchor, {
      placement: gone ? anchor.placement : outcome.placement,
      blobSha: gone ? anchor.blobSha : tipBlobSha,
      stale: gone,
    });
    if (isMoved && isPassageChanged(one)) await askAuthor(tx, emit, one, tipBlobSha);
  }
}

async function askAuthor(
  tx: Tx,
  emit: Emit,
  { anchor, outcome }: MovedConcern,
  blobSha: string,
): Promise<void> {
  const { concernId, threadId } = anchor;
  if (!(await markAsked(tx, concernId, blobSha))) return;
  const concern = (await findConcern(tx, concernId))!;
  const text = describePassageChanged(concern, isGone(outcome));
  const subject = `${concernId}:${blobSha}`;
  const messageId = await insertKeyedSystemMessage(tx, threadId, text, `concern:${subject}`);
  if (messageId !== null) await emit(threadId, { kind: "message", messageId, role: "system" });
  await insertNotifications(tx, [
    {
      userId: concern.authorId,
      kind: "concern_passage_changed",
      category: "personal-direct",
      subject,
      rfcSlug: concern.rfcSlug,
      threadId,
    },
  ]);
}
