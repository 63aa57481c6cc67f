/** What a place in chat is about: the changes of its thread, and whom its answers are for. */
import type { Change } from "../changes/change.ts";
import type { Db } from "./database.ts";
import { findBlob } from "./branches.ts";
import { selectChanges } from "./changes.ts";
import type { HeldPlace } from "./deliveries.ts";

/** A change with what its card tells of it. */
export interface PlaceChange {
  change: Change;
  /** Order of the message that it comes from; null for one that a person proposed. */
  sourceSeq: number | null;
  /** Who accepted or declined it, and why. */
  decidedBy: string | null;
  declineReason: string | null;
  /** What the document says at the place of a pending change that is in conflict. */
  present: string | null;
}

/** The changes whose cards belong in the place, by number: their answer is finished, and was shown there. */
export async function listPlaceChanges(db: Db, place: HeldPlace): Promise<PlaceChange[]> {
  const changes = await selectChanges(
    db,
    db`where c.thread_id = ${place.threadId} order by c.number`,
  );
  const more = await db<(Omit<PlaceChange, "change" | "present"> & { id: string })[]>`
    select c.id, m.seq as source_seq, u.display_name as decided_by, d.reason as decline_reason
    from changes c
      join thread_links l on l.id = ${place.linkId}
      left join thread_messages m on m.id = c.source_message_id
      left join decisions d on d.change_id = c.id and d.outcome <> 'returned'
      left join users u on u.id = d.user_id
    where c.thread_id = ${place.threadId}
      and case when m.id is null then c.created_at >= l.created_at
        else m.seq >= ${place.shownFrom} and m.status <> 'streaming' end`;
  const moreOf = new Map(more.map(({ id, ...rest }) => [id, rest]));
  const presentOf = await presentTexts(db, changes);
  return changes.flatMap((change) => {
    const rest = moreOf.get(change.id);
    return rest ? [{ change, ...rest, present: presentOf.get(change.id) ?? null }] : [];
  });
}

/** By the ids of the pending changes that are in conflict. */
async function presentTexts(db: Db, changes: readonly Change[]): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  const bodies = new Map<string, string | null>();
  for (const { id, state, drift, baseBlobSha, placement } of changes) {
    const { passage } = placement;
    if (state !== "pending" || drift !== "conflict" || !passage) continue;
    if (!bodies.has(baseBlobSha)) bodies.set(baseBlobSha, await findBlob(db, baseBlobSha));
    const body = bodies.get(baseBlobSha);
    if (body != null) texts.set(id, body.slice(passage.start, passage.end));
  }
  return texts;
}

/** The platform's id of who asked last for what a turn answers. */
export async function findAsker(
  db: Db,
  turnId: string,
  at: { platform: string; workspaceId: string },
): Promise<string | null> {
  const [row] = await db<{ id: string }[]>`
    select i.platform_user_id as id
    from turns t
      join thread_messages m on m.turn_id = coalesce(t.retry_of, t.id) and m.role = 'user'
      join identities i on i.user_id = m.author_user_id
    where t.id = ${turnId} and i.platform = ${at.platform} and i.workspace_id = ${at.workspaceId}
    order by m.seq desc limit 1`;
  return row?.id ?? null;
}

/** What the addresses of a change's commit and conversation are made of. */
export interface PlaceRfc {
  slug: string;
  /** The newest pull request of its branch. */
  pullUrl: string | null;
  /** Order of the thread's newest message. */
  newestSeq: number;
}

export async function findPlaceRfc(db: Db, threadId: string): Promise<PlaceRfc | null> {
  const [row] = await db<PlaceRfc[]>`
    select t.rfc_slug as slug, t.message_seq as newest_seq, (
      select p.url from cached_prs p
      where p.rfc_slug = t.rfc_slug and p.branch_name = t.branch_name
      order by p.state = 'open' desc, p.pr_number desc limit 1) as pull_url
    from threads t where t.id = ${threadId}`;
  return row ?? null;
}
