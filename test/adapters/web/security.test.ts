import { describe, expect, it } from "vitest";
import { isLoopback } from "../../../src/loopback.ts";
import { startServer } from "./running-server.ts";

const TOKEN = "a-token-of-some-length";

describe("on a loopback address", () => {
  it("answers under the names of this machine only, so no rebound name reaches it", async () => {
    const { send, url } = await startServer();
    const { port } = new URL(url);
    for (const host of ["localhost", `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
      expect((await send("GET", "/api/rfcs", { headers: { host } })).status).toBe(200);
    }
    for (const host of ["evil.example", `evil.example:${port}`, "localhost.evil.example"]) {
      const answer = await send("GET", "/api/rfcs", { headers: { host } });
      expect(answer.status).toBe(403);
      expect(answer.headers["content-type"]).toBe("application/problem+json");
    }
  });

  it("refuses calls from pages of other sites", async () => {
    const { send, url, engine } = await startServer();
    const { host } = new URL(url);
    const post = (headers: Record<string, string>) =>
      send("POST", "/api/rfcs", {
        headers: { "content-type": "application/json", ...headers },
        body: "{}",
      });
    for (const origin of ["http://evil.example", "http://localhost:1", "null"]) {
      expect((await post({ origin })).status).toBe(403);
    }
    expect((await post({ "sec-fetch-site": "cross-site" })).status).toBe(403);
    expect((await post({ "sec-fetch-site": "same-site" })).status).toBe(403);
    // From its own page the call arrives, and is refused for its content only.
    expect((await post({ origin: `http://${host}`, "sec-fetch-site": "same-origin" })).status).toBe(
      400,
    );
    expect(engine.documents.size).toBe(0);
    // A link on another site may lead here.
    const visit = await send("GET", "/", { headers: { "sec-fetch-site": "cross-site" } });
    expect(visit.status).toBe(200);
  });

  it("sends a policy without inline script or style with every answer", async () => {
    const { send } = await startServer();
    for (const path of ["/", "/api/rfcs", "/api/nothing", "/healthz"]) {
      const { headers } = await send("GET", path);
      const policy = String(headers["content-security-policy"]);
      expect(policy).toContain("default-src 'none'");
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toContain("base-uri 'none'");
      expect(policy).not.toMatch(/unsafe|(?:script|style|default)-src[^;]*'self'|https?:|\*/);
      expect(headers["x-content-type-options"]).toBe("nosniff");
      expect(headers["referrer-policy"]).toBe("no-referrer");
    }
  });
});

describe("on any other address", () => {
  it("asks for the token, except to be watched", async () => {
    const { send } = await startServer({ host: "0.0.0.0", token: TOKEN });
    const open = await send("GET", "/api/rfcs");
    expect(open.status).toBe(401);
    expect(open.headers["www-authenticate"]).toBe("Bearer");
    expect(JSON.parse(open.text)).toMatchObject({ type: "urn:redline:problem:unauthorized" });
    expect((await send("GET", "/metrics")).status).toBe(401);
    expect((await send("GET", "/assets/x.js")).status).toBe(401);
    expect((await send("GET", "/healthz")).status).toBe(200);
    expect((await send("GET", "/readyz")).status).toBe(200);
    const wrong = { authorization: `Bearer ${TOKEN}x` };
    expect((await send("GET", "/api/rfcs", { headers: wrong })).status).toBe(401);
    const right = { authorization: `Bearer ${TOKEN}` };
    expect((await send("GET", "/api/rfcs", { headers: right })).status).toBe(200);
  });

  it("turns the token in the address into a cookie that scripts and other sites cannot use", async () => {
    const { send } = await startServer({ host: "0.0.0.0", token: TOKEN });
    expect((await send("GET", "/?token=wrong")).status).toBe(401);
    const entered = await send("GET", `/?token=${TOKEN}`);
    expect(entered.status).toBe(303);
    expect(entered.headers.location).toBe("/");
    const [cookie = ""] = entered.headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict$/);
    expect(cookie).not.toContain(TOKEN);
    const headers = { cookie: cookie.split(";")[0]! };
    expect((await send("GET", "/api/rfcs", { headers })).status).toBe(200);
    const bearer = { authorization: `Bearer ${headers.cookie.split("=")[1]}` };
    expect((await send("GET", "/api/rfcs", { headers: bearer })).status).toBe(401);
    const crossSite = { ...headers, origin: "http://evil.example" };
    expect((await send("GET", "/api/rfcs", { headers: crossSite })).status).toBe(403);
  });

  it("sends what it keeps of the token by nothing but https where people come by that", async () => {
    const publicUrl = "https://redline.example.org";
    const { send } = await startServer({ host: "0.0.0.0", token: TOKEN, publicUrl });
    const [cookie = ""] = (await send("GET", `/?token=${TOKEN}`)).headers["set-cookie"] ?? [];
    expect(cookie).toMatch(/; HttpOnly; SameSite=Strict; Secure$/);
    const headers = { cookie: cookie.split(";")[0]! };
    const left = await send("DELETE", "/api/session", { headers });
    expect(left.headers["set-cookie"]).toEqual([expect.stringMatching(/Max-Age=0;.*; Secure$/)]);
  });

  it("leads nowhere else after the token", async () => {
    const { send } = await startServer({ host: "0.0.0.0", token: TOKEN });
    const answer = await send("GET", `//evil.example/?token=${TOKEN}`);
    expect(answer.headers.location).toBe("/");
  });
});

it("knows which addresses are this machine's own", () => {
  for (const host of ["localhost", "127.0.0.1", "127.8.9.1", "::1", "[::1]", "LOCALHOST"]) {
    expect(isLoopback(host)).toBe(true);
  }
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.0.0.1.evil.example", "example.org"]) {
    expect(isLoopback(host)).toBe(false);
  }
});
