import { useState } from "preact/hooks";
import type { OverviewRfcJson, WaitingJson } from "../../views/insight-view.ts";
import { rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";

interface Props {
  items: readonly WaitingJson[];
  total: number;
  rfcs: readonly OverviewRfcJson[];
}

const FIRST = 6;

const WORDS: Record<WaitingJson["kind"], string> = {
  failed: "An answer failed",
  conflict: "Conflict",
  place: "Place to choose",
  confirm: "Place to confirm",
  answer: "Answer to you",
  decision: "To decide",
};

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
          {hidden} more
        </button>
      )}
      {all && total > items.length && (
        <p class="quiet">And {total - items.length} more; these are the first.</p>
      )}
    </div>
  );
}

function Item({ item, title }: { item: WaitingJson; title: string | undefined }) {
  const { change } = item;
  const to = rfcPath(item.rfc_slug, item.thread_id) + (change ? `#change-${change.number}` : "");
  return (
    <Link class="waiting-row" to={to}>
      <span class={`pill waiting-${item.kind}`}>{WORDS[item.kind]}</span>
      <span class="waiting-text">
        {change ? (
          <>
            <b>#{change.number}</b> <Excerpt change={change} reason={item.text} />
          </>
        ) : (
          oneLine(item.text) || "…"
        )}
      </span>
      <span class="quiet waiting-where">{title ?? item.rfc_slug}</span>
      <span class="quiet waiting-since">
        <Time iso={item.since} />
      </span>
    </Link>
  );
}

function Excerpt({
  change,
  reason,
}: {
  change: NonNullable<WaitingJson["change"]>;
  reason: string;
}) {
  if (reason !== "") return <>{oneLine(reason)}</>;
  return (
    <>
      {change.original !== "" && <del>{oneLine(change.original)}</del>}{" "}
      {change.proposed !== "" && <ins>{oneLine(change.proposed)}</ins>}
    </>
  );
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
