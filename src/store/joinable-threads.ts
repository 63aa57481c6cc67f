/** Conversations that a place may hold, too, without anybody being asked. */
import type { ThreadKind } from "../conversation/thread.ts";
import type { Db } from "./database.ts";
import type { WorkspaceScope } from "./workspaces.ts";

export interface JoinableThread {
  id: string;
  kind: ThreadKind;
  title: string | null;
  createdAt: Date;
  /** Of people. */
  messages: number;
  /** Of its oldest place in chat; null where it is held in none. */
  placeUrl: string | null;
  /** Of a review thread. */
  pullNumber: number | null;
  pullUrl: string | null;
}

interface JoinQuery {
  rfcSlug: string;
  branchName: string;
  /** What the place's workspace may know of. */
  scope: WorkspaceScope;
  /** Whether everybody in the workspace may read along in the place. */
  isOpenPlace: boolean;
  /** One thread alone. */
  threadId?: string;
  /** Key of a message that leaves its thread out. */
  notBegunBy?: string;
}

const MOST = 20;

/**
 * The open discussions of the branch that may be known there, the oldest first: held in open places of the
 * workspace, on the pull request or in the console alone. What is held or was ever held in a closed place, in
 * another workspace or with one person alone is joined by a code. From a closed place nothing may be shown to
 * others, so that only what is held nowhere else is joined there.
 */
export function listJoinable(db: Db, query: JoinQuery): Promise<JoinableThread[]> {
  const { rfcSlug, branchName, isOpenPlace, threadId = null, notBegunBy = null } = query;
  const { platform, workspaceId, isOpen } = query.scope;
  return db<JoinableThread[]>`
    select t.id, t.thread_kind as kind, t.title, t.created_at, k.messages, l.url as place_url,
      p.pr_number as pull_number, p.url as pull_url
    from threads t
      cross join lateral (
        select count(*)::int as messages from thread_messages m
        where m.thread_id = t.id and m.role = 'user' and m.deleted_at is null) k
      left join lateral (
        select n.url from thread_links n
        where n.thread_id = t.id and n.ended_at is null and n.platform <> 'github'
        order by n.created_at limit 1) l on true
      left join lateral (
        select c.pr_number, c.url from thread_links n join cached_prs c
          on n.place like '%#' || c.pr_number
        where n.thread_id = t.id and n.platform = 'github' and c.rfc_slug = t.rfc_slug
        limit 1) p on true
    where t.rfc_slug = ${rfcSlug} and t.branch_name = ${branchName} and t.state = 'open'
      and t.thread_kind in ('discussion', 'review')
      and (${threadId}::uuid is null or t.id = ${threadId}::uuid)
      and not exists (
        select 1 from thread_messages m
        where m.thread_id = t.id and m.dedup_key = ${notBegunBy})
      and (k.messages > 0 or exists (
        select 1 from thread_links n where n.thread_id = t.id and n.ended_at is null))
      and (${isOpen} or exists (
        select 1 from thread_links n
        where n.thread_id = t.id and n.platform = ${platform} and n.workspace_id = ${workspaceId}))
      and not exists (
        select 1 from thread_links n
        where n.thread_id = t.id and case when ${isOpenPlace} then n.platform <> 'github'
          and not (n.platform = ${platform} and n.workspace_id = ${workspaceId}
            and n.reach = 'workspace' and n.private_to is null)
          else true end)
    order by t.created_at, t.id limit ${MOST}`;
}
