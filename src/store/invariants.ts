/**
 * What must hold in the database at any moment, asked of it without writing or waiting for anybody. Each
 * invariant is one query; what it finds is wrong once it is older than the invariant's grace.
 */
import type { Sql, Tx } from "./database.ts";
import type { GraceName, Invariant } from "./invariant.ts";
import { INVARIANTS } from "./invariant-queries.ts";

/**
 * Milliseconds that something may lie with nobody at work on it. Where it has a lease, they count from the
 * lease's end.
 */
export type Graces = Readonly<Record<GraceName, number>>;

/** What one query has found. */
export interface Found {
  invariant: Invariant;
  /** Null when it could not be asked in time. */
  counted: { wrong: number; underWay: number } | null;
  /** Sentences about what is wrong, the longest so first, at most `MOST_EXAMPLES`. */
  examples: string[];
}

export const MOST_EXAMPLES = 20;
/** Of an example, in characters: names of places come from outside. */
const LONGEST_EXAMPLE = 400;

const MS = {
  /** One query; a full scan of a large installation's largest table is done in far less. */
  statement: 30_000,
  /** A migration that waits for a table keeps out readers as well; it is not to wait for us. */
  lock: 1_000,
};

/** SQLSTATE of a statement that ran out of its time, and of a lock that was not to be had. */
const OUT_OF_TIME = new Set(["57014", "55P03"]);

/**
 * Asks for all invariants, of one moment. With `settled` nothing may be under way: whatever waits is wrong.
 */
export async function gatherInvariants(sql: Sql, graces: Graces | "settled"): Promise<Found[]> {
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    await tx.unsafe(
      `set local statement_timeout = ${MS.statement}; set local lock_timeout = ${MS.lock};
       set local max_parallel_workers_per_gather = 0`,
    );
    const all: Found[] = [];
    for (const invariant of INVARIANTS) all.push(await ask(tx, invariant, graces));
    return all;
  });
}

/** In a savepoint: one that runs out of its time does not end the others. */
async function ask(tx: Tx, invariant: Invariant, graces: Graces | "settled"): Promise<Found> {
  const settled = graces === "settled";
  const graceMs = settled || invariant.grace === null ? 0 : graces[invariant.grace];
  try {
    const [row] = await tx.savepoint((inner) =>
      inner.unsafe<{ wrong: number; underWay: number; examples: string[] }[]>(
        countingQuery(invariant),
        [graceMs, settled, MOST_EXAMPLES],
      ),
    );
    const { examples, ...counted } = row!;
    return { invariant, counted, examples };
  } catch (error) {
    if (!(error instanceof Error && "code" in error && OUT_OF_TIME.has(String(error.code)))) {
      throw error;
    }
    return { invariant, counted: null, examples: [] };
  }
}

/** However much is found, only counts and examples leave the database. */
export function countingQuery({ query }: Pick<Invariant, "query">): string {
  return `
    with found as (${query}
    ), judged as materialized (
      select what, since,
        $2::boolean or since is null or since < now() - $1::float8 * interval '1 ms' as wrong
      from found
    )
    select count(*) filter (where wrong)::int as wrong,
      count(*) filter (where not wrong)::int as under_way,
      array(
        select left(what, ${LONGEST_EXAMPLE}) from judged where wrong
        order by since nulls first limit $3::int) as examples
    from judged`;
}
