import { describe, expect, it } from "vitest";

import { Operators } from "../../../../adapters/web/admin/operators.ts";
import { WrongTries } from "../../../../adapters/web/admin/wrong-tries.ts";
import type { AdminOptions, WebServerOptions } from "../../../../adapters/web/options.ts";
import { startServer, type Answer, type RunningServer } from "../running-server.ts";

const TOKEN = "an-operators-own-token";
const CONSOLE_TOKEN = "a-token-of-the-console";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const BROWSER = { accept: "text/html,*/*" };

interface Served extends RunningServer {
  /** How often the board was loaded. */
  loads(): number;
}

async function serve(
  publicUrl = "http://localhost:3000",
  options: Partial<WebServerOptions> = {},
): Promise<Served> {
  let loads = 0;
  const admin: AdminOptions = {
    token: TOKEN,
    publicUrl: () => publicUrl,
    queues: async () => {
      loads += 1;
      return (app, _options, done) => {
        app.get("/", async (_request, reply) => reply.type("text/html").send("<p>board</p>"));
        app.put("/api/queues/pause", async (request) => ({ paused: request.body }));
        done();
      };
    },
  };
  const web = await startServer({ admin, ...options });
  return { ...web, loads: () => loads };
}

const signIn = (web: RunningServer, token: string, headers: Record<string, string> = {}) =>
  web.send("POST", "/admin/sign-in", {
    headers: { "content-type": "application/x-www-form-urlencoded", ...headers },
    body: new URLSearchParams({ token }).toString(),
  });
const cookieOf = ({ headers }: Answer): string => headers["set-cookie"]![0]!.split(";")[0]!;

describe("/admin", () => {
  it("is not there without ADMIN_TOKEN, with or without a token of the console", async () => {
    for (const options of [{}, { host: "0.0.0.0", token: CONSOLE_TOKEN }]) {
      const web = await startServer(options);
      for (const path of [
        "/admin",
        "/admin/queues",
        "/admin/queues/api/queues",
        "/admin/sign-in",
      ]) {
        expect((await web.send("GET", path, { headers: BEARER })).status, path).toBe(404);
      }
    }
  });

  it("asks everybody for the token, also on this machine, and loads nothing before", async () => {
    const web = await serve();
    const page = await web.send("GET", "/admin/queues", { headers: BROWSER });
    expect(page.status).toBe(401);
    expect(page.text).toContain('name="token"');
    for (const [method, path] of [
      ["GET", "/admin/queues/api/queues"],
      ["GET", "/admin/queues/static/js/main.js"],
      ["PUT", "/admin/queues/api/queues/pause"],
      ["GET", "/admin//queues"],
      ["GET", "/admin/queues/../queues/"],
      ["GET", "/admin/%71ueues"],
    ] as const) {
      const { status, text } = await web.send(method, path);
      expect([401, 404], path).toContain(status);
      expect(text).not.toContain("board");
    }
    expect(web.loads()).toBe(0);
    const { status, headers } = await web.send("GET", "/admin/queues", { headers: BEARER });
    expect(status).toBe(200);
    expect(headers["content-security-policy"]).toMatch(/^default-src 'none'; script-src 'self';/);
    expect(headers["cache-control"]).toBe("no-store");
    await web.send("GET", "/admin/queues/", { headers: BEARER });
    expect(web.loads()).toBe(1);
  });

  it("lets nobody in by the console's token, and nobody into the console by its own", async () => {
    const web = await serve("http://localhost:3000", { host: "0.0.0.0", token: CONSOLE_TOKEN });
    const bearer = { authorization: `Bearer ${CONSOLE_TOKEN}` };
    expect((await web.send("GET", "/api/rfcs", { headers: bearer })).status).toBe(200);
    expect((await web.send("GET", "/admin/queues", { headers: bearer })).status).toBe(401);
    expect((await web.send("GET", "/api/rfcs", { headers: BEARER })).status).toBe(401);
    const headers = { cookie: cookieOf(await signIn(web, TOKEN)) };
    expect((await web.send("GET", "/api/rfcs", { headers })).status).toBe(401);
    expect((await web.send("GET", "/admin/queues", { headers })).status).toBe(200);
    // What all of it costs is an operator's to see.
    expect((await web.send("GET", "/api/statistics")).status).toBe(401);
    expect((await web.send("GET", "/api/statistics", { headers })).status).toBe(200);
  });

  it("gives a cookie that no script and no other site can use", async () => {
    const web = await serve();
    const answer = await signIn(web, TOKEN);
    expect([answer.status, answer.headers.location]).toEqual([303, "/admin/queues"]);
    expect(answer.headers["set-cookie"]).toEqual([
      expect.stringMatching(/; Path=\/admin; Max-Age=43200; HttpOnly; SameSite=Strict$/),
      expect.stringMatching(/; Path=\/api\/statistics; Max-Age=43200; HttpOnly; SameSite=Strict$/),
    ]);
    expect(JSON.stringify(answer.headers)).not.toContain(TOKEN);

    const byTls = await serve("https://redline.example");
    const { host } = new URL(byTls.url);
    const secure = await serve(`https://${host}`);
    for (const [server, isSecure] of [
      [byTls, false],
      [secure, true],
    ] as const) {
      const given = await signIn(server, TOKEN, { host });
      expect(given.headers["set-cookie"]![0]!.endsWith("; Secure")).toBe(isSecure);
    }
  });

  it("takes what changes anything from its own pages alone", async () => {
    const web = await serve();
    const cookie = cookieOf(await signIn(web, TOKEN));
    const pause = async (headers: Record<string, string>): Promise<number> => {
      const json = { "content-type": "application/json", ...headers };
      const path = "/admin/queues/api/queues/pause";
      return (await web.send("PUT", path, { headers: json, body: '{"all":true}' })).status;
    };
    expect(await pause({ cookie, origin: web.url })).toBe(200);
    expect(await pause({ cookie, "sec-fetch-site": "same-origin" })).toBe(200);
    expect(await pause(BEARER)).toBe(200);
    expect(await pause({ cookie })).toBe(401);
    expect(await pause({ cookie, "sec-fetch-site": "none" })).toBe(401);
    expect(await pause({ cookie, origin: "https://evil.example" })).toBe(403);
    expect(await pause({ cookie, origin: "null" })).toBe(403);
    expect(await pause({ cookie, "sec-fetch-site": "cross-site" })).toBe(403);
    const login = await signIn(web, TOKEN, { origin: "https://evil.example" });
    expect(login.status).toBe(403);
  });

  it("makes who guesses wait, even with the right token, but not who is in", async () => {
    const web = await serve();
    const cookie = cookieOf(await signIn(web, TOKEN));
    for (let at = 0; at < 10; at += 1) {
      const guess =
        at % 2 === 0
          ? await signIn(web, `guess-${at}`)
          : await web.send("GET", "/admin/queues", { headers: { authorization: `Bearer ${at}` } });
      expect(guess.status).toBe(401);
    }
    const { status, headers } = await signIn(web, TOKEN);
    expect(status).toBe(429);
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect((await web.send("GET", "/admin/queues", { headers: BEARER })).status).toBe(429);
    expect((await web.send("GET", "/admin/queues", { headers: { cookie } })).status).toBe(200);
  });
});

describe("an operator's cookie", () => {
  const enter = (operators: Operators, cookie: string) =>
    operators.enter({ method: "GET", headers: { cookie }, ip: "10.0.0.1" } as never).kind;
  const made = (operators: Operators): string => operators.cookies(false)[0]!.split(";")[0]!;

  it("ends after twelve hours, and with the token that it was made from", () => {
    let now = Date.parse("2026-03-02T08:00:00Z");
    const operators = new Operators(TOKEN, () => now);
    const cookie = made(operators);
    now += 12 * 3_600_000 - 1_000;
    expect(enter(operators, cookie)).toBe("in");
    expect(enter(new Operators(`${TOKEN}2`, () => now), cookie)).toBe("out");
    now += 1_000;
    expect(enter(operators, cookie)).toBe("out");
  });

  it("cannot be made later by who had one", () => {
    const operators = new Operators(TOKEN);
    const cookie = made(operators);
    const later = cookie.replace(/=(\d+)/, (_, at: string) => `=${Number(at) + 3_600}`);
    expect(enter(operators, cookie)).toBe("in");
    for (const forged of [later, cookie.slice(0, -1), `${cookie}x`, "redline_operator=", "a=b"]) {
      expect(enter(operators, forged), forged).toBe("out");
    }
  });
});

describe("wrong tries", () => {
  it("are forgotten after a minute, and are counted by network", () => {
    let now = 0;
    const tries = new WrongTries(() => now);
    for (let at = 0; at < 10; at += 1) tries.add(`2001:db8::1:${at}`);
    expect(tries.waitS("2001:db8:0:0:9::1")).toBe(60);
    expect(tries.waitS("2001:db8:0:1::1")).toBe(0);
    for (let at = 0; at < 10; at += 1) tries.add(`::ffff:10.0.0.${at}`);
    expect(tries.waitS("::ffff:10.0.0.1")).toBe(0);
    now = 59_500;
    expect(tries.waitS("2001:db8::5")).toBe(1);
    now = 60_000;
    expect(tries.waitS("2001:db8::5")).toBe(0);
    tries.add("2001:db8::5");
    expect(tries.waitS("2001:db8::5")).toBe(0);
  });
});
