import { useEffect, useRef, useState } from "preact/hooks";
import type { ConcernJson } from "../../views/people-view.ts";
import type { RfcDetailJson } from "../../views/rfc-view.ts";
import { flash, scrollTo } from "../document/reveal.ts";
import { useStore } from "../state/store.ts";
import { useGradual } from "../ui/gradual.ts";
import { ConcernCard } from "./concern-card.tsx";
import { inOrder } from "./concern-words.ts";
import { wantedConcern } from "./shown-concern.ts";

/** All concerns of an RFC. */
export function ConcernSection({ rfc }: { rfc: RfcDetailJson }) {
  const root = useRef<HTMLElement>(null);
  const concerns = inOrder(rfc.concerns);
  const open = concerns.filter(({ state }) => state === "open");
  const settled = concerns.filter(({ state }) => state !== "open");
  const [unfolded, setUnfolded] = useState(false);
  const wanted = useStore(wantedConcern);
  useEffect(() => {
    if (settled.some(({ id }) => id === wanted)) setUnfolded(true);
  }, [wanted]);
  useShown(root, wanted, [rfc.concerns, unfolded]);
  if (concerns.length === 0) return null;
  return (
    <section class="concerns" aria-labelledby="concerns-title" ref={root}>
      <h2 id="concerns-title">
        Concerns {open.length > 0 && <span class="badge">{open.length} open</span>}
      </h2>
      <Cards rfc={rfc} concerns={open} wanted={wanted} />
      {settled.length > 0 && (
        <details open={unfolded} onToggle={(event) => setUnfolded(event.currentTarget.open)}>
          <summary class="quiet">{settled.length} settled</summary>
          {unfolded && <Cards rfc={rfc} concerns={settled} wanted={wanted} />}
        </details>
      )}
    </section>
  );
}

interface CardsProps {
  rfc: RfcDetailJson;
  concerns: readonly ConcernJson[];
  /** Id of the one that somebody asked to see. */
  wanted: string | null;
}

/** Cards drawn at once: what fits a tall window. */
const FIRST = 8;

function Cards({ rfc: { branch, document }, concerns, wanted }: CardsProps) {
  const atLeast = concerns.findIndex(({ id }) => id === wanted) + 1;
  const drawn = useGradual(concerns.length, { first: FIRST, step: 4, atLeast });
  if (concerns.length === 0) return null;
  return (
    <ul>
      {concerns.slice(0, drawn).map((concern) => (
        <li key={concern.id}>
          <ConcernCard concern={concern} branch={branch} document={document} />
        </li>
      ))}
    </ul>
  );
}

/** Goes to the concern that somebody asked to see; one that was raised just now comes with the next look. */
function useShown(
  root: { current: HTMLElement | null },
  wanted: string | null,
  drawn: readonly unknown[],
): void {
  useEffect(() => {
    if (wanted === null) return undefined;
    const frame = requestAnimationFrame(() => {
      const card = root.current?.querySelector<HTMLElement>(
        `[data-concern="${CSS.escape(wanted)}"]`,
      );
      if (!card) return;
      wantedConcern.set(null);
      scrollTo(card);
      flash(card);
      card.focus({ preventScroll: true });
    });
    return () => cancelAnimationFrame(frame);
  }, [wanted, ...drawn]);
}
