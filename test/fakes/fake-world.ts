/** What the desks in memory know of the rest of the engine. */
import type { User } from "../../src/engine.ts";

export const EARLIER = new Date("2026-03-03T08:00:00Z");

export interface FakeWorld {
  readonly user: User;
  /** @throws UserError not-found */
  rfc(slug: string): { title: string; body: string; blobSha: string };
  /** @throws UserError not-found */
  thread(id: string): { rfcSlug: string; branchName: string; title: string | null };
  pendingChanges(slug: string): number[];
}
