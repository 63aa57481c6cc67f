import { createHash } from "node:crypto";
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
import type { Sight } from "../store/sight.ts";
import { threadsInSight } from "../store/sight.ts";
import { assertStorable } from "../storable.ts";
import { activityByDay } from "./activity.ts";
import type { Documents } from "./documents.ts";
import type { ChangeStory, HistoryFilter, HistoryPage, Insight, Overview } from "./insight.ts";
import { PassageHistory } from "./passage-history.ts";
import type { Rfc } from "./rfc.ts";
import { StatisticsReader } from "./read-statistics.ts";
import { search } from "./search.ts";
import { inSight } from "./statistics.ts";

const MAX_PAGE = 100;
const DEFAULT_PAGE = 25;
const MAX_WAITING = 50;
const ACTIVITY_DAYS = 42;

export function buildInsight(sql: Sql, documents: Documents): Insight {
  const passages = new PassageHistory(sql, documents);
  const statistics = new StatisticsReader(sql);
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
    why: async (slug, passage, sight = null) => {
      const view = await passages.why(await place(slug), passage);
      const told = await storiesInSight(sql, sight, slug);
      const steps = view.steps.map((step) => ({ ...step, stories: told(step.stories) }));
      return { ...view, steps };
    },
    commit: async (slug, sha, sight = null) => {
      const view = await passages.commit(await place(slug), sha);
      return { ...view, stories: (await storiesInSight(sql, sight, slug))(view.stories) };
    },
    history: async (slug, filter, sight = null) =>
      readHistory(sql, (await find(slug)).slug, filter, sight),
    overview: (user, sight = null) => readOverview(sql, user.id, sight),
    search: (query, sight = null) => search(sql, query, sight),
    statistics: async (hours, sight = null) => inSight(await statistics.read(hours), sight),
    // What it is made of is not everybody's to see.
    pulse: async (slug) =>
      createHash("sha256")
        .update(await readPulse(sql, (await find(slug)).slug))
        .digest("base64url"),
    markRead: async (threadId, seq, user) => {
      if (isUuid(threadId)) await markRead(sql, user.id, threadId, seq);
    },
  };
}

async function storiesInSight(
  sql: Sql,
  sight: Sight,
  slug: string,
): Promise<(stories: readonly ChangeStory[]) => ChangeStory[]> {
  const sees = await threadsInSight(sql, sight, slug);
  return (stories) => stories.filter(({ thread }) => sees(thread.id));
}

async function readHistory(
  sql: Sql,
  slug: string,
  filter: HistoryFilter,
  sight: Sight,
): Promise<HistoryPage> {
  for (const text of [filter.person, filter.section, filter.text]) {
    if (text !== undefined) assertStorable(text, "filter");
  }
  const limit = Math.max(1, Math.min(filter.limit ?? DEFAULT_PAGE, MAX_PAGE));
  const [page, choices] = await Promise.all([
    listHistory(sql, slug, { ...filter, limit }, sight),
    listHistoryChoices(sql, slug, sight),
  ]);
  return { ...page, ...choices };
}

async function readOverview(sql: Sql, userId: string, sight: Sight): Promise<Overview> {
  const [rfcs, days, last, waiting] = await Promise.all([
    listRfcs(sql, sight),
    listActivity(sql, ACTIVITY_DAYS, sight),
    listLastActivity(sql, sight),
    listWaiting(sql, userId, MAX_WAITING, sight),
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
