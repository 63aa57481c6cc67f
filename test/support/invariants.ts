/**
 * What must hold whenever nothing is under way any more, whatever was killed, lost or repeated before.
 */
import type { AcceptedChange } from "../../src/changes/commit-check.ts";
import { judgeCommits } from "../../src/changes/commit-check.ts";
import { listStates } from "../../src/store/accepted-changes.ts";
import type { Sql } from "../../src/store/database.ts";
import { gatherInvariants } from "../../src/store/invariants.ts";
import type { GitRepository } from "./git-repository.ts";

/** A message that was answered with success when it was posted. */
export interface PostedMessage {
  threadId: string;
  text: string;
}

/** What is to be looked at. */
export interface World {
  sql: Sql;
  repository: GitRepository;
  /** Each with a text of its own. */
  posted: readonly PostedMessage[];
}

/** Sentences that say what is broken; empty when all is well. */
export async function brokenInvariants(world: World): Promise<string[]> {
  const found = await Promise.all([
    lostMessages(world),
    brokenRows(world.sql),
    brokenCommits(world),
    brokenRepository(world),
  ]);
  return found.flat();
}

/** Whether anything waits or is under way. */
export async function isBusy({ sql, repository }: Omit<World, "posted">): Promise<boolean> {
  const found = await gatherInvariants(sql, "settled");
  if (found.some(({ invariant, counted }) => invariant.grace !== null && counted?.wrong !== 0))
    return true;
  // A change is accepted just before its commit is known as the branch's tip.
  return (await branchesBehind(sql, repository, await repository.tip())).length > 0;
}

/** As `redline check` asks for it, with nothing under way. */
async function brokenRows(sql: Sql): Promise<string[]> {
  const found = await gatherInvariants(sql, "settled");
  return found.flatMap(({ invariant, counted, examples }) =>
    counted === null ? [`${invariant.name} could not be counted`] : examples,
  );
}

async function lostMessages({ sql, posted }: World): Promise<string[]> {
  const rows = await sql<PostedMessage[]>`
    select thread_id, text from thread_messages where role = 'user'`;
  return posted.flatMap(({ threadId, text }) => {
    const count = rows.filter((row) => row.threadId === threadId && row.text === text).length;
    return count === 1 ? [] : [`message “${text}” is stored ${count} times`];
  });
}

/** Accepted changes and commits are one to one, and each commit names its change. */
async function brokenCommits({ sql, repository }: World): Promise<string[]> {
  const accepted = await sql<AcceptedChange[]>`
    select id, commit_sha from changes where state = 'accepted'`;
  const commits = (await repository.log()).map(({ sha, message }) => ({
    sha,
    changeIds: [...message.matchAll(/^Redline-Change: (.*)$/gm)].map((trailer) => trailer[1]!),
  }));
  const states = await listStates(
    sql,
    commits.flatMap(({ changeIds }) => changeIds),
  );
  const none = new Set<string>();
  const judged = judgeCommits({ accepted, commits, undecided: none, alsoThere: none, states });
  const { wrong, underWay, elsewhere } = judged;
  return [...wrong, ...[...underWay, ...elsewhere].map((id) => `change ${id} has another commit`)];
}

async function brokenRepository({ sql, repository }: World): Promise<string[]> {
  // Before the status is asked for: Git locks the index for a moment to refresh it.
  const locks = await repository.locks();
  const [dirty, tip] = await Promise.all([repository.dirty(), repository.tip()]);
  const behind = await branchesBehind(sql, repository, tip);
  return [
    ...dirty.map((line) => `the working tree is not clean: ${line}`),
    ...locks.map((file) => `${file} was left`),
    ...behind.map(({ headSha }) => `the branch is at ${tip}, and known at ${headSha}`),
  ];
}

function branchesBehind(sql: Sql, { branch }: GitRepository, tip: string) {
  return sql<{ headSha: string }[]>`
    select head_sha from branches where branch_name = ${branch} and head_sha <> ${tip}`;
}
