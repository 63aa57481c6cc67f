/** The calls about people, as a stranger or another web site would make them. */
import { describe, expect, it } from "vitest";
import { decisionIn } from "../../../adapters/web/decisions.ts";
import { startServer, type SendOptions } from "./running-server.ts";

const RFC = "/api/rfcs/plan";

/** Every call; with a decision, the act that is noted of whoever is not let in. */
const CALLS: [method: string, path: string, act: string | null][] = [
  ["GET", "/api/notifications", null],
  ["POST", "/api/notifications/read", null],
  ["GET", "/api/notifications/settings", null],
  ["PATCH", "/api/notifications/settings", null],
  ["GET", "/api/watching", null],
  ["PATCH", "/api/watching", null],
  ["GET", "/api/people", null],
  ["GET", `${RFC}/maintainers`, null],
  ["PUT", `${RFC}/maintainers/1`, "add_maintainer"],
  ["DELETE", `${RFC}/maintainers/1`, "remove_maintainer"],
  ["POST", "/api/threads/1/concerns", null],
  ["POST", "/api/concerns/1/resolve", "resolve_concern"],
  ["POST", "/api/concerns/1/withdraw", "withdraw_concern"],
  ["POST", "/api/threads/1/merge-proposals", "propose_merge"],
  ["POST", "/api/merge-proposals/1/word", "merge_word"],
  ["POST", "/api/merge-proposals/1/withdraw", "withdraw_merge"],
  ["GET", `${RFC}/record`, null],
  ["POST", `${RFC}/record`, null],
  ["GET", `${RFC}/record.md`, null],
  ["GET", `${RFC}/record.json`, null],
];

/** With its length: to a DELETE the client adds none. */
const typed = (type: string, text: string): SendOptions => ({
  headers: { "content-type": type, "content-length": String(text.length) },
  body: text,
});
const body = (method: string): SendOptions =>
  method === "GET" ? {} : typed("application/json", "{}");

describe("calls about people", () => {
  it("are refused to other sites, and to a name that is not the server's own", async () => {
    const { engine, send, url } = await startServer();
    const noted: string[] = [];
    engine.people.noteStranger = async (act) => void noted.push(act);
    const { host } = new URL(url);
    for (const [method, path, act] of CALLS) {
      const foreign: Record<string, string>[] = [
        { host: host.replace("127.0.0.1", "evil.example") },
        { origin: "http://evil.example" },
        ...(method === "GET" ? [] : [{ "sec-fetch-site": "cross-site" }]),
      ];
      for (const added of foreign) {
        const given = body(method);
        const { status, headers } = await send(method, path, {
          ...given,
          headers: { ...given.headers, ...added },
        });
        expect([method, path, status]).toEqual([method, path, 403]);
        expect(headers["content-type"]).toBe("application/problem+json");
        expect(headers["access-control-allow-origin"]).toBeUndefined();
      }
      expect([path, noted.splice(0)]).toEqual([path, act === null ? [] : foreign.map(() => act)]);
    }
  });

  it("ask a stranger for the token", async () => {
    const { engine, send } = await startServer({ host: "0.0.0.0", token: "t".repeat(32) });
    const noted: string[] = [];
    engine.people.noteStranger = async (act) => void noted.push(act);
    for (const [method, path, act] of CALLS) {
      const { status, headers } = await send(method, path, body(method));
      expect([method, path, status]).toEqual([method, path, 401]);
      expect(headers["content-type"]).toBe("application/problem+json");
      expect([path, noted.splice(0)]).toEqual([path, act === null ? [] : [act]]);
    }
  });

  it("take JSON alone, and answer what is wrong as a problem", async () => {
    const { send, errors } = await startServer();
    for (const [method, path] of CALLS) {
      if (method === "GET") continue;
      const answers = [
        await send(method, path, typed("text/plain", "a=b")),
        await send(method, path, typed("application/x-www-form-urlencoded", "a=b")),
        await send(method, path, typed("application/json", "{")),
      ];
      expect([path, answers.map(({ status }) => status)]).toEqual([path, [415, 415, 400]]);
      // There is nothing of what it names; only the settings can be left as they are.
      const { status, headers } = await send(method, path, body(method));
      const isFound = path === "/api/notifications/settings";
      expect([path, Math.floor(status / 100)]).toEqual([path, isFound ? 2 : 4]);
      const type = isFound ? "application/json; charset=utf-8" : "application/problem+json";
      expect([path, headers["content-type"]]).toEqual([path, type]);
    }
    expect(errors).toEqual([]);
  });

  it("are all tried here, and noted as decisions where they are", async () => {
    const { send } = await startServer();
    for (const [method, path, act] of CALLS) {
      expect([path, decisionIn(method, path)?.act ?? null]).toEqual([path, act]);
      // A method that it does not take is answered with those that it takes.
      const { headers } = await send("OPTIONS", path);
      const known = CALLS.filter((call) => call[1] === path).map((call) => call[0]);
      expect([path, headers.allow]).toEqual([path, known.toSorted().join(", ")]);
    }
  });
});
