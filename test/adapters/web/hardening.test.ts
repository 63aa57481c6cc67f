/** What keeps the server up and its callers apart when somebody is slow, loud or large on purpose. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";

import { placeOf } from "../../../adapters/web/callers.ts";
import { isDeeper } from "../../../adapters/web/json-body.ts";
import type { StreamFrame } from "../../../src/conversation/stream-frames.ts";
import type { Tracing } from "../../../src/tracing.ts";
import { noTracing } from "../../../src/tracing.ts";
import { until } from "../../support/test-app.ts";
import type { RunningServer } from "./running-server.ts";
import { ADA, signInWith, startServer } from "./running-server.ts";

const TOKEN = "a-token-of-some-length";
const BEARER = { authorization: `Bearer ${TOKEN}` };
const EVERYWHERE = { host: "0.0.0.0", token: TOKEN };
const JSON_TYPE = { "content-type": "application/json" };

const sockets: Socket[] = [];
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.destroy();
});

interface Raw {
  socket: Socket;
  /** What came, once the server has hung up. */
  ended: Promise<string>;
}

async function open({ url }: RunningServer): Promise<Raw> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  let text = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
  socket.on("error", () => {});
  const ended = once(socket, "close").then(() => text);
  await once(socket, "connect");
  return { socket, ended };
}

/** Sends a byte now and again for as long as it is listened to. */
function dribble({ socket, ended }: Raw, text: string): void {
  const timer = setInterval(() => socket.write(text), 20);
  void ended.then(() => clearInterval(timer));
}

describe("a slow client", () => {
  const limits = { headersMs: 200, requestMs: 400 };

  it("does not keep a connection with a head that never ends", async () => {
    const server = await startServer({ limits });
    const raw = await open(server);
    raw.socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n");
    dribble(raw, "X-A: b\r\n");
    expect(await raw.ended).toMatch(
      /^HTTP\/1\.1 408 .*application\/problem\+json.*did not arrive in time/s,
    );
  });

  it("does not keep one with a body that never ends", async () => {
    const server = await startServer({ limits });
    const raw = await open(server);
    raw.socket.write(
      "POST /api/rfcs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 60000\r\n\r\n{",
    );
    dribble(raw, " ");
    expect(await raw.ended).toMatch(/^HTTP\/1\.1 408 /);
  });

  it("does not keep one in silence", async () => {
    const server = await startServer({ limits: { silentMs: 200, headersMs: 60_000 } });
    const raw = await open(server);
    await raw.ended;
  });

  it("who reads nothing of a stream is dropped, and little is kept for them", async () => {
    const server = await startServer({ limits: { stalledMs: 200, heartbeatMs: 20 } });
    const talk = server.engine.addThread({ rfcSlug: "plan" });
    let pulled = 0;
    let isClosed = false;
    const frame: StreamFrame = { id: "1.1", data: "x".repeat(64 * 1024) };
    server.engine.streams.thread = async () => ({
      close: () => void (isClosed = true),
      async *[Symbol.asyncIterator]() {
        for (;;) {
          if (isClosed) return;
          pulled += 1;
          yield frame;
        }
      },
    });
    const raw = await open(server);
    raw.socket.pause();
    raw.socket.write(
      `GET /api/threads/${talk.thread.id}/stream HTTP/1.1\r\nHost: localhost\r\n\r\n`,
    );
    await until(async () => isClosed, "the stream to be given up");
    // What the kernels of both sides hold is some megabytes.
    expect(pulled).toBeLessThan(1_000);
    raw.socket.resume();
    await raw.ended;
  });

  it("has to come again where there are too many connections", async () => {
    const server = await startServer({ limits: { connections: 2 } });
    const [first] = [await open(server), await open(server)];
    const third = await open(server);
    expect(await third.ended).toBe("");
    first.socket.end("GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    expect(await first.ended).toContain("200 OK");
    expect((await server.send("GET", "/healthz")).status).toBe(200);
  });
});

describe("what is too large", () => {
  it("is refused by its head", async () => {
    const server = await startServer();
    const raw = await open(server);
    raw.socket.write(`GET / HTTP/1.1\r\nHost: localhost\r\nX-A: ${"a".repeat(20_000)}\r\n\r\n`);
    expect(await raw.ended).toMatch(/^HTTP\/1\.1 431 .*headers are too large/s);
  });

  it("is refused where a few words are expected, and taken where texts are", async () => {
    const server = await startServer();
    const body = JSON.stringify({ reason: "x".repeat(100_000) });
    const ask = (path: string) => server.send("POST", path, { headers: JSON_TYPE, body });
    expect((await ask("/api/changes/1/decline")).status).toBe(413);
    expect((await ask("/api/threads")).status).toBe(400);
  });

  it("is refused by its depth, before it is read", async () => {
    const server = await startServer();
    const body = `{"rfc_slug": ${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
    const answer = await server.send("POST", "/api/threads", { headers: JSON_TYPE, body });
    expect(answer.status).toBe(400);
    expect(answer.text).toContain("nested too deeply");
  });

  it("is refused where it is compressed, whoever sends it", async () => {
    const path = "/webhooks/github";
    let heard = 0;
    const handle = async () => {
      heard += 1;
      return { status: 202 };
    };
    const server = await startServer({ webhooks: { [path]: handle } });
    const bomb = gzipSync(Buffer.alloc(8 * 1024 * 1024)).toString("latin1");
    for (const target of ["/api/threads", path]) {
      const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
      const answer = await server.send("POST", target, { headers, body: bomb });
      expect(answer.status).toBe(415);
      expect(answer.headers["accept-encoding"]).toBe("identity");
    }
    expect(heard).toBe(0);
    const plain = await server.send("POST", path, { headers: { "content-encoding": "identity" } });
    expect(plain.status).toBe(202);
  });

  it("may not take all memory where nobody knows yet who sends it", async () => {
    const handle = async (_headers: object, body: Buffer) => ({
      status: 202,
      body: `${body.length}`,
    });
    const server = await startServer({
      webhooks: { "/in": handle },
      limits: { webhookBytes: 1_000 },
    });
    const head =
      "POST /in HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: 1000\r\n\r\n";
    const half = await Promise.all(Array.from({ length: 5 }, () => open(server)));
    // Four of the five have all the room there is.
    for (const { socket } of half) socket.write(head + "x".repeat(900));
    const refused = await Promise.race(half.map(({ ended }) => ended));
    expect(refused).toMatch(/^HTTP\/1\.1 503 .*Too much arrives at once/s);
    for (const { socket } of half) if (socket.writable) socket.write("x".repeat(100));
    const answers = await Promise.all(half.map(({ ended }) => ended));
    expect(answers.filter((text) => text.endsWith("\r\n1000"))).toHaveLength(4);
    // And the room is given back.
    const again = await server.send("POST", "/in", { body: "y".repeat(1_000) });
    expect(again.status).toBe(202);
    const larger = await server.send("POST", "/in", { body: "y".repeat(1_001) });
    expect(larger.status).toBe(413);
  });

  it("knows the depth of any JSON", () => {
    const depth = (value: unknown): number =>
      typeof value === "object" && value !== null
        ? 1 + Math.max(0, ...Object.values(value).map(depth))
        : 0;
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 8 }), fc.nat(9), (value, levels) => {
        expect(isDeeper(JSON.stringify(value), levels)).toBe(depth(value) > levels);
      }),
    );
  });
});

describe("who asks too often", () => {
  const perMinute = { refused: 3, read: 3, write: 3, stream: 3 };
  const limits = { perMinute };

  it("has to wait as long as it says, and nobody else has to", async () => {
    const server = await startServer({ ...EVERYWHERE, limits, trustProxy: ["127.0.0.1"] });
    const from = (address: string) =>
      server.send("GET", "/api/rfcs", { headers: { ...BEARER, "x-forwarded-for": address } });
    for (let n = 0; n < 3; n += 1) expect((await from("192.0.2.1")).status).toBe(200);
    const { status, headers, text } = await from("192.0.2.1");
    expect(status).toBe(429);
    expect(headers["content-type"]).toBe("application/problem+json");
    expect(Number(headers["retry-after"])).toBeGreaterThan(0);
    expect(Number(headers["retry-after"])).toBeLessThanOrEqual(60);
    expect(JSON.parse(text)).toMatchObject({ type: "urn:redline:problem:rate-limited" });
    expect((await from("192.0.2.2")).status).toBe(200);
    // What changes something is counted for itself.
    const write = { headers: { ...BEARER, "x-forwarded-for": "192.0.2.1" } };
    expect((await server.send("POST", "/api/rfcs", write)).status).toBe(400);
    expect((await server.send("GET", "/healthz", write)).status).toBe(200);
  });

  it("cannot get around it by saying who they are", async () => {
    const server = await startServer({ ...EVERYWHERE, limits });
    const statuses: number[] = [];
    for (let n = 0; n < 4; n += 1) {
      const headers = {
        ...BEARER,
        "x-forwarded-for": `192.0.2.${n}`,
        forwarded: `for=192.0.2.${n}`,
      };
      statuses.push((await server.send("GET", "/api/rfcs", { headers })).status);
    }
    expect(statuses).toEqual([200, 200, 200, 429]);
  });

  it("and guesses at the token gets no answer any more, while a browser that is in stays in", async () => {
    const server = await startServer(EVERYWHERE);
    const entered = await server.send("GET", `/?token=${TOKEN}`);
    const cookie = entered.headers["set-cookie"]![0]!.split(";")[0]!;
    for (let n = 0; n < 10; n += 1) {
      const headers = { authorization: `Bearer guess-${n}` };
      const path = n % 2 ? "/api/rfcs" : "/";
      expect((await server.send("GET", path, { headers })).status).toBe(401);
    }
    expect((await server.send("GET", "/api/rfcs", { headers: BEARER })).status).toBe(429);
    expect((await server.send("GET", `/?token=${TOKEN}`)).status).toBe(429);
    expect((await server.send("GET", "/api/rfcs", { headers: { cookie } })).status).toBe(200);
  });

  it("without being let in leaves no trace", async () => {
    const begun: string[] = [];
    const tracing: Tracing = {
      ...noTracing,
      begin(name, options) {
        begun.push(name);
        return noTracing.begin(name, options);
      },
    };
    const server = await startServer({ ...EVERYWHERE, tracing });
    const path = "/api/changes/1/decline";
    expect((await server.send("POST", path)).status).toBe(401);
    expect(begun).toEqual([]);
    const call = { headers: { ...BEARER, ...JSON_TYPE }, body: "{}" };
    const answer = await server.send("POST", path, call);
    expect(answer.status).toBe(404);
    expect(answer.headers["x-request-id"]).toBeDefined();
    expect(begun).toEqual(["POST /api/changes/:id/decline"]);
  });

  it("without being let in is written down only so often", async () => {
    const server = await startServer({ ...EVERYWHERE, limits });
    let noted = 0;
    server.engine.people.noteStranger = async () => void (noted += 1);
    const statuses = [];
    for (let n = 0; n < 6; n += 1) {
      statuses.push((await server.send("POST", "/api/changes/1/accept")).status);
    }
    expect(statuses).toEqual([401, 401, 401, 429, 429, 429]);
    expect(noted).toBe(3);
  });

  it("is heard where a platform has signed it", async () => {
    const webhooks = { "/in": async () => ({ status: 202 }) };
    const server = await startServer({ ...EVERYWHERE, limits, webhooks });
    for (let n = 0; n < 10; n += 1) expect((await server.send("POST", "/in")).status).toBe(202);
  });

  it("is not counted on this machine alone", async () => {
    const server = await startServer({ limits });
    for (let n = 0; n < 10; n += 1)
      expect((await server.send("GET", "/api/rfcs")).status).toBe(200);
  });

  it("has only so many event streams at once", async () => {
    const server = await startServer({ ...EVERYWHERE, limits: { streamsOfOne: 2 } });
    const talk = server.engine.addThread({ rfcSlug: "plan" });
    const path = `/api/threads/${talk.thread.id}/stream`;
    const leaving = [new AbortController(), new AbortController()];
    for (const { signal } of leaving) {
      expect((await fetch(server.url + path, { headers: BEARER, signal })).status).toBe(200);
    }
    const third = await server.send("GET", path, { headers: BEARER });
    expect(third.status).toBe(429);
    expect(third.headers["retry-after"]).toBe("5");
    // No message is taken whose answer could not be shown.
    const asked = { headers: { ...BEARER, ...JSON_TYPE }, body: '{"text": "Hello"}' };
    const before = talk.messages.length;
    const posted = await server.send("POST", `/api/threads/${talk.thread.id}/messages`, asked);
    expect(posted.status).toBe(429);
    expect(talk.messages).toHaveLength(before);
    leaving[0]!.abort();
    await until(async () => {
      const leave = new AbortController();
      const again = await fetch(server.url + path, { headers: BEARER, signal: leave.signal });
      leave.abort();
      return again.status === 200;
    }, "a place to be free");
    leaving[1]!.abort();
  });

  it("has no more of them by writing their address in another way", async () => {
    const streaming = { perMinute: { ...perMinute, read: 1_000, stream: 1 }, streamsOfOne: 1 };
    const server = await startServer({ ...EVERYWHERE, limits: streaming });
    const { id } = server.engine.addThread({ rfcSlug: "plan" }).thread;
    const path = `/api/threads/${id}/strea%6d`;
    const leave = new AbortController();
    const first = await fetch(server.url + path, { headers: BEARER, signal: leave.signal });
    expect(first.status).toBe(200);
    expect((await server.send("GET", path, { headers: BEARER })).status).toBe(429);
    expect((await server.send("GET", "/api/rfcs", { headers: BEARER })).status).toBe(200);
    leave.abort();
  });

  it("and guesses many times at once has no more guesses", async () => {
    let begun = 0;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const find = async () => {
      begun += 1;
      await held;
      return null;
    };
    const server = await startServer({ ...EVERYWHERE, signIn: signInWith(find) });
    const headers = { cookie: "redline_person=x" };
    const statuses: number[] = [];
    const guess = async (n: number): Promise<void> => {
      const { status } = await server.send("GET", `/?token=guess-${n}`, { headers });
      statuses.push(status);
    };
    const guesses = Array.from({ length: 30 }, (_, n) => guess(n));
    await until(async () => statuses.length === 20 || begun === 30, "all to come");
    release();
    await Promise.all(guesses);
    expect(statuses.filter((status) => status === 401)).toHaveLength(10);
    expect(statuses.filter((status) => status === 429)).toHaveLength(20);
  });

  it("for whom a session is keeps neither the others nor the database from work", async () => {
    let underWay = 0;
    let most = 0;
    let release = (): void => {};
    let held = Promise.resolve();
    const hold = (): void => void (held = new Promise((resolve) => (release = resolve)));
    const find = async (token: string) => {
      underWay += 1;
      most = Math.max(most, underWay);
      if (token !== "in") await held;
      underWay -= 1;
      return token === "in" ? ADA : null;
    };
    const given = { ...EVERYWHERE, limits, trustProxy: ["127.0.0.1"] };
    const server = await startServer({ ...given, signIn: signInWith(find) });
    const come = (token: string, address: string) =>
      server.send("GET", "/", {
        headers: { cookie: `redline_person=${token}`, "x-forwarded-for": address },
      });
    hold();
    const many = Array.from({ length: 20 }, (_, n) => come(`no-${n}`, "192.0.2.1"));
    await until(async () => underWay === 8, "as many as may be looked up");
    release();
    for (const { status } of await Promise.all(many)) expect(status).toBe(401);
    expect(most).toBe(8);
    // From here on they are taken one by one there, and whoever is signed in comes in all the same.
    hold();
    most = 0;
    const more = Array.from({ length: 5 }, (_, n) => come(`no-${n}`, "192.0.2.1"));
    await until(async () => underWay === 1, "one to be looked up");
    expect((await come("in", "192.0.2.2")).status).toBe(200);
    release();
    for (const { status } of await Promise.all(more)) expect(status).toBe(401);
    expect(most).toBe(2);
    expect((await come("in", "192.0.2.1")).status).toBe(200);
  });

  it("whether it is ready has the database asked once at a time", async () => {
    const server = await startServer(EVERYWHERE);
    let asked = 0;
    let release = (): void => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    server.engine.health.missing = async () => {
      asked += 1;
      await held;
      return [];
    };
    const calls = Array.from({ length: 10 }, () => server.send("GET", "/readyz"));
    await until(async () => asked > 0, "the first question");
    expect((await server.send("GET", "/healthz")).status).toBe(200);
    release();
    for (const { status } of await Promise.all(calls)) expect(status).toBe(200);
    expect(asked).toBeLessThan(10);
    const before = asked;
    expect((await server.send("GET", "/readyz")).status).toBe(200);
    expect(asked).toBe(before + 1);
  });

  it("cannot take another address out of the network of one customer", () => {
    expect(placeOf("2001:db8:1:2:aaaa::1")).toBe(placeOf("2001:0DB8:0001:2::ffff"));
    expect(placeOf("2001:db8:1:3::1")).not.toBe(placeOf("2001:db8:1:2::1"));
    expect(placeOf("::1")).toBe("0:0:0:0");
    expect(placeOf("fe80::1%eth0")).toBe("fe80:0:0:0");
    expect(placeOf("::ffff:192.0.2.1")).toBe("192.0.2.1");
  });
});

describe("a browser", () => {
  it("is told to use TLS alone where people do, with every answer", async () => {
    const pages = {
      "/slack/install": async (_: object, response: { end(): void }) => response.end(),
    };
    const options = { webhooks: { "/in": async () => ({ status: 202 }) }, platformPages: pages };
    const server = await startServer({ ...options, publicUrl: "https://redline.example.org" });
    const paths = ["/", "/api/rfcs", "/api/nothing", "/healthz", "/slack/install", "/assets/x.js"];
    for (const path of paths) {
      const { headers } = await server.send("GET", path);
      expect(headers["strict-transport-security"], path).toBe(
        "max-age=63072000; includeSubDomains",
      );
    }
    const plain = await startServer({ publicUrl: "http://redline.internal" });
    const { headers } = await plain.send("GET", "/");
    expect(headers["strict-transport-security"]).toBeUndefined();
  });

  it("is told what OWASP recommends", async () => {
    const { send } = await startServer();
    for (const path of ["/", "/api/rfcs", "/healthz"]) {
      expect((await send("GET", path)).headers).toMatchObject({
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-embedder-policy": "require-corp",
        "cross-origin-resource-policy": "same-origin",
        "x-permitted-cross-domain-policies": "none",
        "x-dns-prefetch-control": "off",
        "permissions-policy": expect.stringContaining("camera=()") as string,
      });
      const { headers } = await send("GET", path);
      for (const name of ["server", "x-powered-by"]) expect(headers[name]).toBeUndefined();
    }
  });

  it("runs only the script and the style with this answer's name", async () => {
    const { send } = await startServer();
    const nonces = new Set<string>();
    for (let n = 0; n < 3; n += 1) {
      const { headers, text } = await send("GET", "/");
      const policy = String(headers["content-security-policy"]);
      const nonce = /script-src 'nonce-([\w-]{24})';/.exec(policy)?.[1] ?? "";
      expect(policy).toContain(`style-src 'nonce-${nonce}';`);
      expect(policy).toContain("require-trusted-types-for 'script'");
      expect(text.split(`nonce="${nonce}"`)).toHaveLength(3);
      nonces.add(nonce);
    }
    expect(nonces.size).toBe(3);
    const { headers } = await send("GET", "/api/rfcs");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    );
  });

  it("is sent to no other place, whatever address it came by", async () => {
    const server = await startServer(EVERYWHERE);
    const paths = [
      "//evil.example/",
      "/\\evil.example",
      "/rfcs//evil.example",
      "/%2f%2fevil.example",
    ];
    paths.push("/rfcs/..//evil.example", "/https://evil.example", "//evil.example/rfcs/x");
    for (const path of paths) {
      const { headers } = await server.send("GET", `${path}?token=${TOKEN}`);
      const target = headers.location;
      if (target === undefined) continue;
      expect(new URL(target, "http://redline.test").origin, path).toBe("http://redline.test");
    }
    const raw = await open(server);
    raw.socket.write(
      `GET http://evil.example/rfcs/x?token=${TOKEN} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(await raw.ended).not.toMatch(/^location: *(?:\w+:|\/\/)/im);
  });
});
