import { useEffect } from "preact/hooks";
import type { OverviewJson } from "../../views/insight-view.ts";
import { insightApi } from "../insight-api.ts";
import { useLoad } from "../state/load.ts";
import { OVERVIEW } from "../router.ts";
import { learnTitles } from "../state/titles.ts";
import { Link } from "../ui/link.tsx";
import { Loading } from "../ui/loading.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { ActivityPlot, summary } from "./activity-plot.tsx";
import { AddRfcForm } from "./add-rfc-form.tsx";
import { RfcList } from "./rfc-list.tsx";
import { Spending } from "./spending.tsx";
import { WaitingList } from "./waiting-list.tsx";

const REFRESH_MS = 15_000;

/** All documents at a glance, and what waits for whoever looks. */
export function Home() {
  useEffect(() => {
    document.title = "Redline";
  }, []);
  const overview = useLoad("overview", loadOverview, { everyMs: REFRESH_MS });
  return (
    <>
      <PageBar />
      <main class="page page-home">
        <h1 class="visually-hidden">Overview</h1>
        <Loading of={overview} rows={5}>
          {(view) => <Everything view={view} />}
        </Loading>
        {overview.value === null && overview.problem !== null && <AddRfc open={false} />}
      </main>
    </>
  );
}

async function loadOverview(): Promise<OverviewJson> {
  const view = await insightApi.overview();
  learnTitles(view.rfcs);
  return view;
}

function Everything({ view }: { view: OverviewJson }) {
  const { rfcs, waiting, waiting_total: total, activity } = view;
  return (
    <>
      {rfcs.length > 0 && (
        <section class="section" aria-labelledby="waiting-title">
          <h2 id="waiting-title">
            Waiting for you {total > 0 && <span class="badge">{total}</span>}
          </h2>
          <WaitingList items={waiting} total={total} rfcs={rfcs} />
        </section>
      )}
      <section class="section" aria-labelledby="rfcs-title">
        <div class="section-head">
          <h2 id="rfcs-title">RFCs</h2>
          {rfcs.length > 0 && (
            <figure class="activity-figure">
              <ActivityPlot days={activity} label="Everything" />
              <figcaption class="quiet">
                {summary(activity)} · <Link to={OVERVIEW}>Overview</Link>
              </figcaption>
            </figure>
          )}
        </div>
        <RfcList rfcs={rfcs} />
      </section>
      <AddRfc open={rfcs.length === 0} />
      <Spending />
    </>
  );
}

function AddRfc({ open }: { open: boolean }) {
  return (
    <details class="panel add-panel" open={open}>
      <summary>
        <h2>Add an RFC</h2>
      </summary>
      <p class="quiet">
        Any Markdown document in a Git repository. The address of its pull request is enough: the
        rest is found there. Redline commits only when somebody accepts a change.
      </p>
      <AddRfcForm />
    </details>
  );
}
