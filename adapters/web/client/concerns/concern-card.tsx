import { useState } from "preact/hooks";
import type { ConcernJson } from "../../views/people-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { showPassage } from "../document/thread-marks.ts";
import { peopleApi } from "../people-api.ts";
import { rfcPath } from "../router.ts";
import { useDesk } from "../state/desk.ts";
import { useAction } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Link } from "../ui/link.tsx";
import { memo } from "../ui/memo.ts";
import { Time } from "../ui/time.tsx";
import { concernMark, concernPlace } from "./concern-places.ts";
import { settledWords } from "./concern-words.ts";
import { sliceWords } from "../conversation/thread-title.ts";
import { ResolveDialog } from "./resolve-dialog.tsx";

interface Props extends Pick<RfcDetailJson, "branch" | "document"> {
  concern: ConcernJson;
}

/** What somebody holds against the RFC, and what became of it. */
export const ConcernCard = memo(function ConcernCard({ concern, branch, document }: Props) {
  const { number, author, text, state, settled_why: why, settled_at: settledAt } = concern;
  const settled = settledWords(concern);
  return (
    <article
      class={`concern concern-${state}`}
      data-concern={concern.id}
      tabIndex={-1}
      aria-label={`Concern ${number}, ${state}`}
    >
      <header class="concern-head">
        <span class="thread-letter concern-letter">!{number}</span>
        <strong>{author}</strong> <Time iso={concern.created_at} />
      </header>
      <p class="concern-text">{text}</p>
      <ConcernPassage concern={concern} branch={branch} document={document} />
      {settled !== null && (
        <p class="concern-settled quiet">
          {settled}
          {settledAt !== null && (
            <>
              {" "}
              · <Time iso={settledAt} />
            </>
          )}
          {why !== null && <span class="concern-why">{why}</span>}
        </p>
      )}
      <Ways concern={concern} />
    </article>
  );
});

function ConcernPassage({ concern, ...rfc }: Props) {
  const desk = useDesk();
  const place = concernPlace(concern, rfc);
  if (place === null) return <p class="quiet">About the whole document</p>;
  const words = `“${sliceWords(concern.anchor_text ?? "")}”`;
  if (typeof place !== "string" && concern.state === "open") {
    return (
      <button
        type="button"
        class="thread-passage"
        title="Show in the document"
        onClick={() => showPassage(desk, concernMark(concern.id), place.start)}
      >
        <span>{words}</span>
      </button>
    );
  }
  return (
    <p class="thread-passage is-gone">
      <span>
        {words}
        {place === "gone" && concern.state === "open" && (
          <span class="thread-passage-gone">
            This passage reads otherwise now.{" "}
            {concern.mine ? "Does that settle your concern?" : `${concern.author} was asked.`}
          </span>
        )}
      </span>
    </p>
  );
}

function Ways({ concern }: { concern: ConcernJson }) {
  const desk = useDesk();
  const action = useAction(concern.state);
  const [resolving, setResolving] = useState(false);
  const withdraw = async (): Promise<void> => {
    await peopleApi.withdraw(concern.id);
    await desk.rfc.refresh();
  };
  const resolve = async (why: string): Promise<void> => {
    await peopleApi.resolve(concern.id, why);
    await desk.rfc.refresh();
  };
  return (
    <>
      <div class="concern-ways">
        {concern.state === "open" && (
          <>
            <button type="button" class="small" onClick={() => setResolving(true)}>
              Resolve…<span class="visually-hidden"> concern {concern.number}</span>
            </button>
            {concern.mine && (
              <button
                type="button"
                class="small"
                disabled={action.busy}
                onClick={() => void action.run(withdraw)}
              >
                Withdraw<span class="visually-hidden"> concern {concern.number}</span>
              </button>
            )}
          </>
        )}
        <Link class="concern-thread" to={rfcPath(concern.rfc_slug, concern.thread_id)}>
          Thread<span class="visually-hidden"> of concern {concern.number}</span>
        </Link>
      </div>
      <ActionProblem action={action} />
      {resolving && (
        <ResolveDialog concern={concern} onClose={() => setResolving(false)} onResolve={resolve} />
      )}
    </>
  );
}
