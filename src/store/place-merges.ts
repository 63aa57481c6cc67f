/** The proposals to merge that a place shows. */
import { circleOf } from "../chat/chat-event.ts";
import type { MergeProposal } from "../concerns/concern.ts";
import type { Db } from "./database.ts";
import type { HeldPlace } from "./deliveries.ts";
import { listThreadProposals } from "./merges.ts";
import { listReachableThreads } from "./workspaces.ts";

/** A proposal with what its card tells of it. */
export interface PlaceMerge {
  proposal: MergeProposal;
  rfcTitle: string;
  pullUrl: string | null;
  /** Numbers of the open concerns whose words may be read in the place. */
  readable: ReadonlySet<number>;
}

/** Whom nothing private belongs to. */
const NOBODY = "00000000-0000-0000-0000-000000000000";

/**
 * Those that are open, and those whose card is there.
 * @param isOpen whether the place's workspace may talk about every RFC
 */
export async function listPlaceMerges(
  db: Db,
  place: HeldPlace,
  isOpen: boolean,
): Promise<PlaceMerge[]> {
  const shown = await db<{ subjectId: string }[]>`
    select subject_id from deliveries where link_id = ${place.linkId} and kind = 'merge'`;
  const isShown = new Set(shown.map(({ subjectId }) => subjectId));
  const proposals = (await listThreadProposals(db, place.threadId)).filter(
    ({ id, state }) => isShown.has(id) || (state === "open" && place.endedAt === null),
  );
  return Promise.all(proposals.map((proposal) => withRest(db, place, proposal, isOpen)));
}

async function withRest(
  db: Db,
  place: HeldPlace,
  proposal: MergeProposal,
  isOpen: boolean,
): Promise<PlaceMerge> {
  const { rfcSlug, branchName, prNumber } = proposal;
  const [rfc] = await db<{ title: string; pullUrl: string | null }[]>`
    select r.title, p.url as pull_url
    from rfcs r left join cached_prs p on p.rfc_slug = r.slug and p.pr_number = ${prNumber}
    where r.slug = ${rfcSlug}`;
  const { platform, workspaceId, threadId } = place;
  const channel = circleOf(place);
  const eyes = { platform, workspaceId, userId: NOBODY, isOpen, channel, onlyThread: null };
  const seen = await listReachableThreads(db, eyes, rfcSlug);
  const open = await db<{ number: number }[]>`
    select number from concerns
    where rfc_slug = ${rfcSlug} and branch_name = ${branchName} and state = 'open'
      and thread_id = any(${[...seen, threadId]}::uuid[])`;
  return {
    proposal,
    rfcTitle: rfc!.title,
    pullUrl: rfc!.pullUrl,
    readable: new Set(open.map(({ number }) => number)),
  };
}
