import { useMemo, useRef, useState } from "preact/hooks";
import type { ChangeJson } from "../../views/change-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { useDesk } from "../state/desk.ts";
import { Dialog } from "../ui/dialog.tsx";
import { planAccept, type AcceptPlan } from "./accept-plan.ts";
import { acceptAll, type AcceptOutcome } from "./accept-run.ts";
import { CombinedRedline } from "./combined-redline.tsx";
import { sectionTitle } from "./section-title.ts";

interface Props {
  rfc: RfcDetailJson;
  onClose(): void;
}

/** Accepts what does not conflict, after a look at the combined result. */
export function AcceptAllDialog({ rfc, onClose }: Props) {
  const desk = useDesk();
  // What was looked at is what is accepted; the server refuses what is another one meanwhile.
  const [seen] = useState(rfc);
  const plan = useMemo(() => planAccept(seen.changes), [seen]);
  const [without, setWithout] = useState<ReadonlySet<string>>(new Set());
  const [run, setRun] = useState<RunState | null>(null);
  const stopped = useRef(false);
  const chosen = plan.ready.filter((change) => !without.has(change.id));
  const close = (): void => {
    stopped.current = true;
    onClose();
  };
  const show = (changeId: string): void => {
    const change = desk.change(changeId);
    close();
    if (change) desk.showCard(change);
  };
  const start = async (): Promise<void> => {
    setRun({ total: chosen.length, outcomes: [], over: false });
    await acceptAll(chosen, {
      onChange: (change) => desk.merge([change]),
      onOutcome: (outcome) =>
        setRun((known) => known && { ...known, outcomes: [...known.outcomes, outcome] }),
      stopped: () => stopped.current,
    });
    setRun((known) => known && { ...known, over: true });
    await Promise.all([desk.rfc.refresh(), desk.thread?.refresh()]);
  };
  const toggle = (changeId: string): void =>
    setWithout((known) => {
      const next = new Set(known);
      if (!next.delete(changeId)) next.add(changeId);
      return next;
    });
  return (
    <Dialog title={run ? "Accepting changes" : "Accept all"} wide onClose={close}>
      {run ? (
        <Progress run={run} onStop={() => (stopped.current = true)} onClose={close} />
      ) : (
        <>
          <p>
            {plan.ready.length === 0
              ? "None of the pending changes can be accepted as it is."
              : "This is how the document will read, each change in a commit of its own."}
          </p>
          <div class="accept-look" tabIndex={0} role="region" aria-label="The combined result">
            <CombinedRedline
              rfc={seen}
              ready={plan.ready}
              without={without}
              onToggle={toggle}
              onShow={show}
            />
            <LeftOut left={plan.left} />
          </div>
          <div class="dialog-buttons">
            <button type="button" onClick={close}>
              Cancel
            </button>
            <button
              type="button"
              class="primary"
              disabled={chosen.length === 0}
              onClick={() => void start()}
            >
              Accept {chosen.length === 1 ? "1 change" : `${chosen.length} changes`}
            </button>
          </div>
        </>
      )}
    </Dialog>
  );
}

function LeftOut({ left }: { left: AcceptPlan["left"] }) {
  if (left.length === 0) return null;
  return (
    <section class="left-out">
      <h3>Left out</h3>
      <ul>
        {left.map(({ change, why }) => (
          <li key={change.id}>
            <strong>#{change.number}</strong> {where(change)}
            {why}
          </li>
        ))}
      </ul>
    </section>
  );
}

function where({ section }: ChangeJson): string {
  const name = sectionTitle(section);
  return name === null ? "" : `(${name}) `;
}

interface RunState {
  total: number;
  outcomes: AcceptOutcome[];
  over: boolean;
}

interface ProgressProps {
  run: RunState;
  onStop(): void;
  onClose(): void;
}

function Progress({ run: { total, outcomes, over }, onStop, onClose }: ProgressProps) {
  const failed = outcomes.filter((outcome) => outcome.problem !== null);
  const done = outcomes.length - failed.length;
  return (
    <>
      <progress max={total} value={outcomes.length} aria-label="Changes accepted" />
      <p role="status">
        {over
          ? `${done} of ${total} accepted.`
          : `Committing ${Math.min(total, outcomes.length + 1)} of ${total}…`}
      </p>
      {failed.length > 0 && (
        <ul class="left-out" aria-label="Not accepted">
          {failed.map(({ change, problem }) => (
            <li key={change.id}>
              <strong>#{change.number}</strong> {problem}
            </li>
          ))}
        </ul>
      )}
      <div class="dialog-buttons">
        {over ? (
          <button type="button" class="primary" onClick={onClose}>
            Close
          </button>
        ) : (
          <button type="button" onClick={onStop}>
            Stop after this one
          </button>
        )}
      </div>
    </>
  );
}
