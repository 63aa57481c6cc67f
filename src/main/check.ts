/** `redline check`: whether everything is as it must be, also while it runs. Part of the composition root. */
import { JOB_OPTIONS, retryDelayMs } from "../../jobs/queues.ts";
import { DISPATCH_POLL_MS } from "../../jobs/dispatcher.ts";
import { EVENT_LEASE_MS } from "../build-chat.ts";
import { gatherCommits, judgeCommits } from "../changes/commit-check.ts";
import type { Config } from "../config.ts";
import { UserError } from "../errors.ts";
import { silent } from "../log.ts";
import type { DocumentHost } from "../ports.ts";
import { locationOf } from "../rfcs/documents.ts";
import type { AcceptedBranch } from "../store/accepted-changes.ts";
import { listAcceptedBranches, listStates } from "../store/accepted-changes.ts";
import type { Sql } from "../store/database.ts";
import type { Found, Graces } from "../store/invariants.ts";
import { gatherInvariants, MOST_EXAMPLES } from "../store/invariants.ts";
import { report } from "./doctor.ts";
import { createGitHost, createGitHubHosts } from "./hosts.ts";
import { assertSchema, withDatabase } from "./with-database.ts";
import { SWEEP_MS } from "./sweeps.ts";

/** What an invariant, or the commits, turned out to be. */
export interface CheckFinding {
  name: string;
  ok: boolean;
  holds: string;
  /** Null: could not be counted. */
  wrong: number | null;
  underWay: number;
  examples: string[];
  mend: string;
}

/** Within this everything goes on by itself after whatever went wrong has ended. */
const RECOVERY_MS = 30_000;
/** One of a large workspace takes its time. */
const DELETION_MS = 60 * 60_000;
const BRANCHES = { branches: 50, changes: 100 };

/**
 * How long something may lie: until whoever finds what was lost comes by, with a lease that has to end first,
 * and the time in which Redline recovers. Pure.
 */
export function gracesOf({ turns, github }: Pick<Config, "turns" | "github">): Graces {
  const { attempts = 1 } = JOB_OPTIONS.commits;
  const retries = Array.from({ length: attempts - 1 }, (_, made) => retryDelayMs(made + 1, 1));
  const commits = retries.reduce((all, pause) => all + pause, 0);
  const looks = Math.max(SWEEP_MS.looks, SWEEP_MS.tips);
  return {
    threads: turns.leaseMs + SWEEP_MS.readyThreads + SWEEP_MS.wakeUp + RECOVERY_MS,
    events: EVENT_LEASE_MS + SWEEP_MS.events + RECOVERY_MS,
    places: turns.leaseMs + looks + RECOVERY_MS,
    accepts: SWEEP_MS.acceptAge + SWEEP_MS.accepts + commits + RECOVERY_MS,
    // A host may be looked at less often than the sweep comes by.
    tips: Math.max(SWEEP_MS.tips, 4 * github.pollMs) + RECOVERY_MS,
    jobs: DISPATCH_POLL_MS + RECOVERY_MS,
    people: turns.leaseMs + SWEEP_MS.digests + RECOVERY_MS,
    joins: EVENT_LEASE_MS + SWEEP_MS.codes + RECOVERY_MS,
    deletions: DELETION_MS,
  };
}

/** What is wrong, apart from what is merely under way. Pure. */
export function judge({ invariant, counted, examples }: Found): CheckFinding {
  const { name, holds, mend } = invariant;
  const { wrong, underWay } = counted ?? { wrong: null, underWay: 0 };
  if (wrong !== null) return { name, ok: wrong === 0, holds, wrong, underWay, examples, mend };
  const later = "The database was too busy, or is being migrated; check again later.";
  return { name, ok: false, holds, wrong, underWay, examples, mend: later };
}

/** One line a finding, and what is wrong below it. Pure. */
export function describeFindings(findings: readonly CheckFinding[]): string {
  return report(
    findings.map((finding) => {
      const { name, ok, mend } = finding;
      return { name, ok, says: says(finding), mend: ok ? null : mend };
    }),
  );
}

function says({ ok, holds, wrong, underWay, examples }: CheckFinding): string {
  const rest = underWay === 0 ? "" : `; ${underWay} under way`;
  if (ok) return `${holds}${rest}`;
  if (wrong === null) return `could not be checked in time: ${holds}`;
  const more = wrong - examples.length;
  const lines = more > 0 ? [...examples, `and ${more} more`] : examples;
  return [`${wrong} against “${holds}”${rest}`, ...lines.map((line) => `       - ${line}`)].join(
    "\n",
  );
}

export function check(options: { json: boolean; commits: boolean }): Promise<number> {
  return withDatabase(async (sql, _url, secrets, config) => {
    await assertSchema(sql);
    const findings = (await gatherInvariants(sql, gracesOf(config))).map(judge);
    if (options.commits) {
      const gitHub = await createGitHubHosts(config, secrets, silent, { redis: null });
      const hosts = [createGitHost(config, silent), ...(gitHub ? [gitHub.documents] : [])];
      findings.push(await checkCommits(sql, hosts));
    }
    const ok = findings.every((finding) => finding.ok);
    process.stdout.write(
      options.json ? `${JSON.stringify({ ok, findings }, null, 2)}\n` : describeFindings(findings),
    );
    return ok ? 0 : 1;
  });
}

/** The newest commits of the branches where something was accepted last, against these changes. */
export async function checkCommits(
  sql: Sql,
  hosts: readonly DocumentHost[],
): Promise<CheckFinding> {
  const wrong: string[] = [];
  let underWay = 0;
  let gone = 0;
  const branches = await listAcceptedBranches(sql, BRANCHES);
  for (const branch of branches) {
    const looked = await lookAt(sql, hosts, branch);
    if (looked === null) gone += 1;
    else {
      underWay += looked.underWay;
      const at = `${branch.repository}, ${branch.branchName}`;
      wrong.push(...looked.wrong.map((sentence) => `${at}: ${sentence}`));
    }
  }
  const left = gone === 0 ? "" : ` (${gone} gone since)`;
  return {
    name: "commits",
    ok: wrong.length === 0,
    holds: `commits are accepted changes, on ${branches.length} branches${left}`,
    wrong: wrong.length,
    underWay,
    examples: wrong.slice(0, MOST_EXAMPLES),
    mend: "See who rewrote the branch, whether the database was restored from an older backup, and whether another installation commits there; revert a commit that nobody accepted.",
  };
}

/** Null where the branch is gone, as after a merge. */
async function lookAt(
  sql: Sql,
  hosts: readonly DocumentHost[],
  branch: AcceptedBranch,
): Promise<{ wrong: string[]; underWay: number } | null> {
  const host = hosts.find((candidate) => candidate.serves(branch.repository));
  if (!host) return { wrong: ["nothing gives access to the repository"], underWay: 0 };
  try {
    const read = await gatherCommits(host, locationOf(branch), branch.accepted);
    if (!read) return null;
    const named = read.commits.flatMap(({ changeIds }) => changeIds);
    const { wrong, underWay } = judgeCommits({ ...read, states: await listStates(sql, named) });
    return { wrong, underWay: underWay.length };
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return { wrong: [error.message], underWay: 0 };
  }
}
