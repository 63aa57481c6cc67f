/** Calls about people: what they are told, what troubles them, who they are, and the record. */
import type {
  ConcernJson,
  MaintainerJson,
  MergeProposalJson,
  NotificationsJson,
  NotificationSettingsJson,
  PersonJson,
  RecordJson,
  RecordMarkJson,
  WatchedRfcJson,
} from "../views/people-view.ts";
import { call, callText, type PassageJson } from "./api.ts";

/** What a person wants to hear of an RFC, or of one of its threads. */
export interface WatchingJson {
  rfc_slug: string;
  thread_id?: string;
  watched: boolean;
  muted: boolean;
}

export interface NewConcernJson {
  text: string;
  passage?: PassageJson & { blob_sha: string };
}

export const peopleApi = {
  notifications: (query: Record<string, string>) =>
    call<NotificationsJson>("GET", `/api/notifications?${new URLSearchParams(query)}`),
  markRead: (ids: number[] | "all") => call<void>("POST", "/api/notifications/read", { ids }),
  settings: () => call<NotificationSettingsJson>("GET", "/api/notifications/settings"),
  choose: (set: Partial<NotificationSettingsJson>) =>
    call<NotificationSettingsJson>("PATCH", "/api/notifications/settings", set),
  watching: () => call<WatchedRfcJson[]>("GET", "/api/watching"),
  watch: (watching: WatchingJson) => call<WatchedRfcJson[]>("PATCH", "/api/watching", watching),

  people: () => call<PersonJson[]>("GET", "/api/people"),
  maintainers: (slug: string) => call<MaintainerJson[]>("GET", `${rfc(slug)}/maintainers`),
  nameMaintainer: (slug: string, id: string, isOne: boolean) =>
    call<MaintainerJson[]>(isOne ? "PUT" : "DELETE", `${rfc(slug)}/maintainers/${id}`),

  raise: (threadId: string, concern: NewConcernJson, key: string) =>
    call<ConcernJson>("POST", `${thread(threadId)}/concerns`, concern, key),
  resolve: (id: string, why: string) =>
    call<ConcernJson>("POST", `/api/concerns/${id}/resolve`, why === "" ? {} : { why }),
  withdraw: (id: string) => call<ConcernJson>("POST", `/api/concerns/${id}/withdraw`, {}),

  proposeMerge: (threadId: string, waitDays: number | null, key: string) =>
    call<MergeProposalJson>(
      "POST",
      `${thread(threadId)}/merge-proposals`,
      { wait_days: waitDays },
      key,
    ),
  sayOnMerge: (id: string, word: "agree" | "object") =>
    call<MergeProposalJson>("POST", `/api/merge-proposals/${id}/word`, { word }),
  withdrawMerge: (id: string) =>
    call<MergeProposalJson>("POST", `/api/merge-proposals/${id}/withdraw`, {}),

  record: (slug: string) => call<RecordJson>("GET", `${rfc(slug)}/record`),
  writeRecord: (slug: string) => call<RecordMarkJson>("POST", `${rfc(slug)}/record`, {}),
  transcript: (slug: string) => callText(recordFile(slug, "md")),
};

/** Where the record's file is fetched from. */
export function recordFile(slug: string, kind: "md" | "json"): string {
  return `${rfc(slug)}/record.${kind}`;
}

function rfc(slug: string): string {
  return `/api/rfcs/${encodeURIComponent(slug)}`;
}

function thread(id: string): string {
  return `/api/threads/${encodeURIComponent(id)}`;
}
