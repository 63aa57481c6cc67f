/** `redline budget`, `models`, `stop-answers` and `resume-answers`. Part of the composition root. */
import type { Budget, BudgetOverview } from "../budgets/budget.ts";
import { buildBudgetDesk } from "../budgets/desk.ts";
import { describePatterns, describeSpending, describeStopped } from "../budgets/describe.ts";
import { writeLimit } from "../budgets/limit.ts";
import { UserError } from "../errors.ts";
import { oneLine } from "../one-line.ts";
import {
  allowModel,
  deleteLimits,
  deleteStop,
  disallowModel,
  nameScopes,
  putLimit,
  putStop,
} from "../store/budgets.ts";
import type { Sql } from "../store/database.ts";
import { findUser } from "../store/people.ts";
import type { BudgetChange, ModelChange, Whose } from "./budget-arguments.ts";
import { assertSchema, withDatabase } from "./with-database.ts";

const MOST_REASON = 500;

export function budget(asked: { change: BudgetChange | null; json: boolean }): Promise<number> {
  return withDatabase(async (sql, _url, _secrets, config) => {
    await assertSchema(sql);
    if (asked.change) await changeLimits(sql, asked.change);
    const overview = await buildBudgetDesk(sql, config.budgets).overview();
    write(asked.json ? toJson(overview) : describeOverview(overview));
    return 0;
  });
}

async function changeLimits(sql: Sql, { limits, ...whose }: BudgetChange): Promise<void> {
  const scopeId = await resolve(sql, whose);
  if (limits === null) {
    await deleteLimits(sql, whose.scope, scopeId);
    return;
  }
  await sql.begin(async (tx) => {
    for (const limit of limits) await putLimit(tx, whose.scope, scopeId, limit);
  });
}

/** @throws UserError not-found for a person whom nobody has heard of */
async function resolve(sql: Sql, { scope, scopeId }: Whose): Promise<string> {
  if (scope === "workspace") return scopeId;
  const [platform, workspaceId = "", platformUserId] = scopeId.split("/");
  if (platformUserId !== undefined) {
    const user = await findUser(sql, { platform: platform!, workspaceId, platformUserId });
    if (user) return user.id;
  } else if ((await nameScopes(sql, [{ scope, scopeId }])).has(scopeId)) return scopeId;
  throw new UserError(
    "not-found",
    `Nobody is known as “${scopeId}”: write a person's id as “redline budget” lists it, or platform/workspace/person such as slack/T012/U345.`,
  );
}

export function models(asked: { change: ModelChange | null; json: boolean }): Promise<number> {
  return withDatabase(async (sql, _url, _secrets, config) => {
    await assertSchema(sql);
    const { change } = asked;
    if (change?.allowed === true) await allowModel(sql, change.share, change.pattern);
    if (change?.allowed === false) await disallow(sql, change);
    const { budgets } = await buildBudgetDesk(sql, config.budgets).overview();
    const limited = budgets.flatMap(({ scopeId, models: list }) =>
      list === null ? [] : [{ workspace: scopeId, models: list }],
    );
    if (asked.json) write(JSON.stringify(limited, null, 2));
    else if (limited.length === 0) write("Every workspace may use every model.");
    else {
      const lines = limited.map((one) => `${one.workspace}  ${describePatterns(one.models)}`);
      write([...lines, "Other workspaces may use every model."].join("\n"));
    }
    return 0;
  });
}

async function disallow(sql: Sql, { share, pattern }: ModelChange): Promise<void> {
  if (await disallowModel(sql, share, pattern)) return;
  throw new UserError(
    "nothing-to-do",
    `“${pattern}” was not among the models of ${share}; “redline models” lists them.`,
  );
}

export function stopAnswers(reason: string | null): Promise<number> {
  if (reason !== null && reason.length > MOST_REASON) {
    throw new UserError("too-large", `A reason has at most ${MOST_REASON} characters.`);
  }
  return withDatabase(async (sql) => {
    await assertSchema(sql);
    const isNew = await putStop(sql, reason);
    write(
      `${isNew ? "Answers are stopped" : "Answers were stopped already"}: running ones end within seconds, no other begins until “redline resume-answers”. Decisions and commits go on.`,
    );
    return 0;
  });
}

export function resumeAnswers(): Promise<number> {
  return withDatabase(async (sql) => {
    await assertSchema(sql);
    const wasStopped = await deleteStop(sql);
    write(
      wasStopped
        ? "Answers go on. What was asked meanwhile is not answered unless somebody asks again."
        : "Answers were not stopped.",
    );
    return 0;
  });
}

/** A block of lines for each workspace and person. Pure. */
export function describeOverview({ stop, budgets }: BudgetOverview): string {
  const lines = budgets.flatMap(describeBudget);
  return [
    ...(stop ? [describeStopped(stop), `Stopped since ${stop.since.toISOString()}.`, ""] : []),
    ...(lines.length === 0 ? ["Nothing was used this month."] : lines),
  ].join("\n");
}

function describeBudget({ scope, scopeId, name, spent, limits, models: list }: Budget): string[] {
  const own = limits.length === 0 ? "no limit" : limits.map(writeLimit).join(" ");
  return [
    `${scope} ${scopeId}  ${oneLine(name)}`,
    ...describeSpending(spent, limits).map((line) => `  ${line}`),
    `  limits: ${own}`,
    ...(list === null ? [] : [`  models: ${describePatterns(list)}`]),
  ];
}

/** Amounts in dollars are numbers of dollars. Pure. */
export function toJson({ stop, budgets }: BudgetOverview): string {
  const spentOf = (used: Budget["spent"]["day"]): object => ({
    turns: used.turns,
    tokens: used.tokens,
    usd: used.microdollars / 1_000_000,
    unpriced_tokens: used.unpricedTokens,
  });
  const listed = budgets.map(({ scope, scopeId, name, spent, limits, models: list }) => ({
    scope,
    id: scopeId,
    name,
    day: spentOf(spent.day),
    month: spentOf(spent.month),
    limits: limits.map(({ unit, period, amount }) => ({
      unit,
      period,
      amount: unit === "usd" ? amount / 1_000_000 : amount,
    })),
    ...(list !== null && { models: list }),
  }));
  return JSON.stringify({ stop, budgets: listed }, null, 2);
}

function write(text: string): void {
  process.stdout.write(`${text}\n`);
}
