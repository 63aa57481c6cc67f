/**
 * Who may decide: every way to decide × every kind of person. Whoever is refused leaves nothing behind but one
 * entry of the audit, however often the event is handled.
 */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ChatEvent, ChatPerson, FormKind } from "../../src/chat/chat-event.ts";
import type { HostAccount } from "../../src/ports.ts";
import type { ConnectedAccounts } from "../../src/rfcs/connected-accounts.ts";
import { Permissions } from "../../src/rfcs/permissions.ts";
import { putConnected, putConnectionRequest } from "../../src/store/connected-accounts.ts";
import { insertMaintainer, insertMaintainerRole } from "../../src/store/maintainers.ts";
import { ensureUser } from "../../src/store/people.ts";
import { insertRfcMaintainer } from "../../src/store/rfc-maintainers.ts";
import { ADMIN, MAINTAINER, MEMBER, person, replyWith, T1 } from "../chat/desk-world.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { Scene, Way, Whose } from "./deciding.ts";
import {
  OTHER,
  accounts,
  begin,
  concern,
  hasWord,
  here,
  isAccepting,
  isDeclined,
  isNamed,
  isPlaced,
  isProposed,
  isRevised,
  isSettled,
  isTakenBack,
  member,
  proposal,
  refusals,
  scene,
  snapshot,
  stateOf,
  uncertain,
} from "./deciding.ts";

const ACCOUNT: HostAccount = { id: "77", login: "octo-mel" };
const ROLE = "R1";

let database: TestDatabase;

let counter = 0;
const reply = () => {
  counter += 1;
  return replyWith(`matrix-${counter}`);
};

function pressing(action: string, took: Way["took"], choice: number | null = null): Way {
  return {
    name: `the button ${action}`,
    event: ({ ref }, by) => ({ kind: "pressed", action, ref, choice, by, reply: reply() }),
    took,
  };
}

function submitting(form: FormKind, values: Record<string, string>, took: Way["took"]): Way {
  return {
    name: `the form ${form}`,
    event: ({ ref }, by) => ({ kind: "submitted", form, ref, values, by, reply: reply() }),
    took,
  };
}

/** As `/rfc …` in a thread, and as a mention. */
function saying(words: (scene: Scene) => string, took: Way["took"]): Way[] {
  const name = words({ ref: "", changeId: "", number: 0 });
  return [
    {
      name: `the command ${name}`,
      event: (scene, by) => ({
        kind: "command",
        at: { ...T1, place: "C1/1.1" },
        channel: "C1",
        by,
        text: words(scene),
        isPublic: true,
        reply: reply(),
      }),
      took,
    },
    {
      name: `a mention with ${name}`,
      event: (scene, by) => ({
        kind: "message",
        message: here.world.message(words(scene), { by }),
      }),
      took,
    },
  ];
}

const isForm: Way["took"] = async () => here.world.platform.forms.length > 0;
const of = (more: Pick<Way, "whose" | "prepare">, ...ways: Way[]): Way[] =>
  ways.map((way) => ({ ...way, ...more }));

const WAYS: readonly Way[] = [
  pressing("accept", isAccepting),
  pressing("decline", isForm),
  pressing("edit", isForm),
  ...of({ prepare: uncertain }, pressing("place", isPlaced, 1), pressing("confirm", isPlaced, 0)),
  submitting("decline", { reason: "No." }, isDeclined),
  submitting("edit", { proposed: "three minutes" }, isRevised),
  ...saying(({ number }) => `accept ${number}`, isAccepting),
  ...saying(({ number }) => `decline ${number} too early`, isDeclined),
  ...saying(() => "propose-merge", isProposed),
  ...of({ prepare: proposal }, ...saying(() => "propose-merge withdraw", isTakenBack)),
  ...of(
    { whose: "asked", prepare: proposal },
    pressing("agree", hasWord),
    pressing("object", hasWord),
    ...saying(() => "propose-merge agree", hasWord),
    ...saying(() => "propose-merge object", hasWord),
  ),
  ...of(
    { prepare: concern },
    ...saying(({ number }) => `concern resolve ${number} It is`, isSettled),
  ),
  ...of(
    { whose: "author", prepare: concern },
    ...saying(({ number }) => `concern withdraw ${number}`, isSettled),
  ),
  ...of(
    { whose: "admin" },
    ...saying(() => `maintainers add <@${OTHER}>`, isNamed),
    ...saying(() => `maintainers add <@${OTHER}> rfc`, isNamed),
  ),
];

interface Kind {
  name: string;
  /** Makes the member so. */
  make(): Promise<unknown>;
  /** Whether they decide. */
  may: boolean;
  /** What else they may do. */
  also?: Whose;
  by?: Partial<ChatPerson>;
}

/** The member has shown that the account is theirs. */
async function connected(): Promise<string> {
  const requestId = await putConnectionRequest(
    here.world.sql,
    { by: person(MEMBER), reply: replyWith("x"), userId: (await member()).id },
    60_000,
  );
  const token = { token: "theirs", expiresAt: null, refreshToken: null };
  accounts.tokens.set("theirs", ACCOUNT);
  accounts.mayWriteNow = true;
  const identity = { ...T1, platformUserId: MEMBER };
  await connections().connect(requestId, identity, { token, joins: false });
  return (await member()).id;
}

const connections = (): ConnectedAccounts => here.world.accounts!;

const named = async (workspaceId: string) =>
  insertMaintainer(
    here.world.sql,
    { platform: "slack", workspaceId },
    (await member()).id,
    (await here.world.user(ADMIN)).id,
  );
const withRole = async (workspaceId: string, has: boolean) => {
  const role = { id: ROLE, name: "Core" };
  const by = (await here.world.user(ADMIN)).id;
  await insertMaintainerRole(here.world.sql, { platform: "slack", workspaceId }, role, by);
  here.world.platform.roles.set(MEMBER, has ? [ROLE] : []);
};

const KINDS: readonly Kind[] = [
  { name: "a member", make: async () => {}, may: false },
  {
    name: "an admin",
    make: async () => here.world.platform.admins.add(MEMBER),
    may: false,
    also: "admin",
  },
  { name: "a maintainer of the workspace", make: () => named("T1"), may: true, also: "asked" },
  { name: "a maintainer of another workspace", make: () => named("T2"), may: false },
  { name: "somebody with a role that decides", make: () => withRole("T1", true), may: true },
  { name: "somebody who had such a role", make: () => withRole("T1", false), may: false },
  { name: "somebody with such a role elsewhere", make: () => withRole("T2", true), may: false },
  {
    name: "an outsider with such a role",
    make: () => withRole("T1", true),
    may: false,
    by: { isOutsider: true },
  },
  {
    name: "a maintainer of the RFC",
    make: async () =>
      insertRfcMaintainer(
        here.world.sql,
        "rfc",
        (await member()).id,
        (await here.world.user(ADMIN)).id,
      ),
    may: true,
    also: "asked",
  },
  {
    name: "a maintainer of another RFC",
    make: async () => {
      await here.world.register("other");
      const by = (await here.world.user(ADMIN)).id;
      await insertRfcMaintainer(here.world.sql, "other", (await member()).id, by);
    },
    may: false,
  },
  { name: "somebody whose account may write", make: connected, may: true },
  {
    name: "somebody whose account may read alone",
    make: async () => {
      await connected();
      accounts.mayWriteNow = false;
    },
    may: false,
  },
  {
    name: "somebody whose account might write a moment ago",
    make: async () => {
      const userId = await connected();
      const who = { userId, isNamedInWorkspace: async () => false };
      const permissions = new Permissions({ sql: here.world.sql, accounts: connections() });
      expect(await permissions.verdict(who, "rfc", false)).toEqual({ may: true });
      accounts.mayWriteNow = false;
    },
    may: false,
  },
  {
    name: "somebody who revoked the token",
    make: async () => {
      await connected();
      accounts.tokens.clear();
    },
    may: false,
  },
  {
    name: "somebody whose token is somebody else's now",
    make: async () => {
      await connected();
      accounts.tokens.set("theirs", { id: "88", login: ACCOUNT.login });
    },
    may: false,
  },
  {
    name: "somebody whose token is sealed with a lost key",
    make: async () => {
      const userId = await connected();
      const sealed = "v1.00000000.AAAAAAAAAAAAAAAA.AAAA";
      await putConnected(here.world.sql, {
        userId,
        accountId: ACCOUNT.id,
        login: ACCOUNT.login,
        sealed,
      });
    },
    may: false,
  },
  {
    name: "somebody who disconnected the account",
    make: async () => connections().disconnect(await connected()),
    may: false,
  },
  {
    name: "somebody who is only called like an account that may write",
    make: async () => {
      const identity = { ...T1, platformUserId: MEMBER };
      await ensureUser(here.world.sql, identity, { displayName: ACCOUNT.login, email: null });
      here.world.platform.names.set(MEMBER, ACCOUNT.login);
    },
    may: false,
  },
];

beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe.each(KINDS.map((kind) => [kind.name, kind] as const))("%s", (_name, kind) => {
  const { make, by } = kind;
  const who: ChatPerson = { ...person(MEMBER), ...by };
  beforeAll(async () => {
    await begin(database);
    await make();
  });
  afterAll(() => here.world[Symbol.asyncDispose]());

  const ways = WAYS.map((way) => {
    const { whose = "decider" } = way;
    const may = whose === "decider" ? kind.may : kind.also === whose;
    return [`${may ? "may" : "may not"} decide by ${way.name}`, { ...way, may }] as const;
  });

  it.each(ways)("%s", async (_title, { event, took, prepare, may }) => {
    const given = await scene(prepare);
    const done = event(given, who);
    const before = await snapshot();
    await here.world.desk.handle(done);
    if (may) {
      expect(await took(given)).toBe(true);
      expect(await refusals()).toEqual([]);
      return;
    }
    expect(await took(given)).toBe(false);
    expect(await snapshot()).toEqual(before);
    expect(await refusals()).toEqual([
      { act: expect.any(String), door: "slack", userId: (await member()).id },
    ]);
    expect(here.world.platform.toldTo(MEMBER)).toHaveLength(1);
    // The same event again, as after a crash.
    await here.world.desk.handle(done, new Date(Date.now() - 60_000));
    expect(await snapshot()).toEqual(before);
    expect(await refusals()).toHaveLength(1);
  });
});

describe("with what is not theirs", () => {
  beforeAll(async () => {
    await begin(database);
  });
  afterAll(() => here.world[Symbol.asyncDispose]());

  const elsewhere = { ...person(MAINTAINER, "T2") };
  const TRIES: [string, (given: Scene) => ChatEvent][] = [
    [
      "a card of another workspace",
      ({ ref }) => ({
        kind: "pressed",
        action: "accept",
        ref,
        choice: null,
        by: elsewhere,
        reply: reply(),
      }),
    ],
    [
      "a form of another workspace",
      ({ ref }) => ({
        kind: "submitted",
        form: "decline",
        ref,
        values: {},
        by: elsewhere,
        reply: reply(),
      }),
    ],
    [
      "a card that was never shown",
      ({ changeId: ref }) => ({
        kind: "pressed",
        action: "accept",
        ref,
        choice: null,
        by: person(MAINTAINER),
        reply: reply(),
      }),
    ],
    [
      "a form of no card",
      () => ({
        kind: "submitted",
        form: "decline",
        ref: "' or 1=1",
        values: {},
        by: person(MAINTAINER),
        reply: reply(),
      }),
    ],
  ];

  it.each(TRIES)("decides nobody: %s", async (_what, event) => {
    const given = await scene();
    const tried = event(given);
    const identity = { platform: "slack", workspaceId: "T2", platformUserId: MAINTAINER };
    const { id } = await ensureUser(here.world.sql, identity, { displayName: "Max", email: null });
    // They decide in their own workspace.
    await insertMaintainer(here.world.sql, { platform: "slack", workspaceId: "T2" }, id, id);
    const before = await snapshot();
    await here.world.desk.handle(tried);
    expect(await stateOf(given.changeId)).toBe("pending");
    expect(await snapshot()).toEqual(before);
    expect(here.world.platform.toldTo(MAINTAINER)).toEqual([expect.stringMatching(/no such card/)]);
  });
});
