/** Each alert rule on made-up data, by Prometheus' own promtool: where it must fire, and where it must not. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, it, onTestFinished } from "vitest";
import { markLeg } from "../support/legs.ts";
import { findProgram } from "../support/programs.ts";
import type { Rule } from "./alert-rules.ts";
import { readDashboard, readRules, RULES_FILE } from "./alert-rules.ts";

/** By series, its values minute by minute: `0+2x60` begins with 0 and grows by 2 for an hour. */
type Series = Readonly<Record<string, string>>;

interface Case {
  fires: Series;
  /** Of what fires. */
  labels?: Readonly<Record<string, string>>;
  quiet: Series;
}

const AT = { job: "redline", instance: "a:3000" };
const at = `job="${AT.job}",instance="${AT.instance}"`;
/** One that comes half an hour after the process began to tell of its kind. */
const ONE_LATE = "0x55 1x5";
const AN_HOUR = 60;

/** A histogram of which all that is measured lies between two bounds. */
const between = (name: string, labels: string, [low, high]: [number, number]): Series => ({
  [`${name}_bucket{${at},${labels},le="${low}"}`]: "0x60",
  [`${name}_bucket{${at},${labels},le="${high}"}`]: "0+5x60",
  [`${name}_bucket{${at},${labels},le="+Inf"}`]: "0+5x60",
});

const slack = { source: "slack" };
const queueOld = (queue: string, values: string): Series => ({
  [`redline_queue_oldest_seconds{${at},queue="${queue}"}`]: values,
});
const turns = (failed: string, done: string): Series => ({
  [`redline_turns_total{${at},outcome="failed"}`]: failed,
  [`redline_turns_total{${at},outcome="done"}`]: done,
});
const requests = (failed: string, complete: string): Series => ({
  [`redline_model_requests_total{${at},model="m",result="failed"}`]: failed,
  [`redline_model_requests_total{${at},model="m",result="complete"}`]: complete,
});
const calls = (result: string, values: string): Series => ({
  [`redline_platform_calls_total{${at},platform="slack",method="chat.postMessage",result="ok"}`]:
    "0+10x60",
  [`redline_platform_calls_total{${at},platform="slack",method="chat.update",result="${result}"}`]:
    values,
});
const answers = (failed: string): Series => ({
  [`redline_http_requests_total{${at},method="GET",route="/api/rfcs",status="200"}`]: "0+10x60",
  [`redline_http_requests_total{${at},method="GET",route="/api/rfcs",status="500"}`]: failed,
});

const CASES: Readonly<Record<string, Case>> = {
  RedlineDown: {
    fires: { [`up{${at}}`]: "1x50 0x10" },
    labels: AT,
    quiet: { [`up{${at}}`]: "1x60" },
  },
  RedlineNoProcess: {
    fires: { 'up{job="another"}': "1x60" },
    labels: { job: "redline" },
    quiet: { [`up{${at}}`]: "0x60" },
  },
  RedlineReadingsFail: {
    fires: { [`redline_failed_readings_total{${at}}`]: "0x45 1+4x15" },
    labels: AT,
    quiet: { [`redline_failed_readings_total{${at}}`]: "7x60" },
  },
  RedlineEventsNotStored: {
    fires: {
      [`redline_events_total{${at},source="slack",kind="message",result="not_stored"}`]: ONE_LATE,
    },
    labels: slack,
    quiet: { [`redline_events_total{${at},source="slack",kind="message",result="new"}`]: "0+9x60" },
  },
  RedlineAcknowledgementSlow: {
    fires: between("redline_acknowledgement_seconds", 'source="slack"', [2, 4]),
    labels: slack,
    quiet: between("redline_acknowledgement_seconds", 'source="slack"', [0.25, 0.5]),
  },
  RedlineEventsGivenUp: {
    fires: {
      [`redline_events_handled_total{${at},source="slack",kind="message",outcome="failed"}`]:
        ONE_LATE,
    },
    labels: { ...slack, kind: "message" },
    quiet: {
      [`redline_events_handled_total{${at},source="slack",kind="message",outcome="again"}`]:
        "0+9x60",
    },
  },
  RedlineQueueOld: {
    fires: queueOld("inbox", "0x50 20+30x10"),
    labels: { queue: "inbox" },
    quiet: queueOld("places", "100x60"),
  },
  RedlineQueueSlow: {
    fires: queueOld("places", "0x30 60+60x30"),
    labels: { queue: "places" },
    quiet: queueOld("places", "250x60"),
  },
  RedlineAnswersSlow: {
    fires: between("redline_first_text_seconds", 'platform="slack"', [30, 60]),
    labels: { platform: "slack" },
    quiet: between("redline_first_text_seconds", 'platform="slack"', [4, 8]),
  },
  RedlineAnswersFail: {
    fires: turns("0+1x60", "0+2x60"),
    // Two of two: too few to wake anybody.
    quiet: turns("0x50 2x10", "0x60"),
  },
  RedlineModelFails: {
    fires: requests("0+1x60", "0+2x60"),
    labels: { model: "m" },
    quiet: requests("0+1x60", "0+9x60"),
  },
  RedlineCostHigh: {
    fires: { [`redline_model_cost_dollars_total{${at},model="m"}`]: "0+1x60" },
    quiet: { [`redline_model_cost_dollars_total{${at},model="m"}`]: "0+0.5x60" },
  },
  RedlineBranchesUnread: {
    fires: { [`redline_branch_moves_total{${at},result="problem"}`]: "0x20 1+1x40" },
    quiet: { [`redline_branch_moves_total{${at},result="problem"}`]: ONE_LATE },
  },
  RedlineCommitsFail: {
    fires: { [`redline_commits_total{${at},result="failed"}`]: "0x50 0+1x10" },
    quiet: { [`redline_commits_total{${at},result="failed"}`]: ONE_LATE },
  },
  RedlineJobsFailed: {
    fires: { [`redline_jobs{${at},queue="commits",state="failed"}`]: "0x50 1x10" },
    quiet: { [`redline_jobs{${at},queue="turns",state="failed"}`]: "9x60" },
  },
  RedlinePlatformRefuses: {
    fires: calls("invalid_auth", "0+5x60"),
    labels: { platform: "slack" },
    quiet: calls("ratelimited", "0+5x60"),
  },
  RedlinePlatformLimits: {
    fires: { [`redline_platform_limited_total{${at},platform="slack"}`]: "0+10x60" },
    labels: { platform: "slack" },
    quiet: { [`redline_platform_limited_total{${at},platform="slack"}`]: "0+2x60" },
  },
  RedlineHttpFails: { fires: answers("0+1x60"), quiet: answers("0x60") },
  RedlineLoopSlow: {
    fires: { [`nodejs_eventloop_lag_p99_seconds{${at}}`]: "0.3x60" },
    labels: AT,
    quiet: { 'nodejs_eventloop_lag_p99_seconds{job="another",instance="b"}': "0.3x60" },
  },
  RedlineMemoryHigh: {
    fires: { [`process_resident_memory_bytes{${at}}`]: "1.6e9x60" },
    labels: AT,
    quiet: { [`process_resident_memory_bytes{${at}}`]: "1.4e9x60" },
  },
};

const rules = readRules();

it("has data for every rule", () => {
  expect(Object.keys(CASES)).toEqual(rules.map(({ alert }) => alert));
});

const promtool = findProgram("promtool");

/** Has promtool read a file; JSON is YAML. @throws with what it found */
function ask(command: string, content: object): string {
  const folder = mkdtempSync(join(tmpdir(), "redline-alerts-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, "given.yml");
  writeFileSync(file, JSON.stringify(content));
  return execFileSync(promtool!, [...command.split(" "), file], {
    encoding: "utf8",
    stdio: "pipe",
  });
}

/** What promtool has a rule tested with; see “Unit testing rules” in Prometheus' documentation. */
function testOf(rule: Rule, name: "fires" | "quiet", { labels = {}, ...series }: Case): object {
  const { alert, annotations } = rule;
  const fill = (text: string): string =>
    text.replace(/\{\{ \$labels\.(\w+) \}\}/g, (_, label: string) => labels[label] ?? "(none)");
  const firing = {
    exp_labels: { ...labels, ...rule.labels },
    exp_annotations: { ...annotations, summary: fill(annotations.summary) },
  };
  return {
    name: `${alert} ${name}`,
    interval: "1m",
    input_series: Object.entries(series[name]).map(([one, values]) => ({ series: one, values })),
    alert_rule_test: [
      { eval_time: `${AN_HOUR}m`, alertname: alert, exp_alerts: name === "fires" ? [firing] : [] },
    ],
  };
}

describe.runIf(promtool)("by promtool", () => {
  it("each rule fires on what it is for, in its own words, and on nothing else", () => {
    markLeg("promtool");
    const tests = rules.flatMap((rule) => {
      const given = CASES[rule.alert]!;
      return [testOf(rule, "fires", given), testOf(rule, "quiet", given)];
    });
    const files = { rule_files: [fileURLToPath(RULES_FILE)], evaluation_interval: "1m" };
    expect(ask("test rules", { ...files, tests })).toContain("SUCCESS");
  });

  it("the scrape configuration is one", () => {
    const file = fileURLToPath(new URL("prometheus.yml", RULES_FILE));
    const args = ["check", "config", "--syntax-only", file];
    expect(execFileSync(promtool!, args, { encoding: "utf8", stdio: "pipe" })).toContain(
      "is valid",
    );
  });

  it("every expression of the dashboard is PromQL", () => {
    const expressions = readDashboard().panels.flatMap(({ targets = [] }) =>
      targets.map(({ expr }) => expr.replaceAll("$__rate_interval", "5m").replaceAll("$job", ".*")),
    );
    const recorded = expressions.map((expr, n) => ({ record: `panel:${n}`, expr }));
    const checked = ask("check rules", { groups: [{ name: "dashboard", rules: recorded }] });
    expect(checked).toContain(`${expressions.length} rules found`);
  });
});
