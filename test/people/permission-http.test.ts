/** Who may decide by HTTP: who uses this machine or has the token, and nobody else. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { WebServer } from "../../adapters/web/server.ts";
import { createWebServer } from "../../adapters/web/server.ts";
import { insertRfcMaintainer } from "../../src/store/rfc-maintainers.ts";
import { ADMIN } from "../chat/desk-world.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { Scene, Way } from "./deciding.ts";
import {
  OTHER,
  begin,
  concern,
  here,
  isAccepting,
  isDeclined,
  isNamed,
  isPlaced,
  isProposed,
  isSettled,
  isTakenBack,
  proposal,
  refusals,
  scene,
  snapshot,
  uncertain,
} from "./deciding.ts";

const TOKEN = "a-token-of-some-length";

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

describe("by HTTP", () => {
  let open: WebServer;
  let guarded: WebServer;
  beforeAll(async () => {
    await begin(database);
    const { engine } = here.world.built;
    await engine.people.localMaintainer();
    const logger = { error: () => {} };
    // Each call comes from an address of its own: how often one may try is another matter.
    const common = { engine, port: 0, logger, trustProxy: ["127.0.0.1"] };
    open = await createWebServer({ ...common, host: "127.0.0.1", token: null });
    guarded = await createWebServer({ ...common, host: "0.0.0.0", token: TOKEN });
  });
  afterAll(async () => {
    await Promise.all([open.close(0), guarded.close(0)]);
    await here.world[Symbol.asyncDispose]();
  });

  let calls = 0;
  const send = (
    url: string,
    path: string,
    headers: Record<string, string>,
    { method = "POST", body }: { method?: string; body?: unknown },
  ) =>
    fetch(`${url.replace("0.0.0.0", "127.0.0.1")}${path}`, {
      method,
      headers: {
        "content-type": "application/json",
        "x-forwarded-for": `10.0.${(calls += 1) >> 8}.${calls & 255}`,
        ...headers,
      },
      body: JSON.stringify(body ?? {}),
    });

  /** A way to decide; without `took` the one at this machine is none of those whom it is for. */
  interface Call extends Pick<Way, "prepare"> {
    act: string;
    method?: "PUT" | "DELETE";
    path(scene: Scene): string;
    body?(scene: Scene): unknown;
    took?: Way["took"];
  }
  const other = async () => (await here.world.user(OTHER)).id;
  const naming = {
    path: ({ subjectId }: Scene) => `/api/rfcs/rfc/maintainers/${subjectId}`,
  };
  const CALLS: readonly Call[] = [
    { act: "accept", path: ({ changeId }) => `/api/changes/${changeId}/accept`, took: isAccepting },
    {
      act: "decline",
      path: ({ changeId }) => `/api/changes/${changeId}/decline`,
      took: isDeclined,
    },
    {
      act: "place",
      prepare: uncertain,
      path: ({ changeId }) => `/api/changes/${changeId}/place`,
      body: ({ blobSha }) => ({ start: 2, end: 5, blob_sha: blobSha }),
      took: isPlaced,
    },
    {
      act: "propose_merge",
      path: () => `/api/threads/${here.place.threadId}/merge-proposals`,
      took: isProposed,
    },
    {
      act: "withdraw_merge",
      prepare: proposal,
      path: ({ subjectId }) => `/api/merge-proposals/${subjectId}/withdraw`,
      took: isTakenBack,
    },
    {
      act: "merge_word",
      prepare: proposal,
      path: ({ subjectId }) => `/api/merge-proposals/${subjectId}/word`,
      body: () => ({ word: "agree" }),
    },
    {
      act: "resolve_concern",
      prepare: concern,
      path: ({ subjectId }) => `/api/concerns/${subjectId}/resolve`,
      took: isSettled,
    },
    {
      act: "withdraw_concern",
      prepare: concern,
      path: ({ subjectId }) => `/api/concerns/${subjectId}/withdraw`,
    },
    {
      ...naming,
      act: "add_maintainer",
      method: "PUT",
      prepare: async () => ({ subjectId: await other() }),
      took: isNamed,
    },
    {
      ...naming,
      act: "remove_maintainer",
      method: "DELETE",
      prepare: async () => {
        await insertRfcMaintainer(
          here.world.sql,
          "rfc",
          await other(),
          (await here.world.user(ADMIN)).id,
        );
        return { subjectId: await other() };
      },
      took: async (given) => !(await isNamed(given)),
    },
  ];

  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  const LET_IN = [
    ["who uses this machine", "open", {}],
    ["who has the token", "guarded", bearer(TOKEN)],
  ] as const;
  const SHUT_OUT = [
    ["without a token", "guarded", {}],
    ["with a wrong token", "guarded", bearer("another-token-of-that-length")],
    ["from another web site", "open", { origin: "https://elsewhere.example" }],
  ] as const;
  const sent = ({ method, body }: Call, given: Scene) => ({
    ...(method && { method }),
    body: body?.(given),
  });
  const urlOf = (which: "open" | "guarded"): string => (which === "open" ? open : guarded).url;

  describe.each(CALLS.map((call) => [call.act, call] as const))("%s", (act, call) => {
    it.each(LET_IN)("is done by %s, where it is theirs to do", async (_who, which, headers) => {
      const given = await scene(call.prepare);
      const before = await snapshot();
      const { status } = await send(urlOf(which), call.path(given), headers, sent(call, given));
      if (call.took) {
        expect([200, 201]).toContain(status);
        expect(await call.took(given)).toBe(true);
        expect(await refusals()).toEqual([]);
        return;
      }
      expect(status).toBe(403);
      expect(await snapshot()).toEqual(before);
      const { id: userId } = await here.world.built.engine.people.localMaintainer();
      expect(await refusals()).toEqual([{ act, door: "http", userId }]);
    });

    it.each(SHUT_OUT)("is not done %s", async (_how, which, headers) => {
      const given = await scene(call.prepare);
      const before = await snapshot();
      const path = call.path(given);
      const { status } = await send(urlOf(which), path, headers, sent(call, given));
      expect([401, 403]).toContain(status);
      // The router reads an escaped letter as the letter.
      const escaped = path.replace(/^\/api\/(.)/, (_, letter: string) => {
        return `/api/%${letter.charCodeAt(0).toString(16)}`;
      });
      expect([401, 403]).toContain(
        (await send(urlOf(which), escaped, headers, sent(call, given))).status,
      );
      expect(await snapshot()).toEqual(before);
      const noted = { act, door: "http", userId: null };
      expect(await refusals()).toEqual([noted, noted]);
    });
  });

  it("keeps only so many refusals of strangers", async () => {
    const given = await scene();
    const path = `/api/changes/${given.changeId}/accept`;
    for (let n = 0; n < 70; n += 1) await send(guarded.url, path, {}, {});
    expect(await refusals()).toHaveLength(60);
  });
});
