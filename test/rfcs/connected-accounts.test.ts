import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, it, vi } from "vitest";
import { Encryption } from "../../src/encryption.ts";
import type { AccountHost, AccountToken, HostAccount } from "../../src/ports.ts";
import { HostBusy } from "../../src/ports.ts";
import { AccountTaken, ConnectedAccounts } from "../../src/rfcs/connected-accounts.ts";
import {
  connectedAccountUse,
  putConnected,
  putConnectionRequest,
} from "../../src/store/connected-accounts.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { ensureUser } from "../../src/store/people.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { memoryLogger, until } from "../support/test-app.ts";

const BOB: HostAccount = { id: "77", login: "octo-bob" };
const IDENTITY = { platform: "slack", workspaceId: "T1", platformUserId: "U1" };
const REPOSITORY = "acme/rfcs";
const HOUR = 3_600_000;

/** GitHub: it knows one token at a time, which a refresh replaces. */
class FakeHost implements AccountHost {
  known = "token-0";
  mayWriteNow = true;
  asked: string[] = [];
  serves(): boolean {
    return true;
  }
  connect(): never {
    throw new Error("nobody connects here");
  }
  async holderOf(token: string): Promise<HostAccount | null> {
    this.asked.push("holder");
    return token === this.known ? BOB : null;
  }
  async refresh(refreshToken: string): Promise<AccountToken | null> {
    this.asked.push("refresh");
    const spent = Number(refreshToken.split("-")[1]);
    if (this.known !== `token-${spent}`) return null;
    this.known = `token-${spent + 1}`;
    return tokenOf(spent + 1, 8 * HOUR);
  }
  async mayWrite(): Promise<boolean> {
    this.asked.push("permission");
    return this.mayWriteNow;
  }
}

const tokenOf = (number: number, lives: number): AccountToken => ({
  token: `token-${number}`,
  expiresAt: new Date(now + lives),
  refreshToken: `refresh-${number}`,
});

const shown = (token: AccountToken, joins = false) => ({ token, joins });

let now = Date.now();
let database: TestDatabase;
let sql: Sql;
let host: FakeHost;
let encryption: Encryption;
let accounts: ConnectedAccounts;
let userId: string;
beforeAll(async () => {
  database = await createTestDatabase();
  sql = connect(database.url, { max: 8 });
});
afterAll(async () => {
  await sql.end();
  await database.drop();
});
beforeEach(async () => {
  await sql`truncate users cascade`;
  host = new FakeHost();
  encryption = new Encryption(randomBytes(32));
  const logger = memoryLogger([]);
  accounts = new ConnectedAccounts({ sql, host, encryption, logger, now: () => now });
  userId = (await ensureUser(sql, IDENTITY, { displayName: "Bob", email: null })).id;
  await accounts.connect(await request(), IDENTITY, shown(tokenOf(0, 8 * HOUR)));
  host.asked = [];
});

function request(): Promise<string> {
  const by = { platform: "slack", workspaceId: "T1", id: "U1" } as const;
  const reply = { channel: "C1", thread: null, trigger: null, responseUrl: null };
  return putConnectionRequest(sql, { by, reply, userId }, 60_000);
}

const KNOWN = { kind: "known", login: "octo-bob", mayWrite: true };

it("believes for three minutes what somebody may do, and asks anew for a decision", async () => {
  expect(await accounts.standing(userId, REPOSITORY, false)).toEqual(KNOWN);
  now += 3 * 60_000 - 1;
  host.mayWriteNow = false;
  expect(await accounts.standing(userId, REPOSITORY, false)).toEqual(KNOWN);
  expect(host.asked).toEqual(["permission"]);
  expect(await accounts.standing(userId, REPOSITORY, true)).toEqual({ ...KNOWN, mayWrite: false });
  expect(host.asked).toEqual(["permission", "holder", "permission"]);
  // What a decision was told is what is believed from then on.
  expect(await accounts.standing(userId, REPOSITORY, false)).toEqual({ ...KNOWN, mayWrite: false });
  host.mayWriteNow = true;
  now += 3 * 60_000;
  expect(await accounts.standing(userId, REPOSITORY, false)).toEqual(KNOWN);
});

it("refreshes a token that has expired once, however many need it", async () => {
  now += 8 * HOUR;
  const all = Array.from({ length: 5 }, () => accounts.standing(userId, REPOSITORY, true));
  for (const standing of await Promise.all(all)) expect(standing).toEqual(KNOWN);
  expect(host.asked.filter((call) => call === "refresh")).toHaveLength(1);
  expect(host.known).toBe("token-1");
});

it("leaves the database to others while the host keeps renewals waiting", async () => {
  const others = await Promise.all(Array.from({ length: 9 }, (_, n) => someoneElse(n)));
  now += 8 * HOUR;
  const answer = refreshesLater();
  const ask = (id: string) => accounts.asking(id, async () => true);
  const all = [userId, userId, userId, ...others].map(ask);
  await until(async () => host.asked.length > 0, "the first renewal");
  // Half of the eight connections are for others.
  await Promise.all(Array.from({ length: 4 }, () => sql`select 1`));
  expect(host.asked.length).toBeLessThanOrEqual(4);
  answer.resolve(tokenOf(1, 8 * HOUR));
  expect(await Promise.all(all)).toEqual(all.map(() => true));
  // Once for each person.
  expect(host.asked).toHaveLength(10);
});

it("tells all who wait for the same renewal that the host did not answer, and then asks again", async () => {
  now += 8 * HOUR;
  const busy = new HostBusy("Try again.", new Date());
  const answer = refreshesLater();
  const ask = () => accounts.asking(userId, async () => true);
  const opened = vi.spyOn(encryption, "unseal");
  const all = [ask(), ask(), ask()];
  const settled = Promise.allSettled(all);
  // By each of them, and for the renewal.
  await until(async () => opened.mock.calls.length === 4, "all to come to it");
  answer.reject(busy);
  await settled;
  for (const one of all) await expect(one).rejects.toBe(busy);
  expect(host.asked).toEqual(["refresh"]);
  host.refresh = async () => tokenOf(1, 8 * HOUR);
  expect(await ask()).toBe(true);
});

/** The host takes its time over renewals. */
function refreshesLater() {
  let resolve!: (token: AccountToken | null) => void;
  let reject!: (error: Error) => void;
  const answer = new Promise<AccountToken | null>((...both) => ([resolve, reject] = both));
  host.refresh = () => {
    host.asked.push("refresh");
    return answer;
  };
  return { resolve, reject };
}

/** Somebody whose token has the same end. */
async function someoneElse(n: number): Promise<string> {
  const identity = { ...IDENTITY, platformUserId: `U9${n}` };
  const { id } = await ensureUser(sql, identity, { displayName: `No. ${n}`, email: null });
  const accountId = `9${n}`;
  const text = JSON.stringify(tokenOf(0, 8 * HOUR));
  const sealed = encryption.seal(text, connectedAccountUse(accountId));
  await putConnected(sql, { userId: id, accountId, login: `octo-${n}`, sealed });
  return id;
}

it("does not know somebody any more whose token is gone and gives no other", async () => {
  host.known = "revoked";
  expect(await accounts.standing(userId, REPOSITORY, true)).toEqual({
    kind: "unknown",
    login: "octo-bob",
  });
  expect(await accounts.confirmed(userId)).toBeNull();
});

it("leaves everything as it is where the host cannot be asked", async () => {
  host.holderOf = () => Promise.reject(new HostBusy("Try again.", new Date()));
  await expect(accounts.standing(userId, REPOSITORY, true)).rejects.toBeInstanceOf(HostBusy);
  expect(await sql`select 1 from connected_accounts`).toHaveLength(1);
});

it("connects nothing where the request was ended meanwhile, or the token is nobody's", async () => {
  const ended = await request();
  await request();
  expect(await accounts.connect(ended, IDENTITY, shown(tokenOf(0, HOUR)))).toBeNull();
  const left = await request();
  await accounts.disconnect(userId);
  expect(await accounts.connect(left, IDENTITY, shown(tokenOf(0, HOUR)))).toBeNull();
  const open = await request();
  await expect(accounts.connect(open, IDENTITY, shown(tokenOf(5, HOUR)))).rejects.toThrow(
    /consent/,
  );
});

it("keeps the token sealed, and forgets it", async () => {
  const rows = await sql<{ sealed: string }[]>`select sealed from connected_accounts`;
  expect(rows[0]!.sealed).not.toContain("token-0");
  expect(await accounts.disconnect(userId)).toBe("octo-bob");
  expect(await accounts.disconnect(userId)).toBeNull();
  expect(await accounts.standing(userId, REPOSITORY, true)).toEqual({ kind: "none" });
});

const ELSEWHERE = { platform: "discord", workspaceId: "G1", platformUserId: "7" };

/** Somebody in Discord shows the account that Bob in Slack has shown. */
async function showElsewhere(joins: boolean): Promise<HostAccount | null> {
  const other = await ensureUser(sql, ELSEWHERE, { displayName: "bobby", email: null });
  const by = { platform: "discord", workspaceId: "G1", id: "7" } as const;
  const reply = { channel: "9", thread: null, trigger: null, responseUrl: null };
  const requestId = await putConnectionRequest(sql, { by, reply, userId: other.id }, 60_000);
  return accounts.connect(requestId, ELSEWHERE, shown(tokenOf(0, 8 * HOUR), joins));
}

const peopleInChat = async (): Promise<number> =>
  (await sql`select distinct user_id from identities where platform <> 'github'`).length;

it("makes two in chat one person only where both have said so", async () => {
  await expect(showElsewhere(false)).rejects.toBeInstanceOf(AccountTaken);
  await expect(showElsewhere(true)).rejects.toBeInstanceOf(AccountTaken);
  await accounts.letJoin(userId);
  await expect(showElsewhere(false)).rejects.toMatchObject({
    login: "octo-bob",
    by: [{ platform: "slack", name: "Bob", workspace: null }],
  });
  await sql`update connected_accounts set joinable_until = now() - interval '1 second'`;
  await expect(showElsewhere(true)).rejects.toBeInstanceOf(AccountTaken);
  expect(await peopleInChat()).toBe(2);
  await accounts.letJoin(userId);
  expect(await showElsewhere(true)).toEqual(BOB);
  expect(await peopleInChat()).toBe(1);
  // It served once.
  expect(await sql`select joinable_until from connected_accounts`).toEqual([
    { joinableUntil: null },
  ]);
});

it("lets nobody have an account whose owner took that back, once its owner shows it", async () => {
  host.known = "token-5";
  const by = { platform: "discord", workspaceId: "G1", id: "7" } as const;
  const owner = await ensureUser(sql, ELSEWHERE, { displayName: "bobby", email: null });
  const reply = { channel: "9", thread: null, trigger: null, responseUrl: null };
  const requestId = await putConnectionRequest(sql, { by, reply, userId: owner.id }, 60_000);
  const token = { ...tokenOf(5, 8 * HOUR), refreshToken: null };
  expect(await accounts.connect(requestId, ELSEWHERE, shown(token))).toEqual(BOB);
  expect(await accounts.standing(userId, REPOSITORY, true)).toEqual({ kind: "none" });
  expect(await accounts.standing(owner.id, REPOSITORY, true)).toEqual(KNOWN);
  expect(await peopleInChat()).toBe(2);
});

it("waits for who is being written about, without ending their work", async () => {
  await accounts.letJoin(userId);
  let goOn = (): void => {};
  const held = new Promise<void>((resolve) => (goOn = resolve));
  let isHeld = (): void => {};
  const holding = new Promise<void>((resolve) => (isHeld = resolve));
  const writing = sql.begin(async (tx) => {
    await tx`select 1 from users where id = ${userId} for key share`;
    isHeld();
    await held;
    // What the merge has changed by then.
    await tx`update identities set seen_at = now() where user_id = ${userId}`;
  });
  await holding;
  const joining = showElsewhere(true);
  await until(
    async () => (await sql`select 1 from pg_locks where not granted limit 1`).length > 0,
    "the merge to wait",
  );
  goOn();
  await writing;
  expect(await joining).toEqual(BOB);
});

it("seals a token anew once the key has changed", async () => {
  const keys = [randomBytes(32), randomBytes(32)] as const;
  const logger = memoryLogger([]);
  const before = new ConnectedAccounts({ sql, host, encryption: new Encryption(keys[0]), logger });
  expect(await before.connect(await request(), IDENTITY, shown(tokenOf(0, 8 * HOUR)))).toEqual(BOB);
  const between = new Encryption(keys[1], [keys[0]]);
  expect(
    await new ConnectedAccounts({ sql, host, encryption: between, logger }).confirmed(userId),
  ).toEqual(BOB);
  const after = new ConnectedAccounts({ sql, host, encryption: new Encryption(keys[1]), logger });
  expect(await after.confirmed(userId)).toEqual(BOB);
});
