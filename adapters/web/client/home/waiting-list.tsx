import { useState } from "preact/hooks";
import type { OverviewRfcJson, WaitingJson } from "../../views/insight-view.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { waitingTask } from "./waiting-words.ts";

interface Props {
  items: readonly WaitingJson[];
  total: number;
  rfcs: readonly OverviewRfcJson[];
}

const FIRST = 6;

/** Decisions, places and answers that wait; what blocks most is first. */
export function WaitingList({ items, total, rfcs }: Props) {
  const [all, setAll] = useState(false);
  if (items.length === 0) {
    return <p class="quiet waiting-none">Nothing waits for you.</p>;
  }
  const shown = all ? items : items.slice(0, FIRST);
  const hidden = items.length - shown.length;
  return (
    <div class="waiting">
      <ul>
        {shown.map((item) => (
          <li key={item.change?.id ?? item.thread_id}>
            <Item item={item} title={rfcs.find((rfc) => rfc.slug === item.rfc_slug)?.title} />
          </li>
        ))}
      </ul>
      {hidden > 0 && (
        <button type="button" class="link-button" onClick={() => setAll(true)}>
          Show {hidden} more
        </button>
      )}
      {all && total > items.length && (
        <p class="quiet">And {total - items.length} more; these are the first.</p>
      )}
    </div>
  );
}

function Item({ item, title }: { item: WaitingJson; title: string | undefined }) {
  const { change, kind } = item;
  const text = oneLine(item.text);
  const to = rfcPath(item.rfc_slug, item.thread_id) + (change ? `#change-${change.number}` : "");
  return (
    <Link class={`waiting-row waiting-${kind}`} to={to}>
      <strong class="waiting-task">{waitingTask(item)}</strong>{" "}
      <span class="quiet waiting-where">
        In {title ?? item.rfc_slug}, since <Time iso={item.since} />
      </span>{" "}
      {(change || text !== "") && (
        <span class="waiting-text">
          {change && <Excerpt change={change} />}
          {change && text !== "" && " – "}
          {text}
        </span>
      )}
    </Link>
  );
}

function Excerpt({ change }: { change: NonNullable<WaitingJson["change"]> }) {
  const [original, proposed] = [oneLine(change.original), oneLine(change.proposed)];
  return (
    <>
      {original !== "" && <del>{original}</del>} {proposed !== "" && <ins>{proposed}</ins>}
    </>
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
