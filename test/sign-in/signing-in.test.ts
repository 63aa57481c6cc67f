/** The way in: what a browser is told, what it keeps, and what is refused. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { cookiesOf, SignInApp, TOKEN } from "../support/sign-in-app.ts";

let app: SignInApp;
beforeAll(async () => {
  app = await SignInApp.start({ scheme: "https" });
  await app.github.createRepository("acme/more", {
    private: true,
    files: { "more.md": "# More\n" },
  });
  app.github.addUser("redline-bot", { permission: "write" });
  app.github.addUser("octo-reader", { permission: "read" });
  app.github.addUser("octo-bob", { permission: "write" });
});
afterAll(() => app[Symbol.asyncDispose]());

const reads = async (headers: Record<string, string>): Promise<number> =>
  (await app.send("/api/rfcs/retries", { headers })).status;

describe("a browser on its way to GitHub", () => {
  it("takes a state and a challenge along, and keeps the rest where no script reads it", async () => {
    const answer = await app.send("/sign-in/github?to=/rfcs/retries");
    expect(answer.status).toBe(303);
    const address = new URL(answer.headers.get("location")!);
    expect(address.origin + address.pathname).toBe(`${app.github.url}/login/oauth/authorize`);
    expect(Object.fromEntries(address.searchParams)).toMatchObject({
      redirect_uri: "https://redline.example.org/sign-in/github/callback",
      state: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    expect(address.searchParams.has("scope")).toBe(false);
    const { attributes } = cookiesOf(answer).get("__Host-redline_flow")!;
    expect(attributes).toEqual(["Path=/", "Max-Age=600", "HttpOnly", "SameSite=Lax", "Secure"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
  });

  it("comes back to where its person wanted to go, signed in", async () => {
    const { address, flow } = await app.begin("/rfcs/retries?x=1#change-2");
    const answer = await app.comeBack(app.github.webFlow.consent(address, "octo-reader"), flow);
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/rfcs/retries?x=1#change-2");
    const session = cookiesOf(answer).get("__Host-redline_person")!;
    expect(session.value).toMatch(/^[\w-]{43}$/);
    expect(session.attributes).toEqual([
      "Path=/",
      "Max-Age=2592000",
      "HttpOnly",
      "SameSite=Lax",
      "Secure",
    ]);
    expect(cookiesOf(answer).get("__Host-redline_flow")!.attributes).toContain("Max-Age=0");
    expect(await reads({ cookie: `__Host-redline_person=${session.value}` })).toBe(200);
    const rows = await app.sql`select * from sessions where token_hash = ${session.value}`;
    expect(rows).toHaveLength(0);
    const text = JSON.stringify(await app.sql`select * from sessions, connected_accounts`);
    expect(text).not.toContain(session.value);
    expect(text).not.toContain("ghu_");
  });

  it.each([
    "https://evil.example/",
    "//evil.example",
    "/\\evil.example",
    "/\t/evil.example",
    "\\\\evil.example",
    "javascript:alert(1)",
    "/sign-in?to=/",
    "/api/session",
    "/%2e%2e//evil.example",
  ])("is never led to %s", async (to) => {
    const { address, flow } = await app.begin(to);
    const answer = await app.comeBack(app.github.webFlow.consent(address, "octo-reader"), flow);
    expect(answer.headers.get("location")).toBe("/");
  });
});

describe("nobody is signed in", () => {
  const refused = async (answer: Response, words: RegExp): Promise<void> => {
    expect(cookiesOf(answer).has("__Host-redline_person")).toBe(false);
    expect(answer.status).toBeGreaterThanOrEqual(400);
    expect(answer.headers.get("content-type")).toMatch(/^text\/html/);
    expect(await answer.text()).toMatch(words);
  };

  it("by a code that another browser asked for", async () => {
    const theirs = await app.begin();
    const back = app.github.webFlow.consent(theirs.address, "octo-bob");
    const { flow } = await app.begin();
    await refused(await app.comeBack(back, flow), /not begun in this browser/);
    await refused(await app.comeBack(back, ""), /not begun in this browser/);
    await refused(await app.comeBack(back, `${theirs.flow}x`), /not begun in this browser/);
  });

  it("twice by one code", async () => {
    const { address, flow } = await app.begin();
    const back = app.github.webFlow.consent(address, "octo-bob");
    expect((await app.comeBack(back, flow)).status).toBe(303);
    await refused(await app.comeBack(back, flow), /does not take the code/);
  });

  it("by a code of one flow with the secret of another", async () => {
    const one = await app.begin();
    const other = await app.begin();
    const back = new URL(app.github.webFlow.consent(one.address, "octo-bob"));
    back.searchParams.set("state", new URL(other.address).searchParams.get("state")!);
    await refused(await app.comeBack(back.href, other.flow), /does not take the code/);
  });

  it("who declines, and it is said so", async () => {
    const { address, flow } = await app.begin("/rfcs/retries");
    const answer = await app.comeBack(app.github.webFlow.consent(address, null), flow);
    expect(answer.status).toBe(403);
    const page = await answer.text();
    expect(page).toContain("You declined on GitHub");
    expect(page).toContain("/sign-in/github?to=%2Frfcs%2Fretries");
  });

  it("while GitHub does not answer, and it is said so", async () => {
    const { address, flow } = await app.begin();
    const back = app.github.webFlow.consent(address, "octo-bob");
    app.github.fault({ path: /access_token/, status: 502, times: 1 });
    await refused(await app.comeBack(back, flow), /GitHub/);
    app.github.clearFaults();
  });

  it("by what GitHub's page is told that this console is not", async () => {
    const { address } = await app.begin();
    const other = new URL(address);
    other.searchParams.set("redirect_uri", "https://elsewhere.example/callback");
    const back = new URL(app.github.webFlow.consent(other.href, "octo-bob"));
    expect(back.origin).toBe("https://redline.example.org");
    expect(back.searchParams.get("error")).toBe("redirect_uri_mismatch");
    const { flow } = await app.begin();
    await refused(await app.comeBack(back.href, flow), /not begun in this browser/);
  });

  it("by markup in the address", async () => {
    const page = await (await app.send(`/sign-in?to=${encodeURIComponent('/"><script>x')}`)).text();
    expect(page).not.toContain("<script");
  });
});

describe("a session", () => {
  it("ends where it is signed out, and everywhere at once", async () => {
    const [one, two] = [await app.signIn("octo-reader", "One"), await app.signIn("octo-reader")];
    const list = async () =>
      (await (await app.send("/api/session", { headers: two })).json()) as Record<string, unknown>;
    expect(await list()).toMatchObject({ kind: "person", login: "octo-reader" });
    expect((await list())["sessions"]).toContainEqual(
      expect.objectContaining({ agent: "One", current: false }),
    );
    const out = await app.send("/api/session", { method: "DELETE", headers: one });
    expect(out.status).toBe(204);
    expect(cookiesOf(out).get("__Host-redline_person")!.attributes).toContain("Max-Age=0");
    expect([await reads(one), await reads(two)]).toEqual([401, 200]);
    const three = await app.signIn("octo-reader");
    await app.send("/api/sessions", { method: "DELETE", headers: two });
    expect([await reads(two), await reads(three)]).toEqual([401, 401]);
  });

  it("is over when it has not been used for long, and after a month anyway", async () => {
    const idle = await app.signIn("octo-bob");
    await app.sql`update sessions set seen_at = now() - interval '8 days'`;
    expect(await reads(idle)).toBe(401);
    const old = await app.signIn("octo-bob");
    await app.sql`update sessions set ends_at = now() - interval '1 second'`;
    expect(await reads(old)).toBe(401);
  });

  it("is no more once the account is disconnected, or somebody else's", async () => {
    const bob = await app.signIn("octo-bob");
    await app.sql`delete from connected_accounts where login = 'octo-bob'`;
    expect(await reads(bob)).toBe(401);
    const again = await app.signIn("octo-bob");
    await app.sql`update connected_accounts set account_id = '1' where login = 'octo-bob'`;
    expect((await app.send("/api/session", { headers: again })).status).toBe(401);
    await app.sql`delete from connected_accounts where login = 'octo-bob'`;
  });

  it("is no more once GitHub does not know its token", async () => {
    const reader = await app.signIn("octo-reader");
    app.github.deviceFlows.revoke("octo-reader");
    // What was asked a moment ago is believed; a repository that was not asked about is asked about.
    await app.redline.engine.rfcs.register({
      slug: "more",
      title: "More",
      repository: "acme/more",
      path: "more.md",
      branch: "main",
    });
    expect((await app.send("/api/rfcs", { headers: reader })).status).toBe(401);
    expect(await reads(reader)).toBe(401);
  });

  it("sees the rest where GitHub refuses one repository", async () => {
    app.github.addUser("octo-sso", { permission: "read" });
    const person = await app.signIn("octo-sso");
    app.github.fault({
      path: /^\/repos\/acme\/more$/,
      status: 403,
      headers: { "x-github-sso": "required; url=https://github.com/orgs/acme/sso" },
    });
    const answer = await app.send("/api/rfcs", { headers: person });
    app.github.clearFaults();
    expect(answer.status).toBe(200);
    const rfcs = (await answer.json()) as { slug: string }[];
    expect(rfcs.map(({ slug }) => slug)).toEqual(["retries"]);
    expect((await app.send("/api/rfcs/more", { headers: person })).status).toBe(404);
    expect((await app.send("/api/rfcs/a%00b", { headers: person })).status).toBe(404);
  });

  it("reads on while the database takes no writes", async () => {
    const person = await app.signIn("octo-bob");
    await app.sql.unsafe(`
      update sessions set seen_at = now() - interval '5 minutes';
      create function refuse() returns trigger language plpgsql
        as $$ begin raise exception using errcode = '25006'; end $$;
      create trigger refuse before update on sessions
        for each statement execute function refuse()`);
    const status = await reads(person);
    await app.sql`drop function refuse cascade`;
    expect(status).toBe(200);
    expect(await reads(person)).toBe(200);
    // Once it takes them again, the sign of life is noted.
    const userId = await app.userOf("octo-bob");
    const [row] = await app.sql<{ isSeen: boolean }[]>`
      select max(seen_at) > now() - interval '1 minute' as is_seen from sessions
      where user_id = ${userId}`;
    expect(row!.isSeen).toBe(true);
  });

  it("does not let other web sites act", async () => {
    const bob = await app.signIn("octo-bob");
    const answer = await app.send("/api/session", {
      method: "DELETE",
      headers: { ...bob, origin: "https://elsewhere.example" },
    });
    expect(answer.status).toBe(403);
    expect(await reads(bob)).toBe(200);
  });

  it("gives way to the token in an address, which does not stay there", async () => {
    const bob = await app.signIn("octo-bob");
    const answer = await app.send(`/?token=${TOKEN}`, { headers: bob });
    expect(answer.status).toBe(303);
    expect(answer.headers.get("location")).toBe("/");
    const cookies = cookiesOf(answer);
    expect(cookies.get("__Host-redline_person")!.attributes).toContain("Max-Age=0");
    const { value, attributes } = cookies.get("redline_session")!;
    expect(attributes).toContain("Secure");
    const session = await app.send("/api/session", {
      headers: { cookie: `redline_session=${value}` },
    });
    expect(await session.json()).toMatchObject({ kind: "token" });
  });

  it("gives way to the token of a program", async () => {
    const bob = await app.signIn("octo-bob");
    const who = async (headers: Record<string, string>) =>
      ((await (await app.send("/api/session", { headers })).json()) as { kind: string }).kind;
    expect(await who(bob)).toBe("person");
    expect(await who({ ...bob, authorization: `Bearer ${TOKEN}` })).toBe("token");
    expect(
      (await app.send("/api/session", { headers: { ...bob, authorization: "Bearer wrong" } }))
        .status,
    ).toBe(401);
  });
});
