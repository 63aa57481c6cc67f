/** What stays open while somebody is signed in, and what an address may lead to. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { localPath } from "../../src/sign-in/local-path.ts";
import { UserError } from "../../src/errors.ts";
import { ADA, startServer } from "../adapters/web/running-server.ts";
import { openSse } from "../adapters/web/sse-reader.ts";

it.each(["signs out", "may not see it any more"])(
  "a stream ends when its reader %s",
  async (how) => {
    const now = { isIn: true, sees: true };
    const access = {
      assertMaySee: async () => {
        if (!now.sees) throw new UserError("not-found", "There is no such thread.");
        return { rfcSlug: "plan", repository: "acme/rfcs", threadId: "1" };
      },
    };
    const desk = { find: async () => (now.isIn ? ADA : null) };
    const signIn = {
      publicUrl: "http://127.0.0.1",
      desk: desk as never,
      access: access as never,
    };
    const server = await startServer({ signIn, limits: { heartbeatMs: 20 } });
    server.engine.addDocument({ slug: "plan" }, "# Plan\n");
    const { id } = server.engine.addThread({ rfcSlug: "plan" }).thread;
    const stream = await openSse(`${server.url}/api/threads/${id}/stream`, {
      headers: { cookie: "redline_person=x" },
    });
    expect(stream.response.status).toBe(200);
    Object.assign(now, how === "signs out" ? { isIn: false } : { sees: false });
    expect(await stream.next()).toBeNull();
  },
);

it.each(["/..//evil.example", "/%2e%2e//evil.example", "/a/..//evil.example", "/.//evil.example"])(
  "%s leads nowhere",
  (given) => expect(localPath(given)).toBe("/"),
);

it("a path that was given leads nowhere but into this console", () => {
  const anything = fc.oneof(
    fc.webUrl(),
    fc.string(),
    fc
      .array(fc.constantFrom("/", "\\", "\t", "\n", ".", "@", ":", "%2f", "a", "?", "#", " "))
      .map((all) => all.join("")),
  );
  fc.assert(
    fc.property(anything, (given) => {
      const path = localPath(given);
      const url = new URL(path, "https://redline.example.org/sign-in/github/callback");
      expect(url.origin).toBe("https://redline.example.org");
      expect(path).toMatch(/^\/(?![/\\])/);
      expect(localPath(path)).toBe(path);
    }),
  );
});

it("only that machine's own names, and the given one, reach a server behind a proxy on it", async () => {
  const signIn = {
    publicUrl: "https://redline.example.org",
    desk: {} as never,
    access: {} as never,
  };
  const server = await startServer({ signIn });
  const status = async (host: string) =>
    (await server.send("GET", "/sign-in", { headers: { host } })).status;
  expect(await status("redline.example.org")).toBe(200);
  expect(await status("localhost")).toBe(200);
  expect(await status("rebound.example")).toBe(403);
});
