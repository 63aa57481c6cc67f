/** What a driven Redline tells at /metrics, and what is written about it. */
import { readFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COUNTERS, GAUGES, HISTOGRAMS } from "../../src/metrics.ts";
import { MirrorWorld } from "../mirroring/mirror-world.ts";
import { readDashboard, readRules } from "./alert-rules.ts";
import { drive } from "./driven.ts";
import { groupsIn, metricsIn } from "./promql.ts";

const read = (path: string): string =>
  readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");

let world: MirrorWorld;
let page: string;
/** By metric, as Prometheus has it: the labels that its series have. */
let told: Map<string, Set<string>>;
let types: Map<string, string>;

beforeAll(async () => {
  world = await MirrorWorld.start();
  await drive(world);
  page = await (await fetch(`${world.app.url}/metrics`)).text();
  told = labelsIn(page);
  types = new Map(
    [...page.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => [name!, type!]),
  );
});
afterAll(() => world[Symbol.asyncDispose]());

/** The labels of series that were told, and of our own instruments that had nothing to tell. */
function labelsIn(text: string): Map<string, Set<string>> {
  const found = new Map<string, Set<string>>();
  const add = (metric: string, labels: readonly string[]): void => {
    const known = found.get(metric) ?? new Set(["job", "instance"]);
    for (const label of labels) known.add(label);
    found.set(metric, known);
  };
  for (const [, metric, labels = ""] of text.matchAll(/^([a-z]\w*)(?:\{([^}]*)\})? /gm)) {
    add(
      metric!,
      [...labels.matchAll(/(\w+)="/g)].map(([, name]) => name!),
    );
  }
  for (const [name, { labels }] of Object.entries({ ...COUNTERS, ...GAUGES })) {
    if (text.includes(`# TYPE redline_${name} `)) add(`redline_${name}`, Object.keys(labels));
  }
  for (const [name, { labels }] of Object.entries(HISTOGRAMS)) {
    if (!text.includes(`# TYPE redline_${name} histogram`)) continue;
    for (const part of ["sum", "count"]) add(`redline_${name}_${part}`, Object.keys(labels));
    add(`redline_${name}_bucket`, [...Object.keys(labels), "le"]);
  }
  return found;
}

/** The value of a series, its labels in their order. */
function value(series: string): number | null {
  const line = page.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? null : Number(line.slice(series.length + 1));
}

describe("what is told of a conversation in Slack, on Discord and in the console", () => {
  it.each([
    ['redline_events_total{source="discord",kind="MESSAGE_CREATE",result="new"}', 2],
    ['redline_events_handled_total{source="slack",kind="message",outcome="done"}', 3],
    ['redline_event_seconds_count{source="discord"}', 2],
    ['redline_acknowledgement_seconds_count{source="discord"}', 2],
    ['redline_turns_total{outcome="done"}', 3],
    ["redline_turn_wait_seconds_count", 3],
    ['redline_turn_seconds_count{outcome="done"}', 3],
    ['redline_model_requests_total{model="scripted-1",result="complete"}', 3],
    ['redline_model_tokens_total{model="scripted-1",kind="input"}', 300],
    // Each answer is shown in both places, and the last one is read where it was asked for.
    ['redline_first_text_seconds_count{platform="slack"}', 3],
    ['redline_first_text_seconds_count{platform="discord"}', 3],
    ['redline_first_text_seconds_count{platform="console"}', 1],
    ['redline_last_text_seconds_count{platform="slack"}', 3],
    ['redline_last_text_seconds_count{platform="discord"}', 3],
    ['redline_last_text_seconds_count{platform="console"}', 1],
    ['redline_changes_total{state="pending"}', 1],
    ['redline_changes_total{state="accepting"}', 1],
    ['redline_changes_total{state="accepted"}', 1],
    ['redline_decisions_total{verdict="accept"}', 1],
    ['redline_commits_total{result="committed"}', 1],
    ["redline_commit_seconds_count", 1],
    ['redline_branch_moves_total{result="problem"}', 0],
    // What did not happen is told too, so that Prometheus sees when it does.
    ['redline_commits_total{result="given_up"}', 0],
    ['redline_events_total{source="slack",kind="message",result="not_stored"}', 0],
    [
      'redline_http_requests_total{method="POST",route="/api/threads/:id/messages",status="200"}',
      1,
    ],
    ['redline_queue_depth{queue="inbox"}', 0],
    ['redline_changes{state="pending"}', 0],
    ['redline_jobs{queue="commits",state="failed"}', 0],
    ["redline_running_turns", 0],
    ["redline_open_streams", 0],
    ["redline_failed_readings_total", 0],
  ])("%s is %d", (series, expected) => {
    expect(value(series)).toBe(expected);
  });

  it("counts platform calls by their pattern", () => {
    const post = "POST /channels/:id/messages";
    expect(
      value(`redline_platform_calls_total{platform="discord",method="${post}",result="ok"}`),
    ).toBeGreaterThan(2);
    expect(
      value('redline_platform_calls_total{platform="slack",method="chat.postMessage",result="ok"}'),
    ).toBeGreaterThan(2);
  });

  it("counts looks at the branch, what was put off, and what was tried again", () => {
    expect(value('redline_branch_moves_total{result="moved"}')).toBeGreaterThan(0);
    expect(value('redline_retries_total{what="place"}')).toBeGreaterThan(0);
    for (const platform of ["slack", "discord"]) {
      for (const name of ["limited_total", "limited_seconds_total"]) {
        expect(value(`redline_platform_${name}{platform="${platform}"}`)).toBeGreaterThan(0);
      }
    }
  });

  it("has nobody's id, name or words in a label", () => {
    const labels = [...page.matchAll(/="([^"]*)"/g)].map(([, one]) => one!);
    const { chats } = world;
    const names = [chats.team.id, chats.ada.id, "ada", chats.slackChannel.id];
    expect(labels.filter((one) => /\d{6,}|[\da-f]{8}-[\da-f]{4}/.test(one))).toEqual([]);
    for (const name of names) expect(labels).not.toContain(name);
  });

  it("has the length of no event stream among the requests", () => {
    expect(page).not.toContain(
      'redline_http_request_seconds_count{method="POST",route="/api/threads/:id/messages"}',
    );
  });

  it("tells of the process and its event loop", () => {
    for (const name of ["nodejs_eventloop_lag_p99_seconds", "process_cpu_seconds_total"]) {
      expect(told.has(name), name).toBe(true);
    }
  });
});

interface Expression {
  where: string;
  text: string;
}

const dashboard = readDashboard();
const rules = readRules();

const expressions: Expression[] = [
  ...dashboard.panels.flatMap(({ title, targets = [] }) =>
    targets.map(({ expr, refId }) => ({ where: `${title} ${refId}`, text: expr })),
  ),
  ...rules.map(({ alert, expr }) => ({ where: alert, text: expr })),
];

describe("every expression of the dashboard and of the alert rules", () => {
  it.each(expressions)("$where names what there is", ({ text }) => {
    const named = metricsIn(text);
    expect(named.length).toBeGreaterThan(0);
    const all = new Set<string>();
    for (const { metric, labels, inside } of named) {
      const known = metric === "up" ? new Set(["job", "instance"]) : told.get(metric);
      expect(known, `${metric} is told`).toBeDefined();
      // A counter's own value says nothing; of what goes up and down no growth is taken.
      const grows = /_(?:total|bucket|sum|count)$/.test(metric);
      expect(["rate", "increase"].includes(inside), `${inside}(${metric})`).toBe(grows);
      expect(types.get(metric.replace(/_bucket$/, "")) !== "gauge" && metric !== "up").toBe(grows);
      for (const label of known!) all.add(label);
      expect(labels.filter((label) => !known!.has(label))).toEqual([]);
    }
    expect(groupsIn(text).filter((label) => !all.has(label))).toEqual([]);
  });

  it("shows every instrument of ours", () => {
    const shown = new Set(
      expressions.flatMap(({ text }) => metricsIn(text)).map((one) => one.metric),
    );
    const own = [
      ...Object.keys({ ...COUNTERS, ...GAUGES }).map((name) => `redline_${name}`),
      ...Object.keys(HISTOGRAMS).map((name) => `redline_${name}_bucket`),
    ];
    expect(own.filter((name) => !shown.has(name))).toEqual([]);
  });
});

describe("the dashboard", () => {
  it("has panels that do not lie on each other, each with an id of its own", () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [at, one] of dashboard.panels.entries()) {
      const { x, y, w, h } = one.gridPos;
      expect(x + w).toBeLessThanOrEqual(24);
      for (const { gridPos: other, title } of dashboard.panels.slice(at + 1)) {
        const isApart =
          other.x >= x + w || other.x + other.w <= x || other.y >= y + h || other.y + other.h <= y;
        expect(isApart, `${one.title} and ${title}`).toBe(true);
      }
    }
  });

  it("uses the variables that it has", () => {
    const names = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = read("deploy/grafana/redline.json").matchAll(/\$\{?(\w+)/g);
    const unknown = [...used].map(([, name]) => name!).filter((name) => !names.has(name));
    expect(new Set(unknown)).toEqual(new Set(["__rate_interval"]));
  });
});

describe("the alert rules", () => {
  const docs = read("docs/monitoring.md");

  it.each(rules)("$alert says how bad it is, for how long, and what to do", (rule) => {
    expect(rule.for).toMatch(/^\d+m$/);
    expect(["critical", "warning"]).toContain(rule.labels.severity);
    expect(rule.annotations.summary).toMatch(/\.$/);
    expect(rule.annotations.runbook_url).toBe(`docs/monitoring.md#${rule.alert.toLowerCase()}`);
    const section = docs.split(`### ${rule.alert}\n`)[1]?.split("\n### ")[0];
    expect(section).toContain("**What to do.**");
  });

  it("are all that are explained", () => {
    const explained = [...docs.matchAll(/^### (\w+)$/gm)].map(([, name]) => name!);
    expect(explained.toSorted()).toEqual(rules.map(({ alert }) => alert).toSorted());
  });
});

describe("docs/monitoring.md", () => {
  it("has every instrument with its labels, and no other", () => {
    const rows = [...read("docs/monitoring.md").matchAll(/^\| `redline_.*$/gm)].map(([row]) => row);
    const expected = [
      ["counter", COUNTERS],
      ["histogram", HISTOGRAMS],
      ["gauge", GAUGES],
    ] as const;
    const wanted = expected.flatMap(([kind, table]) =>
      Object.entries(table).map(([name, { help, labels }]) => {
        const shown =
          Object.keys(labels)
            .map((label) => `\`${label}\``)
            .join(", ") || "–";
        return `| \`redline_${name}\` | ${kind} | ${shown} | ${help} |`;
      }),
    );
    expect(rows.slice(0, -1)).toEqual(wanted);
    expect(rows.at(-1)).toContain("redline_failed_readings_total");
  });
});
