import type { MergeProposalJson, MergeWordJson } from "../../views/people-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { excerpt } from "../conversation/thread-title.ts";
import { showConcern } from "../concerns/shown-concern.ts";
import { peopleApi } from "../people-api.ts";
import { rfcPath } from "../router.ts";
import { useDesk } from "../state/desk.ts";
import { useAction, type Action } from "../ui/action.ts";
import { ActionProblem } from "../ui/action-problem.tsx";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { firstFew, mergeWords, wordWords } from "./merge-words.ts";

interface Props {
  merge: MergeProposalJson;
  rfc: RfcDetailJson;
}

/** Who is asked, what they said, and what holds it. */
export function MergeCard({ merge, rfc }: Props) {
  const { pr_number: pull, words } = merge;
  const desk = useDesk();
  const action = useAction(`${merge.id} ${merge.state}`);
  const settle = (work: () => Promise<unknown>): void =>
    void action.run(async () => {
      await work();
      await desk.rfc.refresh();
    });
  const isOpen = merge.state === "open";
  return (
    <article class={`merge merge-${merge.state}`} tabIndex={-1} aria-label="Proposal to merge">
      <header class="concern-head">
        <strong>{merge.proposed_by}</strong> proposes to merge{pull !== null && ` #${pull}`}{" "}
        <Time iso={merge.created_at} />
      </header>
      <p class="merge-state">{mergeWords(merge, new Date())}</p>
      {isOpen && (
        <p class="quiet">
          It waits until <Time iso={merge.ends_at} /> at least.
        </p>
      )}
      {words.length > 0 && (
        <ul class="merge-words" aria-label="Who was asked">
          {words.map((word) => (
            <li key={word.person_id} class={`merge-word merge-word-${word.word ?? "none"}`}>
              <span aria-hidden="true">{SIGNS[word.word ?? "none"]}</span>
              <span>
                {word.name} {wordWords(word)}
              </span>
            </li>
          ))}
        </ul>
      )}
      {isOpen && <Holds merge={merge} rfc={rfc} />}
      {isOpen && <Say merge={merge} action={action} onSettle={settle} />}
      <ActionProblem action={action} />
      <p class="concern-ways">
        {isOpen && (
          <button
            type="button"
            class="small"
            disabled={action.busy}
            onClick={() => settle(() => peopleApi.withdrawMerge(merge.id))}
          >
            Withdraw the proposal
          </button>
        )}
        <Link class="concern-thread" to={rfcPath(rfc.slug, merge.thread_id)}>
          Thread<span class="visually-hidden"> of the proposal</span>
        </Link>
      </p>
    </article>
  );
}

const SIGNS = { agree: "✓", object: "✗", none: "·" } as const;

/** Concerns hold it; changes that are not decided are left out of what is merged. */
function Holds({ merge, rfc }: Props) {
  const desk = useDesk();
  const pending = merge.pending_changes;
  const { few, others } = firstFew(merge.open_concerns);
  return (
    <>
      {few.length > 0 && (
        <ul class="merge-holds" aria-label="Open concerns">
          {few.map(({ number, text, author }) => {
            const concern = rfc.concerns.find((one) => one.number === number);
            return (
              <li key={number}>
                <button
                  type="button"
                  class="thread-passage"
                  disabled={!concern}
                  onClick={() => concern && showConcern(desk, concern.id)}
                >
                  <span class="thread-letter concern-letter">!{number}</span>
                  <span>
                    <bdi>{excerpt(text)}</bdi> ({author})
                  </span>
                </button>
              </li>
            );
          })}
          {others !== null && <li class="quiet">{others}</li>}
        </ul>
      )}
      {pending.length > 0 && (
        <p class="quiet">
          Not decided, and not part of it:{" "}
          {pending.map((number, at) => {
            const change = rfc.changes.find((one) => one.number === number);
            return (
              <span key={number}>
                {at > 0 && ", "}
                <button
                  type="button"
                  class="link-button"
                  disabled={!change}
                  onClick={() => change && desk.showCard(change)}
                >
                  change #{number}
                </button>
              </span>
            );
          })}
        </p>
      )}
    </>
  );
}

interface SayProps {
  merge: MergeProposalJson;
  action: Action;
  onSettle(work: () => Promise<unknown>): void;
}

/** One button each, for who is asked; a word can be taken back by the other one. */
function Say({ merge, action, onSettle }: SayProps) {
  const mine = merge.words.find((word) => word.mine);
  if (!mine) return null;
  const say = (word: NonNullable<MergeWordJson["word"]>) => () =>
    onSettle(() => peopleApi.sayOnMerge(merge.id, word));
  return (
    <div class="merge-say" role="group" aria-label="Your word">
      <button
        type="button"
        class={mine.word === null ? "primary" : undefined}
        aria-pressed={mine.word === "agree"}
        disabled={action.busy || mine.word === "agree"}
        onClick={say("agree")}
      >
        Agree
      </button>
      <button
        type="button"
        class="danger"
        aria-pressed={mine.word === "object"}
        disabled={action.busy || mine.word === "object"}
        onClick={say("object")}
      >
        Object
      </button>
    </div>
  );
}
