/** Codes by which another place may hold a thread, each once; only what they hash to is kept. */
import { createHash } from "node:crypto";

import type { Db } from "./database.ts";

export interface Invitation {
  threadId: string;
  /** The link of the place whose people invite. */
  linkId: string;
}

/** Lets another place join for so long; an earlier code of the same place does no more. */
export async function putInvitation(
  db: Db,
  code: string,
  invitation: Invitation & { invitedBy: string; ttlMs: number },
): Promise<void> {
  const { threadId, linkId, invitedBy, ttlMs } = invitation;
  await db`
    with old as (
      delete from link_invitations where link_id = ${linkId} and used_at is null
    )
    insert into link_invitations (code_hash, thread_id, link_id, invited_by, expires_at)
    values (${hashOf(code)}, ${threadId}, ${linkId}, ${invitedBy},
      now() + ${ttlMs} * interval '1 ms')`;
}

/** What the code is for, while it was not used and its place still holds the thread. */
export async function findInvitation(db: Db, code: string): Promise<Invitation | null> {
  const [row] = await db<Invitation[]>`
    select i.thread_id, i.link_id
    from link_invitations i
      join thread_links l on l.id = i.link_id and l.ended_at is null
      join threads t on t.id = i.thread_id and t.state = 'open'
    where i.code_hash = ${hashOf(code)} and i.used_at is null and i.expires_at > now()`;
  return row ?? null;
}

/** False when it was used, or is too old by now. */
export async function useInvitation(db: Db, code: string): Promise<boolean> {
  const rows = await db`
    update link_invitations set used_at = now()
    where code_hash = ${hashOf(code)} and used_at is null and expires_at > now() returning 1`;
  return rows.length > 0;
}

function hashOf(code: string): string {
  return createHash("sha256").update(code).digest("hex");
}
