import { useEffect, useState } from "preact/hooks";
import type { StatisticsJson } from "../../views/statistics-view.ts";
import { ApiError } from "../api.ts";
import { insightApi } from "../insight-api.ts";
import { useLoad } from "../state/load.ts";
import { Loading } from "../ui/loading.tsx";
import { Notice } from "../ui/notice.tsx";
import { PageBar } from "../ui/page-bar.tsx";
import { Time } from "../ui/time.tsx";
import { BacklogList } from "./backlog-list.tsx";
import { DecisionTable } from "./decision-table.tsx";
import { HourPlot } from "./hour-plot.tsx";
import { ModelTable } from "./model-table.tsx";
import type { Series } from "./series.ts";

const REFRESH_MS = 30_000;
const PERIODS = [
  [24, "24 hours"],
  [72, "3 days"],
  [168, "7 days"],
] as const;

/** How Redline has done lately, for whoever runs it. */
export function OverviewPage() {
  const [hours, setHours] = useState<number>(24);
  useEffect(() => {
    document.title = "Overview – Redline";
  }, []);
  const statistics = useLoad(`statistics ${hours}`, () => load(hours), {
    everyMs: REFRESH_MS,
    keep: true,
  });
  return (
    <>
      <PageBar />
      <main class="page page-overview">
        <div class="section-head">
          <h1>Overview</h1>
          <div class="segmented" role="group" aria-label="Time">
            {PERIODS.map(([period, name]) => (
              <button
                key={period}
                type="button"
                aria-pressed={period === hours}
                onClick={() => setHours(period)}
              >
                {name}
              </button>
            ))}
          </div>
        </div>
        <Loading of={statistics} rows={6}>
          {(value) => (value === "not theirs" ? <NotTheirs /> : <Figures of={value} />)}
        </Loading>
      </main>
    </>
  );
}

async function load(hours: number): Promise<StatisticsJson | "not theirs"> {
  try {
    return await insightApi.statistics(hours);
  } catch (error) {
    if (error instanceof ApiError && error.kind === "not-found") return "not theirs";
    throw error;
  }
}

function NotTheirs() {
  return (
    <Notice kind="hint">
      These figures are for whoever runs Redline: <a href="/admin/queues">sign in</a> with
      ADMIN_TOKEN and come back.
    </Notice>
  );
}

function Figures({ of: statistics }: { of: StatisticsJson }) {
  const { hours, total, models, rfcs, rfcs_left_out: leftOut, backlog, at } = statistics;
  return (
    <>
      <section class="section" aria-labelledby="waiting-now">
        <h2 id="waiting-now">Waiting now</h2>
        <BacklogList backlog={backlog} />
        <p class="quiet">
          Summed up at <Time iso={at} />. The queues themselves are at{" "}
          <a href="/admin/queues">/admin/queues</a>, for whoever has ADMIN_TOKEN.
        </p>
      </section>
      <section class="section" aria-labelledby="activity-title">
        <h2 id="activity-title">Activity</h2>
        <HourPlot
          title="What happened"
          about="Events that platforms sent, messages that people wrote, and answers that ended, each hour."
          hours={hours}
          kind="lines"
          unit="count"
          series={[
            { name: "Events", value: (hour) => hour.events, total: total.events },
            { name: "Messages", value: (hour) => hour.messages, total: total.messages },
            { name: "Answers", value: (hour) => hour.turns, total: total.turns },
            { name: "Failed", value: (hour) => hour.failed, total: total.failed },
          ]}
        />
      </section>
      <section class="section" aria-labelledby="latency-title">
        <h2 id="latency-title">Latency</h2>
        <div class="plots">
          <HourPlot
            title="To the first text"
            about="From the question to the first of its answer that could be seen."
            hours={hours}
            kind="lines"
            unit="duration"
            series={latency("first_text_ms", total)}
          />
          <HourPlot
            title="To the whole answer"
            about="From the question to the end of its answer."
            hours={hours}
            kind="lines"
            unit="duration"
            series={latency("turn_ms", total)}
          />
        </div>
      </section>
      <section class="section" aria-labelledby="cost-title">
        <h2 id="cost-title">Cost</h2>
        <div class="plots">
          <HourPlot
            title="Money"
            about="US dollars, of models whose price is known."
            hours={hours}
            kind="bars"
            unit="money"
            series={[
              {
                name: "Cost",
                value: (hour) => hour.cost_microdollars,
                total: total.cost_microdollars,
              },
            ]}
          />
          <HourPlot
            title="Tokens"
            about="Read and written, with those that a cache had."
            hours={hours}
            kind="bars"
            unit="count"
            series={[{ name: "Tokens", value: (hour) => hour.tokens, total: total.tokens }]}
          />
        </div>
        <ModelTable models={models} />
      </section>
      <section class="section" aria-labelledby="decisions-title">
        <h2 id="decisions-title">Decisions</h2>
        <DecisionTable rfcs={rfcs} leftOut={leftOut} hours={hours.length} />
      </section>
    </>
  );
}

function latency(figure: "first_text_ms" | "turn_ms", total: StatisticsJson["total"]): Series[] {
  return [
    {
      name: "Median",
      value: (hour) => hour[figure]?.median ?? null,
      total: total[figure]?.median ?? null,
    },
    {
      name: "95 of 100 within",
      value: (hour) => hour[figure]?.p95 ?? null,
      total: total[figure]?.p95 ?? null,
    },
  ];
}
