/** The overview of a workspace for one person. */
import { excerptLine, oneLine } from "../one-line.ts";
import type { Links } from "../reviews/links.ts";
import { isMaintainer } from "../store/maintainers.ts";
import type { DiscussedRfc, Reach, ToldChange } from "../store/workspaces.ts";
import { lastVisit, listDiscussed, listNews, listToDecide } from "../store/workspaces.ts";
import type { Home, HomeChange, HomeNews, HomeRfc } from "./home.ts";
import type { ChatServices } from "./services.ts";

const MOST_RFCS = 30;
const MOST_WAITING = 20;
const MOST_NEWS = 20;
/** At the first look there is nothing that the news could begin after. */
const FIRST_NEWS_MS = 7 * 24 * 60 * 60_000;
const EXCERPT = 150;

export async function buildHome(services: ChatServices, reach: Reach, now: Date): Promise<Home> {
  const { sql, links } = services;
  const [since, decides] = await Promise.all([
    lastVisit(sql, reach),
    isMaintainer(sql, reach, reach.userId),
  ]);
  const newsSince = since ?? new Date(now.getTime() - FIRST_NEWS_MS);
  const [rfcs, waiting, news] = await Promise.all([
    listDiscussed(sql, reach, MOST_RFCS),
    decides ? listToDecide(sql, reach, MOST_WAITING) : [],
    listNews(sql, reach, newsSince, MOST_NEWS),
  ]);
  return {
    rfcs: rfcs.filter((rfc) => rfc.isHeld).map((rfc) => toRfc(links, rfc)),
    waiting: waiting.map((change) => toWaiting(links, change)),
    watched: rfcs.filter((rfc) => rfc.isWatched).map((rfc) => toRfc(links, rfc)),
    news: news.map((change) => toNews(links, change)),
    since,
    url: services.publicUrl(),
  };
}

function toRfc(links: Links, rfc: DiscussedRfc): HomeRfc {
  const { slug, title, placeUrl, pending, stale, accepted, declined } = rfc;
  return { slug, title, url: links.rfc(slug), placeUrl, pending, stale, accepted, declined };
}

function toWaiting(links: Links, change: ToldChange): HomeChange {
  const { number, rfcTitle, section, reason, createdAt } = change;
  return {
    number,
    rfcTitle,
    section,
    reason: excerptLine(reason, EXCERPT),
    since: createdAt,
    url: links.thread(change.rfcSlug, change.threadId),
  };
}

function toNews(links: Links, change: ToldChange): HomeNews {
  return {
    at: change.decidedAt ?? change.createdAt,
    text: describeNews(change),
    url: links.thread(change.rfcSlug, change.threadId),
  };
}

/** One plain sentence. Pure. */
function describeNews(change: ToldChange): string {
  const { number, rfcTitle, state, author, decidedBy } = change;
  const what = `change #${number} of “${oneLine(rfcTitle)}”`;
  const decider = oneLine(decidedBy ?? "somebody");
  switch (state) {
    case "accepted":
      return decidedBy === null
        ? `C${what.slice(1)} was accepted.`
        : `${decider} accepted ${what}.`;
    case "accepting":
      return `${decider} accepted ${what}; it is being committed.`;
    case "declined":
      return `${decider} declined ${what}.`;
    case "withdrawn":
      return `C${what.slice(1)} was withdrawn.`;
    case "pending": {
      const why = change.reason.trim() === "" ? "." : `: ${excerptLine(change.reason, EXCERPT)}`;
      return author === null
        ? `C${what.slice(1)} was proposed${why}`
        : `${oneLine(author)} proposed ${what}${why}`;
    }
  }
}
