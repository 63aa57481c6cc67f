import { useEffect, useRef } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import type { DecisionJson } from "../../views/thread-view.ts";
import { flash, scrollTo } from "../document/reveal.ts";
import { CommitLink } from "../history/commit-link.tsx";
import { whyReadOnly } from "../reviews/pull-request.ts";
import { SuggestionLine } from "../reviews/suggestion-line.tsx";
import { useDesk } from "../state/desk.ts";
import { useHot } from "../state/hot.ts";
import { useStore } from "../state/store.ts";
import { memo } from "../ui/memo.ts";
import { Notice } from "../ui/notice.tsx";
import { Time } from "../ui/time.tsx";
import { CardActions } from "./card-actions.tsx";
import { CardRedline } from "./card-redline.tsx";
import { certaintyWords, changeFace, warningSentences } from "./change-face.ts";
import { ConflictTexts } from "./conflict-texts.tsx";
import { overlapSentences } from "./overlaps.ts";
import { sectionTitle } from "./section-title.ts";

interface Props {
  change: ChangeJson;
  decisions: readonly DecisionJson[];
  rfc: RfcDetailJson;
}

/** A proposed edit: both texts, why, how surely it is located, and what can be done. */
export const ChangeCard = memo(function ChangeCard({ change, decisions, rfc }: Props) {
  const desk = useDesk();
  const decided = decisions.some((one) => one.change_id === change.id && one.verdict === "accept");
  const canCommit = whyReadOnly(rfc, change.branch_name) === null;
  const face = changeFace(change, decided, canCommit);
  const hot = useHot(change.id);
  const ref = useCardFocus(change.id);
  if (change.state === "withdrawn") {
    return (
      <p class="card-gone quiet" ref={ref}>
        Change #{change.number} was withdrawn.
      </p>
    );
  }
  return (
    <section
      ref={ref}
      class={`card card-${face.tone}${hot ? " is-hot" : ""}`}
      aria-label={`Change ${change.number}, ${face.label}`}
      tabIndex={-1}
      onPointerEnter={() => desk.hot.set(change.id)}
      onPointerLeave={() => desk.hot.set(null)}
      onFocusIn={() => desk.hot.set(change.id)}
    >
      <CardHead change={change} label={face.label} />
      {change.drift === "conflict" && change.state === "pending" ? (
        <ConflictTexts change={change} body={rfc.document?.body ?? null} />
      ) : (
        <CardRedline change={change} body={rfc.document?.body ?? ""} />
      )}
      {change.reason !== "" && <p class="card-reason">{change.reason}</p>}
      {face.note !== null && <p class="card-note">{face.note}</p>}
      {overlapSentences(change, rfc.changes).map((overlap) => (
        <p key={overlap} class="card-note">
          {overlap}
        </p>
      ))}
      {warningSentences(change.warnings).map((warning) => (
        <p key={warning} class="card-note">
          {warning}
        </p>
      ))}
      {change.failure !== null && change.state === "pending" && (
        <Notice kind="problem">{change.failure}</Notice>
      )}
      <Outcome change={change} decisions={decisions} />
      <SuggestionLine change={change} rfc={rfc} />
      <CardActions change={change} actions={face.actions} rfc={rfc} />
    </section>
  );
});

function CardHead({ change, label }: { change: ChangeJson; label: string }) {
  const desk = useDesk();
  const section = sectionTitle(change.section);
  const certainty = certaintyWords(change);
  const placed = change.passage !== null && change.drift !== "stale" && change.state !== "declined";
  return (
    <header class="card-head">
      <strong class="card-number">#{change.number}</strong>
      {placed ? (
        <button
          type="button"
          class="link-button card-section"
          title="Show in the document"
          onClick={() => desk.showPlace(change.id)}
        >
          {section ?? "Show in the document"}
        </button>
      ) : (
        <span class="card-section">{section}</span>
      )}
      <span class="pill">{label}</span>
      <p class="card-meta quiet">
        by {change.author ?? "the model"}, <Time iso={change.created_at} />
        {certainty !== null && `, ${certainty}`}
      </p>
    </header>
  );
}

function Outcome({ change, decisions }: Omit<Props, "rfc">) {
  const decision = decisions.findLast((one) => one.change_id === change.id);
  if (change.state === "accepted") {
    const commit = change.commit_sha !== null && (
      <CommitLink slug={change.rfc_slug} sha={change.commit_sha} />
    );
    if (decision?.verdict !== "accept") {
      return (
        <p class="card-outcome">The document reads so already{commit && <>, since {commit}</>}.</p>
      );
    }
    return (
      <p class="card-outcome">
        {decision.author} accepted this{commit && <> in {commit}</>},{" "}
        <Time iso={decision.created_at} />.
      </p>
    );
  }
  if (change.state !== "declined" || !decision) return null;
  return (
    <p class="card-outcome">
      {decision.author} declined this{decision.reason ? `: ${decision.reason}` : "."}
    </p>
  );
}

/** Scrolls to the card, and focuses it, when somebody asked to see it. */
function useCardFocus(changeId: string) {
  const desk = useDesk();
  const focus = useStore(desk.focus);
  const ref = useRef<HTMLElement & HTMLParagraphElement>(null);
  useEffect(() => {
    if (focus?.where !== "conversation" || focus.changeId !== changeId || !ref.current) return;
    scrollTo(ref.current);
    ref.current.focus({ preventScroll: true });
    flash(ref.current);
  }, [focus, changeId]);
  return ref;
}
