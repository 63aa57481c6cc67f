import type { Change } from "../changes/change.ts";
import { DocumentIndex } from "../changes/document-index.ts";
import { editOf } from "../changes/edit.ts";
import { rebaseAll } from "../changes/rebase.ts";
import type { CommitInfo, DocumentHost, DocumentLocation } from "../ports.ts";

/** Commits that are looked into; of a longer way the last one is named. */
const MOST_READ = 20;

/**
 * Which commit from outside brought each of these changes into the document: the first after which it reads
 * as proposed. With one candidate nothing is read.
 *
 * @param base the version that the changes are placed in
 * @param commits from that version's tip on, oldest first
 */
export async function findApplyingCommits(
  host: DocumentHost,
  location: DocumentLocation,
  base: DocumentIndex,
  changes: readonly Change[],
  commits: readonly CommitInfo[],
): Promise<Map<string, CommitInfo>> {
  const found = new Map<string, CommitInfo>();
  const touching = commits.filter((commit) => commit.touchesPath);
  const last = touching.at(-1);
  if (!last) return found;
  let open = changes;
  const read = touching.length <= MOST_READ ? touching.slice(0, -1) : [];
  for (const commit of read) {
    if (open.length === 0) break;
    const body = await host.readAt(location, commit.sha);
    if (body === null) continue;
    const items = open.map((change) => ({
      id: change.id,
      edit: editOf(change),
      placement: change.placement,
    }));
    const outcomes = rebaseAll(base, new DocumentIndex(body), items);
    for (const { id } of open) if (outcomes.get(id)?.kind === "applied") found.set(id, commit);
    open = open.filter(({ id }) => !found.has(id));
  }
  for (const { id } of open) found.set(id, last);
  return found;
}
