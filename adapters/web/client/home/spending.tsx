import type { SpendingJson } from "../../views/spending-view.ts";
import { call } from "../api.ts";
import { useLoad } from "../state/load.ts";
import { Notice } from "../ui/notice.tsx";
import { spentWords } from "./spending-words.ts";

const REFRESH_MS = 60_000;

/** What workspaces and people used, and may use; nothing for whoever may not see it, or where nothing was used. */
export function Spending() {
  const { value } = useLoad("spending", () => call<SpendingJson>("GET", "/api/spending"), {
    everyMs: REFRESH_MS,
  });
  if (value === null) return null;
  const { stop, budgets } = value;
  return (
    <>
      {stop && (
        <Notice kind="hint">
          All answers are stopped{stop.reason === null ? "" : `: ${stop.reason}`}. Decisions and
          commits go on.
        </Notice>
      )}
      {budgets.length > 0 && (
        <section class="section" aria-labelledby="spending-title">
          <h2 id="spending-title">Spending</h2>
          <ul class="rows">
            {budgets.map((budget) => (
              <li key={`${budget.scope} ${budget.id}`} class="spending-row">
                <span>{budget.name}</span>
                <span class="quiet">
                  {spentWords("today", budget.day, budget.limits, "day")};{" "}
                  {spentWords("this month", budget.month, budget.limits, "month")}
                  {budget.models && `; models: ${budget.models.join(", ")}`}
                </span>
              </li>
            ))}
          </ul>
        </section>
      )}
    </>
  );
}
