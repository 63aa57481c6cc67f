import { UserError } from "../errors.ts";
import type { Sql } from "../store/database.ts";
import { isUuid } from "../store/database.ts";
import { listHistory, listHistoryChoices } from "../store/history.ts";
import {
  listActivity,
  listLastActivity,
  listWaiting,
  markRead,
  readPulse,
} from "../store/overview.ts";
import { findRfc, listRfcs } from "../store/rfcs.ts";
import { assertStorable } from "../storable.ts";
import { activityByDay } from "./activity.ts";
import type { Documents } from "./documents.ts";
import type { HistoryFilter, HistoryPage, Insight, Overview } from "./insight.ts";
import { PassageHistory } from "./passage-history.ts";
import type { Rfc } from "./rfc.ts";
import { search } from "./search.ts";

const MAX_PAGE = 100;
const DEFAULT_PAGE = 25;
const MAX_WAITING = 50;
const ACTIVITY_DAYS = 42;

export function buildInsight(sql: Sql, documents: Documents): Insight {
  const passages = new PassageHistory(sql, documents);
  const find = async (slug: string): Promise<Rfc> => {
    const rfc = await findRfc(sql, slug);
    if (rfc) return rfc;
    throw new UserError("not-found", "There is no RFC of that name.");
  };
  const place = async (slug: string): Promise<{ rfcSlug: string; branchName: string }> => {
    const { defaultBranch } = await find(slug);
    return { rfcSlug: slug, branchName: defaultBranch };
  };
  return {
    why: async (slug, passage) => passages.why(await place(slug), passage),
    commit: async (slug, sha) => passages.commit(await place(slug), sha),
    history: async (slug, filter) => readHistory(sql, (await find(slug)).slug, filter),
    overview: (user) => readOverview(sql, user.id),
    search: (query) => search(sql, query),
    pulse: async (slug) => readPulse(sql, (await find(slug)).slug),
    markRead: async (threadId, seq, user) => {
      if (isUuid(threadId)) await markRead(sql, user.id, threadId, seq);
    },
  };
}

async function readHistory(sql: Sql, slug: string, filter: HistoryFilter): Promise<HistoryPage> {
  for (const text of [filter.person, filter.section, filter.text]) {
    if (text !== undefined) assertStorable(text, "filter");
  }
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_PAGE, MAX_PAGE));
  const [page, choices] = await Promise.all([
    listHistory(sql, slug, { ...filter, limit }),
    listHistoryChoices(sql, slug),
  ]);
  return { ...page, ...choices };
}

async function readOverview(sql: Sql, userId: string): Promise<Overview> {
  const [rfcs, days, last, waiting] = await Promise.all([
    listRfcs(sql),
    listActivity(sql, ACTIVITY_DAYS),
    listLastActivity(sql),
    listWaiting(sql, userId, MAX_WAITING),
  ]);
  const today = new Date();
  return {
    rfcs: rfcs.map((rfc) => ({
      ...rfc,
      lastActivity: last.get(rfc.slug) ?? rfc.createdAt,
      activity: activityByDay(
        days.filter((day) => day.rfcSlug === rfc.slug),
        today,
        ACTIVITY_DAYS,
      ),
    })),
    activity: activityByDay(days, today, ACTIVITY_DAYS),
    waiting: waiting.items,
    waitingTotal: waiting.total,
  };
}
