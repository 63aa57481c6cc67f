import type { RfcFiguresJson } from "../../views/statistics-view.ts";
import { historyPath, rfcPath } from "../router.ts";
import { Link } from "../ui/link.tsx";
import { count, periodName } from "./figure-words.ts";
import { Key } from "./model-table.tsx";
import { ShareBar } from "./share-bar.tsx";

const KINDS = ["accepted", "declined", "pending", "stale"] as const;

interface Props {
  rfcs: readonly RfcFiguresJson[];
  leftOut: number;
  hours: number;
}

/** What was decided on each RFC lately, and what is to be decided now. */
export function DecisionTable({ rfcs, leftOut, hours }: Props) {
  if (rfcs.length === 0) {
    return <p class="empty">Nothing was decided in these hours, and nothing waits for it.</p>;
  }
  const most = Math.max(...rfcs.map((rfc) => KINDS.reduce((sum, kind) => sum + rfc[kind], 0)));
  return (
    <div class="figures" role="region" aria-label="Decisions by RFC" tabIndex={0}>
      <table>
        <caption class="quiet">
          Accepted and declined in the last {periodName(hours)}; pending and stale as they are now.
        </caption>
        <thead>
          <tr>
            <th scope="col">RFC</th>
            <th scope="col">Accepted</th>
            <th scope="col">Declined</th>
            <th scope="col">Pending</th>
            <th scope="col">Stale</th>
          </tr>
        </thead>
        <tbody>
          {rfcs.map((rfc) => (
            <tr key={rfc.slug}>
              <th scope="row">
                <Link to={rfcPath(rfc.slug)}>{rfc.title}</Link>
                <ShareBar most={most} parts={KINDS.map((kind) => ({ kind, value: rfc[kind] }))} />
              </th>
              {KINDS.map((kind) => (
                <td key={kind}>
                  {rfc[kind] === 0 ? (
                    "0"
                  ) : (
                    <Link to={historyPath(rfc.slug, { state: kind })}>{count(rfc[kind])}</Link>
                  )}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <Key names={KINDS.map((kind) => [kind, kind])} />
      {leftOut > 0 && (
        <p class="quiet">
          {leftOut === 1 ? "One more RFC has" : `${count(leftOut)} more RFCs have`} less.
        </p>
      )}
    </div>
  );
}
