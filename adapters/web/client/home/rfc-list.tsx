import type { OverviewRfcJson } from "../../views/insight-view.ts";
import { historyPath, rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { Time } from "../ui/time.tsx";
import { ActivityPlot } from "./activity-plot.tsx";

/** The documents, those in which something happened last first. */
export function RfcList({ rfcs }: { rfcs: readonly OverviewRfcJson[] }) {
  if (rfcs.length === 0) {
    return (
      <p class="empty">
        There is no RFC here yet. Add one below: give the address of a pull request, or a Markdown
        document in a folder, and discuss it right away.
      </p>
    );
  }
  const sorted = [...rfcs].sort((a, b) => b.last_activity.localeCompare(a.last_activity));
  return (
    <ul class="rfc-list">
      {sorted.map((rfc) => (
        <li key={rfc.slug} class="rfc-row">
          <Link class="rfc-name" to={rfcPath(rfc.slug)}>
            <strong>{rfc.title}</strong>
            <span class="quiet">
              {rfc.path} · {rfc.default_branch} · <Time iso={rfc.last_activity} />
            </span>
          </Link>
          <ActivityPlot days={rfc.activity} label={rfc.title} small />
          <ul class="counts" aria-label="Changes and threads">
            <Count n={rfc.open_threads} label={rfc.open_threads === 1 ? "thread" : "threads"} />
            <Count
              n={rfc.pending}
              label="open"
              tone="pending"
              to={historyPath(rfc.slug, { state: "pending" })}
            />
            <Count
              n={rfc.stale}
              label="stale"
              tone="stale"
              to={historyPath(rfc.slug, { state: "stale" })}
            />
            <Count
              n={rfc.accepted}
              label="accepted"
              tone="accepted"
              to={historyPath(rfc.slug, { state: "accepted" })}
            />
            <Count
              n={rfc.declined}
              label="declined"
              tone="declined"
              to={historyPath(rfc.slug, { state: "declined" })}
            />
          </ul>
        </li>
      ))}
    </ul>
  );
}

interface CountProps {
  n: number;
  label: string;
  tone?: string;
  to?: string;
}

/** A number that leads to what it counts, where there is something. */
function Count({ n, label, tone, to }: CountProps) {
  const words = (
    <>
      <b>{n}</b> {label}
    </>
  );
  const look = `count ${n > 0 && tone ? `tone-${tone}` : ""}`;
  return (
    <li class={look} data-zero={n === 0}>
      {to !== undefined && n > 0 ? <Link to={to}>{words}</Link> : words}
    </li>
  );
}
