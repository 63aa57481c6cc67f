import { describe, expect, it } from "vitest";
import { startServer } from "./running-server.ts";

const BROWSER = { accept: "text/html,application/xhtml+xml,*/*;q=0.8" };

describe("an address at which there is nothing", () => {
  it.each(["/x", "/rfc/plan", "/rfcs/plan/nothing", "/search/x", "/rfcs/%00", "/x%00"])(
    "shows people the console's own page: %s",
    async (path) => {
      const server = await startServer();
      const { status, headers, text } = await server.send("GET", path, { headers: BROWSER });
      expect([status, headers["content-type"]]).toEqual([404, "text/html; charset=utf-8"]);
      expect(text).toContain('<div id="app">');
    },
  );

  it("stays a problem document for programs, and below the API for everybody", async () => {
    const server = await startServer();
    const kind = "application/problem+json";
    for (const [path, headers] of [
      ["/x", {}],
      ["/x", { accept: "*/*" }],
      ["/api/x", BROWSER],
      ["/assets/x.js", BROWSER],
    ] as const) {
      const answer = await server.send("GET", path, { headers });
      expect([answer.status, answer.headers["content-type"]]).toEqual([404, kind]);
    }
    const posted = await server.send("POST", "/x", { headers: BROWSER });
    expect(posted.headers["content-type"]).toBe(kind);
  });

  it("asks for the token first, where one is needed", async () => {
    const server = await startServer({ host: "0.0.0.0", token: "secret" });
    const { status, text } = await server.send("GET", "/x", { headers: BROWSER });
    expect(status).toBe(401);
    expect(text).toContain("Access token");
    expect(text).not.toContain('<div id="app">');
  });

  it("shows nobody a page where only webhooks are taken", async () => {
    const server = await startServer({ servesPeople: false });
    const { headers } = await server.send("GET", "/x", { headers: BROWSER });
    expect(headers["content-type"]).toBe("application/problem+json");
  });
});
