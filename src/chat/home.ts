/** The overview that one person has of a workspace, in the platform's own home of the app. */
export interface Home {
  /** RFCs that are discussed in this workspace, newest activity first. */
  rfcs: readonly HomeRfc[];
  /** Changes that wait for this person's decision, oldest first. */
  waiting: readonly HomeChange[];
  /** The RFCs that this person watches. */
  watched: readonly HomeRfc[];
  /** What was decided and proposed since this person last looked, newest first; at most 20. */
  news: readonly HomeNews[];
  /** The last look; null at the first. */
  since: Date | null;
  /** The console. */
  url: string;
}

export interface HomeRfc {
  slug: string;
  title: string;
  url: string;
  /** The newest place in the workspace where it is discussed. */
  placeUrl: string | null;
  pending: number;
  stale: number;
  accepted: number;
  declined: number;
}

export interface HomeChange {
  number: number;
  rfcTitle: string;
  section: readonly string[];
  reason: string;
  since: Date;
  url: string;
}

export interface HomeNews {
  at: Date;
  /** One plain sentence. */
  text: string;
  url: string;
}
