/**
 * Moves everything that is sealed in the database from older keys to the one of now. Safe beside a running
 * Redline, and when it is ended half way: each row is replaced only where it still holds what was read, and
 * what is done needs no second time.
 */
import type { Encryption } from "./encryption.ts";
import { UnsealError } from "./encryption.ts";
import { connectedAccountUse, pageOfConnected, replaceSealed } from "./store/connected-accounts.ts";
import type { Sql } from "./store/database.ts";
import { installationUse, pageOfInstallations, resealInstallation } from "./store/installations.ts";

/** One sealed text, with what it takes to put another in its place. */
interface SealedRow {
  /** For people. */
  label: string;
  use: string;
  sealed: string;
  /** False where it holds another text by now. */
  replace(to: string): Promise<boolean>;
}

interface SealedTable {
  /** For people, a noun in the plural. */
  name: string;
  /** The table whose column `sealed` it is. */
  table: string;
  pages(sql: Sql): AsyncIterable<SealedRow[]>;
}

/** Every place where sealed texts are kept. */
export const SEALED_TABLES: readonly SealedTable[] = [
  { name: "installations in workspaces", table: "installations", pages: installationPages },
  { name: "connected accounts", table: "connected_accounts", pages: connectedPages },
];

const PAGE = 100;

async function* installationPages(sql: Sql): AsyncGenerator<SealedRow[]> {
  let page = await pageOfInstallations(sql, null, PAGE);
  while (page.length > 0) {
    yield page.map(({ sealed, ...key }) => ({
      label: `${key.platform} ${key.workspaceId}`,
      use: installationUse(key),
      sealed,
      replace: (to) => resealInstallation(sql, key, sealed, to),
    }));
    page = await pageOfInstallations(sql, page.at(-1)!, PAGE);
  }
}

async function* connectedPages(sql: Sql): AsyncGenerator<SealedRow[]> {
  let page = await pageOfConnected(sql, null, PAGE);
  while (page.length > 0) {
    yield page.map((account) => ({
      label: `github ${account.login}`,
      use: connectedAccountUse(account.accountId),
      sealed: account.sealed,
      replace: (to) => replaceSealed(sql, account, to),
    }));
    page = await pageOfConnected(sql, page.at(-1)!.userId, PAGE);
  }
}

/** How the texts of one table stand. */
export interface SealedCount {
  name: string;
  current: number;
  /** Sealed with an older key that is known. */
  older: number;
  /** Sealed with no key that is known, or damaged: what to call them. */
  unreadable: string[];
}

/** How everything that is sealed stands. Opens every text, and changes nothing. */
export async function countSealed(sql: Sql, encryption: Encryption): Promise<SealedCount[]> {
  return Promise.all(SEALED_TABLES.map((table) => countTable(table, sql, encryption)));
}

async function countTable(
  { name, pages }: SealedTable,
  sql: Sql,
  encryption: Encryption,
): Promise<SealedCount> {
  const count: SealedCount = { name, current: 0, older: 0, unreadable: [] };
  for await (const page of pages(sql)) {
    for (const row of page) {
      const standing = standingOf(row, encryption);
      if (standing === "unreadable") count.unreadable.push(row.label);
      else count[standing] += 1;
    }
  }
  return count;
}

/** Pure. */
function standingOf(
  { sealed, use }: Pick<SealedRow, "sealed" | "use">,
  encryption: Encryption,
): "current" | "older" | "unreadable" {
  try {
    return encryption.unseal(sealed, use).isOld ? "older" : "current";
  } catch (error) {
    if (error instanceof UnsealError) return "unreadable";
    throw error;
  }
}

/** A row that others keep changing is theirs to seal anew; more rounds would not help. */
const ROUNDS = 5;

/** Seals with the current key whatever is not; how many were moved, and how all stand afterwards. */
export async function rotateKey(
  sql: Sql,
  encryption: Encryption,
): Promise<{ moved: number; counts: SealedCount[] }> {
  let moved = 0;
  for (let round = 1; ; round += 1) {
    for (const { pages } of SEALED_TABLES) {
      for await (const page of pages(sql)) {
        const done = await Promise.all(page.map((row) => moveOn(row, encryption)));
        moved += done.filter(Boolean).length;
      }
    }
    const counts = await countSealed(sql, encryption);
    if (round === ROUNDS || counts.every(({ older }) => older === 0)) return { moved, counts };
  }
}

async function moveOn(row: SealedRow, encryption: Encryption): Promise<boolean> {
  if (standingOf(row, encryption) !== "older") return false;
  return row.replace(encryption.seal(encryption.unseal(row.sealed, row.use).text, row.use));
}
