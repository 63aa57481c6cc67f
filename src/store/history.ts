import type { HistoryEntry, HistoryFilter, HistoryState } from "../rfcs/insight.ts";
import { listChangesById } from "./changes.ts";
import type { Db } from "./database.ts";
import type { Sight } from "./sight.ts";
import { seesThread, seesThreadOf } from "./sight.ts";
import { listLastDecisions } from "./stories.ts";

const WHEN = "coalesce(c.decided_at, c.created_at)";

/** One page of an RFC's changes, the newest first, and how many there are in all. */
export async function listHistory(
  db: Db,
  rfcSlug: string,
  filter: HistoryFilter & { limit: number },
  sight: Sight = null,
): Promise<{ entries: HistoryEntry[]; total: number; next: number | null }> {
  const where = db`${conditions(db, rfcSlug, filter)} and ${seesThread(db, sight)}`;
  const page =
    filter.after === undefined
      ? db`true`
      : db`(${db.unsafe(WHEN)}, c.number) < (
          select ${db.unsafe(WHEN)}, c.number from changes c
          where c.rfc_slug = ${rfcSlug} and c.number = ${filter.after})`;
  const [rows, [count]] = await Promise.all([
    db<{ id: string; threadTitle: string | null }[]>`
      select c.id, t.title as thread_title from changes c join threads t on t.id = c.thread_id
      where ${where} and ${page}
      order by ${db.unsafe(WHEN)} desc, c.number desc limit ${filter.limit + 1}`,
    db<{ n: number }[]>`
      select count(*)::int as n from changes c join threads t on t.id = c.thread_id where ${where}`,
  ]);
  const shown = rows.slice(0, filter.limit);
  const ids = shown.map((row) => row.id);
  const [changes, decisions] = await Promise.all([
    listChangesById(db, ids),
    listLastDecisions(db, ids),
  ]);
  const entries = shown.map(({ id, threadTitle }) => {
    const change = changes.find((one) => one.id === id)!;
    return { change, decision: decisions.get(id) ?? null, threadTitle };
  });
  const next = rows.length > shown.length ? entries.at(-1)!.change.number : null;
  return { entries, total: count!.n, next };
}

function conditions(db: Db, rfcSlug: string, filter: HistoryFilter) {
  const { state = "decided", person, section, text, from, to } = filter;
  return db`
    c.rfc_slug = ${rfcSlug} and ${inState(db, state)}
    ${person === undefined ? db`` : db`and ${isOf(db, person)}`}
    ${section === undefined ? db`` : db`and c.placement -> 'section' ? ${section}`}
    ${text === undefined ? db`` : db`and ${holds(db, text)}`}
    ${from === undefined ? db`` : db`and ${db.unsafe(WHEN)} >= ${from}`}
    ${to === undefined ? db`` : db`and ${db.unsafe(WHEN)} < ${to}`}`;
}

function inState(db: Db, state: HistoryState) {
  if (state === "decided") return db`c.state in ('accepted', 'declined', 'withdrawn')`;
  if (state === "pending") return db`c.state in ('pending', 'accepting')`;
  if (state === "stale") return db`c.state = 'pending' and c.stale_since is not null`;
  return db`c.state = ${state}`;
}

/** Proposed it, decided it, or asked for it. */
function isOf(db: Db, person: string) {
  return db`exists (
    select 1 from users u where u.display_name = ${person} and (
      u.id = c.author_user_id
      or exists (select 1 from decisions d where d.change_id = c.id and d.user_id = u.id)
      or exists (
        select 1 from thread_messages m where m.turn_id = c.turn_id and m.author_user_id = u.id)))`;
}

function holds(db: Db, text: string) {
  const number = /^#(\d{1,15})$/.exec(text)?.[1];
  if (number !== undefined) return db`c.number = ${Number(number)}`;
  const pattern = `%${text.replace(/[\\%_]/g, "\\$&")}%`;
  return db`(
    c.original ilike ${pattern} or c.proposed ilike ${pattern} or c.reason ilike ${pattern}
    or t.title ilike ${pattern}
    or exists (select 1 from decisions d where d.change_id = c.id and d.reason ilike ${pattern}))`;
}

/** Everybody who proposed, asked for or decided a change of the RFC, and the sections that changes are in. */
export async function listHistoryChoices(
  db: Db,
  rfcSlug: string,
  sight: Sight = null,
): Promise<{ people: string[]; sections: string[] }> {
  const sees = seesThreadOf(db, sight, db`c.thread_id`);
  const [people, sections] = await Promise.all([
    db<{ name: string }[]>`
      select distinct u.display_name as name from users u join (
        select c.author_user_id as id from changes c
          where c.rfc_slug = ${rfcSlug} and ${sees}
        union select d.user_id from decisions d join changes c on c.id = d.change_id
          where c.rfc_slug = ${rfcSlug} and ${sees}
        union select m.author_user_id from thread_messages m join changes c on c.turn_id = m.turn_id
          where c.rfc_slug = ${rfcSlug} and ${sees}
      ) known using (id) order by 1`,
    db<{ title: string }[]>`
      select distinct s.title from changes c, jsonb_array_elements_text(c.placement -> 'section') s(title)
      where c.rfc_slug = ${rfcSlug} and ${sees} and s.title <> '' order by 1 limit 500`,
  ]);
  return { people: people.map((row) => row.name), sections: sections.map((row) => row.title) };
}
