import type { Logger } from "../log.ts";
import type { Metrics } from "../metrics.ts";
import type { PullRequestComment, ReviewThread } from "../ports.ts";
import type { CurrentDocument } from "../rfcs/documents.ts";
import type { ReviewedChange } from "../store/branch-changes.ts";
import type { Sql } from "../store/database.ts";
import { KEPT_LINKS } from "./links.ts";
import type { OwnComment } from "./plan.ts";
import { isCommentOf, planReview } from "./plan.ts";
import { Presenter } from "./presenter.ts";
import type { Scene } from "./scene.ts";
import { MOST_COMMENTS, ownMarker } from "./scene.ts";
import type { Suggestion } from "./suggestion.ts";
import { isOpen } from "./suggestion.ts";
import { SuggestionDesk } from "./suggestion-desk.ts";

export interface ShowDeps {
  sql: Sql;
  logger: Logger;
  metrics: Metrics;
  /** Tells the console's address. */
  publicUrl(): string;
}

/** What is on the pull request, and what ought to be. */
export interface Showing {
  document: Pick<CurrentDocument, "blobSha" | "index" | "location">;
  changes: readonly ReviewedChange[];
  /** Everything that was ever shown. */
  rows: readonly Suggestion[];
  comments: readonly PullRequestComment[];
  threads(): Promise<ReviewThread[]>;
  /** Throws when another worker looks at the pull request by now. */
  assertHeld(): void;
  /** Whether changes are shown without being asked for; `never`: nothing is posted any more. */
  posting: "automatic" | "on_request" | "never";
}

/** Brings what the pull request shows to what is pending here. @throws HeadMoved */
export async function showChanges(deps: ShowDeps, scene: Scene, showing: Showing): Promise<void> {
  const { rfc, branch, host, pull } = scene;
  const { repository } = branch;
  const { document, rows, posting } = showing;
  // A rename may just have been followed: the branch as it was read still has the old path.
  const { path } = document.location;
  const concerned = ofInterest(showing);
  if (concerned.length === 0) return;
  const presenter = new Presenter({
    rfc,
    pull,
    path,
    links: KEPT_LINKS,
    document,
    isAutomatic: posting === "automatic",
    rows,
  });
  if (presenter.needsDiff(concerned)) {
    const file = (await host.files(repository, pull.number)).find((one) => one.path === path);
    const isPatchMissing = file !== undefined && file.patch === null && file.status !== "added";
    const base = isPatchMissing
      ? await host.readMergeBase(repository, pull, file.previousPath ?? path)
      : null;
    presenter.setDiff(file ?? null, base);
  }
  const steps = planReview({
    headSha: pull.headSha,
    path,
    changes: presenter.wants(concerned),
    rows,
    own: showing.comments.flatMap((comment) => ownComment(comment, rows)),
    isWhole: showing.comments.length < MOST_COMMENTS,
  });
  const desk = new SuggestionDesk(
    {
      sql: deps.sql,
      host,
      logger: deps.logger,
      metrics: deps.metrics,
      threads: () => showing.threads(),
      assertHeld: () => showing.assertHeld(),
      publicUrl: () => deps.publicUrl(),
      fallback: (changeId) => presenter.fallback(changeId),
    },
    { rfcSlug: rfc.slug, repository, path, pull },
  );
  await desk.carryOut(posting === "never" ? steps.filter(({ kind }) => kind !== "post") : steps);
}

/** Changes that are on the pull request, or ought to be. */
function ofInterest({ changes, rows, posting }: Showing): ReviewedChange[] {
  const open = new Set(rows.filter(isOpen).map((row) => row.changeId));
  return changes.filter(
    ({ change }) => open.has(change.id) || (posting !== "never" && change.state === "pending"),
  );
}

/** By its marker, or, where Redline had other credentials then, by its row. */
function ownComment(comment: PullRequestComment, rows: readonly Suggestion[]): OwnComment[] {
  const marker = ownMarker(comment);
  if (marker?.kind === "change") {
    return [{ comment, changeId: marker.changeId, revision: marker.revision }];
  }
  const row = comment.isOwn ? undefined : rows.find((one) => isCommentOf(comment, one));
  return row ? [{ comment, changeId: row.changeId, revision: row.revision }] : [];
}
