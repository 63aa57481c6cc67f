/** Who somebody is who signs in: the person who has the account already, and nobody else. */
import { afterAll, beforeAll, expect, it } from "vitest";
import { ConnectedAccounts } from "../../src/rfcs/connected-accounts.ts";
import { Encryption } from "../../src/encryption.ts";
import { createGitHub } from "../../adapters/github/github.ts";
import { putConnectionRequest } from "../../src/store/connected-accounts.ts";
import { ensureUser } from "../../src/store/people.ts";
import { CLIENT_ID, SignInApp } from "../support/sign-in-app.ts";

let app: SignInApp;
let accounts: ConnectedAccounts;
beforeAll(async () => {
  app = await SignInApp.start();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const credentials = { kind: "token" as const, token: app.github.createToken("redline-bot") };
  const gitHub = createGitHub({
    apiUrl: app.github.url,
    credentials,
    clientId: CLIENT_ID,
    logger,
    lookEveryMs: 1_000,
  });
  const encryption = new Encryption(Buffer.from("cd".repeat(32), "hex"));
  accounts = new ConnectedAccounts({ sql: app.sql, host: gitHub.accounts!, encryption, logger });
});
afterAll(() => app[Symbol.asyncDispose]());

/** Somebody in Slack who shows that the account is theirs. */
async function connectInChat(name: string, login: string): Promise<string> {
  const identity = { platform: "slack", workspaceId: "TACME", platformUserId: `U-${name}` };
  const user = await ensureUser(app.sql, identity, { displayName: name, email: null });
  const by = { platform: "slack" as const, workspaceId: "TACME", id: `U-${name}` };
  const reply = { kind: "private" } as never;
  const id = await putConnectionRequest(app.sql, { by, reply, userId: user.id }, 60_000);
  const token = await accounts.host.connect(
    ({ code }) => app.github.enterCode(code, login),
    new AbortController().signal,
  );
  await accounts.connect(id, identity, { token, joins: false });
  return (await ensureUser(app.sql, identity, { displayName: name, email: null })).id;
}

const session = async (headers: { cookie: string }) => {
  const answer = await app.send("/api/session", { headers });
  return { status: answer.status, ...((await answer.json()) as Record<string, unknown>) };
};

it("is the person of the account that a chat account connected", async () => {
  app.github.addUser("octo-ada", { permission: "write" });
  const ada = await connectInChat("Ada", "octo-ada");
  const here = await app.signIn("octo-ada");
  expect(await session(here)).toMatchObject({ name: "Ada", login: "octo-ada" });
  expect(await app.userOf("octo-ada")).toBe(ada);
  expect(await accounts.disconnect(ada)).toBe("octo-ada");
  expect((await session(here)).status).toBe(401);
});

it("is the person of a chat account that connects later, who has to sign in once more", async () => {
  app.github.addUser("octo-cleo", { permission: "write" });
  const here = await app.signIn("octo-cleo");
  expect(await session(here)).toMatchObject({ name: "octo-cleo" });
  const cleo = await connectInChat("Cleo", "octo-cleo");
  expect((await session(here)).status).toBe(401);
  expect(await session(await app.signIn("octo-cleo"))).toMatchObject({ name: "Cleo" });
  expect(await app.userOf("octo-cleo")).toBe(cleo);
});

it("is not whoever had others enter a code, once its owner has taken that back", async () => {
  app.github.addUser("octo-dan", { permission: "write" });
  const mallory = await connectInChat("Mallory", "octo-dan");
  app.github.deviceFlows.revoke("octo-dan");
  const here = await app.signIn("octo-dan");
  expect(await session(here)).toMatchObject({ name: "octo-dan" });
  expect(await app.userOf("octo-dan")).not.toBe(mallory);
  expect(await accounts.standing(mallory, "acme/rfcs", false)).toEqual({ kind: "none" });
});

it("acts under their own name, and decides as in chat", async () => {
  app.github.addUser("octo-eve", { permission: "write" });
  app.github.addUser("octo-fay", { permission: "read" });
  const [eve, fay] = [await app.signIn("octo-eve"), await app.signIn("octo-fay")];
  const post = async (
    path: string,
    headers: { cookie: string },
    body: unknown,
  ): Promise<Record<string, unknown>> => {
    const answer = await app.send(path, {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    const said: Record<string, unknown> = { ...((await answer.json()) as object) };
    return { ...said, status: answer.status };
  };
  const thread = { rfc_slug: "retries", branch_name: "main", thread_kind: "discussion" };
  const { id } = await post("/api/threads", fay, thread);
  const edit = { original: "quick brown fox", proposed: "slow fox" };
  const change = await post(`/api/threads/${String(id)}/changes`, fay, edit);
  expect(change["author"]).toBe("octo-fay");
  const accept = `/api/changes/${String(change["id"])}/accept`;
  expect((await post(accept, fay, {}))["status"]).toBe(403);
  expect(
    await app.sql`select act, door from audit_entries where user_id = ${await app.userOf("octo-fay")}`,
  ).toEqual([{ act: "accept", door: "http" }]);
  expect(await post(accept, eve, {})).toMatchObject({ status: 200, state: "accepting" });
  expect(
    await app.sql`select user_id from decisions where change_id = ${String(change["id"])}`,
  ).toEqual([{ userId: await app.userOf("octo-eve") }]);
});
