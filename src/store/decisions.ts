import type { DecisionRecord } from "../changes/change.ts";
import type { Db } from "./database.ts";

const COLUMNS =
  "d.id, d.change_id, u.display_name as author, d.verdict, d.reason, d.outcome, d.created_at";

/** Throws the unique violation `decisions_one_standing` when another decision stands. */
export async function insertDecision(
  db: Db,
  decision: {
    changeId: string;
    userId: string;
    verdict: "accept" | "decline";
    reason: string | null;
  },
): Promise<void> {
  const outcome = decision.verdict === "accept" ? "open" : "declined";
  await db`
    insert into decisions (change_id, user_id, verdict, reason, outcome)
    values (${decision.changeId}, ${decision.userId}, ${decision.verdict}, ${decision.reason}, ${outcome})`;
}

/** The accept of somebody who committed the change on the host, past Redline. */
export async function insertOutsideAccept(db: Db, changeId: string, userId: string): Promise<void> {
  await db`
    insert into decisions (change_id, user_id, verdict, outcome)
    values (${changeId}, ${userId}, 'accept', 'committed')`;
}

/** Ends the open accept of a change. */
export async function settleAccept(
  db: Db,
  changeId: string,
  outcome: "committed" | "returned",
): Promise<void> {
  await db`
    update decisions set outcome = ${outcome} where change_id = ${changeId} and outcome = 'open'`;
}

/** Whether the person has taken such a decision since then, whatever became of it. */
export async function hasDecided(
  db: Db,
  decision: { changeId: string; userId: string; verdict: "accept" | "decline" },
  since: Date,
): Promise<boolean> {
  const [row] = await db<{ has: boolean }[]>`
    select exists (
      select 1 from decisions
      where change_id = ${decision.changeId} and user_id = ${decision.userId}
        and verdict = ${decision.verdict} and created_at >= ${since}) as has`;
  return row!.has;
}

export interface Accepter {
  id: string;
  displayName: string;
  email: string | null;
  acceptedAt: Date;
}

/** Who accepted the change that is being committed. */
export async function findAccepter(db: Db, changeId: string): Promise<Accepter | null> {
  const [row] = await db<Accepter[]>`
    select u.id, u.display_name, u.email, d.created_at as accepted_at
    from decisions d join users u on u.id = d.user_id
    where d.change_id = ${changeId} and d.outcome = 'open'`;
  return row ?? null;
}

export async function listDecisions(db: Db, threadId: string): Promise<DecisionRecord[]> {
  return db<DecisionRecord[]>`
    select ${db.unsafe(COLUMNS)} from decisions d
    join users u on u.id = d.user_id join changes c on c.id = d.change_id
    where c.thread_id = ${threadId} order by d.created_at`;
}
