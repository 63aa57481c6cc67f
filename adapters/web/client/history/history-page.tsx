import { useEffect, useState } from "preact/hooks";
import type { HistoryJson } from "../../views/insight-view.ts";
import { sentence } from "../api.ts";
import { insightApi } from "../insight-api.ts";
import { historyPath, navigate } from "../router.ts";
import { useLoad } from "../state/load.ts";
import { useTitle } from "../state/titles.ts";
import { Loading } from "../ui/loading.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { HistoryEntry } from "./history-entry.tsx";
import { FILTERS, HistoryFilters, type HistoryQuery } from "./history-filters.tsx";
import { RfcPages } from "./rfc-pages.tsx";
import { RfcTrail } from "./rfc-trail.tsx";

/** What was decided about one document, narrowed by what the address asks for. */
export function HistoryPage({ slug, query }: { slug: string; query: URLSearchParams }) {
  const asked = Object.fromEntries(
    FILTERS.map((name) => [name, query.get(name) ?? ""]),
  ) as HistoryQuery;
  const title = useTitle(slug);
  useEffect(() => {
    document.title = title === null ? "History – Redline" : `History of ${title} – Redline`;
  }, [title]);
  const key = historyPath(slug, asked);
  const first = useLoad(key, () => insightApi.history(slug, given(asked)), {
    keep: true,
    everyMs: 30_000,
  });
  return (
    <>
      <PageBar>
        <RfcTrail slug={slug} title={title} here="History" />
      </PageBar>
      <main class="page">
        <section aria-labelledby="history-title">
          <RfcPages slug={slug} here="history" />
          <h1 id="history-title">History of decisions</h1>
          <HistoryFilters
            asked={asked}
            people={first.value?.people ?? []}
            sections={first.value?.sections ?? []}
            onAsk={(change) => navigate(historyPath(slug, { ...asked, ...change }), "replace")}
          />
          <Loading of={first} rows={4}>
            {(page) => (
              <Entries
                key={key}
                slug={slug}
                first={page}
                busy={first.busy}
                narrowed={Object.values(asked).some((value) => value !== "")}
                more={(after) =>
                  insightApi.history(slug, { ...given(asked), after: String(after) })
                }
              />
            )}
          </Loading>
        </section>
      </main>
    </>
  );
}

/** Days are whole here: the last one is part of what is asked for. */
function given(asked: HistoryQuery): Record<string, string> {
  const { from, to, ...rest } = asked;
  const times = {
    from: from === "" ? "" : new Date(`${from}T00:00`).toISOString(),
    to: to === "" ? "" : new Date(`${to}T23:59:59.999`).toISOString(),
  };
  return Object.fromEntries(
    Object.entries({ ...rest, ...times }).filter(([, value]) => value !== ""),
  );
}

interface EntriesProps {
  slug: string;
  first: HistoryJson;
  busy: boolean;
  narrowed: boolean;
  more(after: number): Promise<HistoryJson>;
}

function Entries({ slug, first, busy, narrowed, more }: EntriesProps) {
  const [later, setLater] = useState<HistoryJson[]>([]);
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({
    busy: false,
    problem: null,
  });
  const { next } = later.at(-1) ?? first;
  const shown = [first, ...later].flatMap((page) => page.entries);
  const entries = shown.filter(
    ({ change }, at) => shown.findIndex((one) => one.change.id === change.id) === at,
  );
  const load = async (): Promise<void> => {
    if (next === null) return;
    setState({ busy: true, problem: null });
    try {
      const page = await more(next);
      setLater((pages) => [...pages, page]);
      setState({ busy: false, problem: null });
    } catch (error) {
      setState({ busy: false, problem: sentence(error) });
    }
  };
  if (entries.length === 0) {
    return (
      <p class="empty">
        {narrowed
          ? "Nothing fits these filters."
          : "Nothing has been decided yet. Accepted, declined and withdrawn changes will stand here."}
      </p>
    );
  }
  return (
    <div aria-busy={busy}>
      <p class="quiet" role="status">
        {first.total === 1 ? "One change" : `${first.total} changes`}
      </p>
      <ol class="history">
        {entries.map((entry) => (
          <HistoryEntry key={entry.change.id} slug={slug} entry={entry} />
        ))}
      </ol>
      {state.problem !== null && <Notice kind="problem">{state.problem}</Notice>}
      {next !== null && (
        <button type="button" disabled={state.busy} onClick={() => void load()}>
          {state.busy ? "Loading…" : "Show more"}
        </button>
      )}
    </div>
  );
}
