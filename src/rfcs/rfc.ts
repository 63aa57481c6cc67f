/** A Markdown document that is being discussed. */
export interface Rfc {
  slug: string;
  title: string;
  /** `owner/name` on GitHub, or `file:///absolute/path` of a local Git repository. */
  repository: string;
  path: string;
  defaultBranch: string;
  createdAt: Date;
}

export interface RfcSummary extends Rfc {
  openThreads: number;
  pending: number;
  stale: number;
  accepted: number;
  declined: number;
}
