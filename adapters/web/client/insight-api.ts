import type {
  CommitJson,
  HistoryJson,
  OverviewJson,
  SearchJson,
  WhyJson,
} from "../views/insight-view.ts";
import type { StatisticsJson } from "../views/statistics-view.ts";
import { call } from "./api.ts";

/** A passage of a version of a document. */
export interface WhyPlace {
  start: number;
  end: number;
  blobSha: string;
}

export const insightApi = {
  overview: () => call<OverviewJson>("GET", "/api/overview"),
  statistics: (hours: number) => call<StatisticsJson>("GET", `/api/statistics?hours=${hours}`),
  search: (query: Record<string, string>) =>
    call<SearchJson>("GET", `/api/search?${new URLSearchParams(query)}`),
  history: (slug: string, query: Record<string, string>) =>
    call<HistoryJson>("GET", `${rfc(slug)}/history?${new URLSearchParams(query)}`),
  why: (slug: string, { start, end, blobSha }: WhyPlace) => {
    const query = { start: String(start), end: String(end), blob_sha: blobSha };
    return call<WhyJson>("GET", `${rfc(slug)}/why?${new URLSearchParams(query)}`);
  },
  commit: (slug: string, sha: string) =>
    call<CommitJson>("GET", `${rfc(slug)}/commits/${encodeURIComponent(sha)}`),
  /** Another text once anything about the RFC has changed. */
  pulse: async (slug: string) => (await call<{ pulse: string }>("GET", `${rfc(slug)}/pulse`)).pulse,
  markRead: (threadId: string, seq: number) =>
    call<void>("POST", `/api/threads/${encodeURIComponent(threadId)}/read`, { seq }),
};

function rfc(slug: string): string {
  return `/api/rfcs/${encodeURIComponent(slug)}`;
}
