/** How often the host is asked what somebody may read, and what is done while it wants no questions. */
import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { Encryption } from "../../src/encryption.ts";
import type { AccountHost, HostAccount, SignInHost } from "../../src/ports.ts";
import { HostBusy } from "../../src/ports.ts";
import { putNewest } from "../../src/put-newest.ts";
import { ConnectedAccounts } from "../../src/rfcs/connected-accounts.ts";
import { Access } from "../../src/sign-in/access.ts";
import type { SignedIn } from "../../src/sign-in/session.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { insertRfc } from "../../src/store/rfcs.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { memoryLogger, until } from "../support/test-app.ts";

const SLUGS = ["one", "two", "three"];

let database: TestDatabase;
let sql: Sql;
let accounts: ConnectedAccounts;
let now = Date.now();
let asked: string[];
/** How the host answers, where a test says so. */
let answer: (repository: string) => Promise<boolean>;
let access: Access;
let ada: SignedIn;
let ben: SignedIn;

beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 8 });
  for (const slug of SLUGS) {
    const at = { repository: `acme/${slug}`, path: "a.md", defaultBranch: "main" };
    await insertRfc(sql, { slug, title: slug, ...at });
  }
  const people: Record<string, HostAccount> = {
    ada: { id: "1", login: "octo-ada" },
    ben: { id: "2", login: "octo-ben" },
  };
  const host = {
    serves: () => true,
    holderOf: async (token: string) => people[token] ?? null,
  } as unknown as AccountHost;
  const encryption = new Encryption(randomBytes(32));
  accounts = new ConnectedAccounts({ sql, host, encryption, logger: memoryLogger([]) });
  const signIn = async (name: string): Promise<SignedIn> => {
    const token = { token: name, expiresAt: null, refreshToken: null };
    const { userId, accountId } = await accounts.signIn(token);
    const user = { id: userId, displayName: name, email: null };
    return { user, accountId, login: `octo-${name}`, sessionId: name };
  };
  [ada, ben] = [await signIn("ada"), await signIn("ben")];
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(() => {
  asked = [];
  answer = async () => true;
  const host = {
    mayRead: (repository: string) => {
      asked.push(repository);
      return answer(repository);
    },
  } as unknown as SignInHost;
  access = new Access({ sql, host, accounts, pullRequestHosts: [], now: () => now });
});

const ALL = SLUGS.map((slug) => `acme/${slug}`).sort();
const seen = async (who: SignedIn): Promise<string[]> =>
  [...(await access.sightOf(who)).rfcSlugs].sort();

it("is once for all who want to know at the same time, and for three minutes", async () => {
  let release = (): void => {};
  const held = new Promise<void>((resolve) => (release = resolve));
  answer = () => held.then(() => true);
  const two = [seen(ada), seen(ada)];
  await until(async () => asked.length >= SLUGS.length, "the questions");
  release();
  for (const slugs of await Promise.all(two)) expect(slugs).toEqual([...SLUGS].sort());
  await seen(ada);
  expect([...asked].sort()).toEqual(ALL);
  now += 3 * 60_000;
  await seen(ada);
  expect(asked).toHaveLength(2 * SLUGS.length);
});

it("is not before it wants to be asked again, whatever is asked; others are told meanwhile", async () => {
  await access.assertMaySee(ada, { kind: "rfc", id: "one" });
  now += 3 * 60_000;
  const retryAt = new Date(now + 60_000);
  answer = async () => {
    throw new HostBusy("Too many.", retryAt);
  };
  await expect(seen(ada)).rejects.toBeInstanceOf(HostBusy);
  asked = [];
  answer = async () => true;
  await expect(seen(ada)).rejects.toMatchObject({ retryAt });
  // A yes is believed a while longer.
  await access.assertMaySee(ada, { kind: "rfc", id: "one" });
  expect(asked).toEqual([]);
  expect(await seen(ben)).toHaveLength(SLUGS.length);
  asked = [];
  now += 60_000;
  expect(await seen(ada)).toHaveLength(SLUGS.length);
  expect([...asked].sort()).toEqual(ALL);
});

it("is again after a failure that was none of the host's limits", async () => {
  answer = async () => {
    throw new Error("broken");
  };
  const about = { kind: "rfc", id: "two" } as const;
  await expect(access.assertMaySee(ada, about)).rejects.toThrow("broken");
  answer = async () => true;
  await access.assertMaySee(ada, about);
});

it("is not for what others were believed, when there is too much to keep", () => {
  const map = new Map<string, number>();
  for (const [n, key] of ["a", "b", "c", "a", "d"].entries()) putNewest(map, key, n, 3);
  expect([...map]).toEqual([
    ["c", 2],
    ["a", 3],
    ["d", 4],
  ]);
});
