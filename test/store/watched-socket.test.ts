import { randomUUID } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { explainDatabaseFailure } from "../../src/store/failures.ts";
import { watchedSockets } from "../../src/store/watched-socket.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";

const SILENCE_MS = 1_500;

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** A pool that goes by way of a wire. */
async function wired(act: (sql: Sql, wire: TcpProxy) => Promise<void>): Promise<void> {
  await using wire = await TcpProxy.to(Number(new URL(database.url).port));
  const name = randomUUID();
  const sql = connect(wire.through(database.url), { max: 3, silenceMs: SILENCE_MS, name });
  try {
    await act(sql, wire);
  } finally {
    await sql.end({ timeout: 0 });
  }
}

/** Opens all of a pool's connections. */
const fill = (sql: Sql) =>
  Promise.all(Array.from({ length: 3 }, () => sql`select pg_sleep(0.1)`)).then(() => {});

/** Answers those who ask for it, and nobody else. */
class Answerer implements AsyncDisposable {
  private readonly server = createServer((peer) => {
    this.peers.add(peer);
    peer.on("error", () => {});
    peer.on("data", (data) => data.toString() === "answer me" && peer.write("here"));
  });
  private readonly peers = new Set<Socket>();

  static async start(): Promise<Answerer> {
    const answerer = new Answerer();
    answerer.server.listen(0, "127.0.0.1");
    await once(answerer.server, "listening");
    return answerer;
  }

  connect(open: ReturnType<typeof watchedSockets>, count: number): Promise<Socket[]> {
    const { port } = this.server.address() as AddressInfo;
    const sockets = Array.from({ length: count }, () =>
      open({ host: ["127.0.0.1"], port: [port] }),
    );
    return Promise.all(sockets.map((socket) => once(socket, "connect").then(() => socket)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const peer of this.peers) peer.destroy();
    await this.server[Symbol.asyncDispose]();
  }
}

describe("a connection to the database", () => {
  it("that is lost without a word is given up, and all that were lost with it", () =>
    wired(async (sql, wire) => {
      await fill(sql);
      expect(wire.size).toBe(3);
      await wire.fail("lose");
      await wire.heal();
      const error = await sql`select 1`.catch((thrown: unknown) => thrown);
      expect(explainDatabaseFailure(error)).toMatchObject({ type: "not-ready" });
      // What is asked in that very moment is refused; and none of the others is waited for as long.
      await Promise.allSettled(Array.from({ length: 6 }, () => sql`select 1`));
      const isBack = () =>
        fill(sql).then(
          () => true,
          () => false,
        );
      await expect.poll(isBack).toBe(true);
      expect(wire.size).toBe(3);
    }));

  it("takes with it one that was heard of after it was last asked", async () => {
    await using server = await Answerer.start();
    const [asked, heard] = await server.connect(watchedSockets(4_000), 2);
    asked!.write("and wait");
    // Longer than it takes to see that it was asked.
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    heard!.write("answer me");
    await once(heard!, "data");
    const ends = [asked, heard].map((socket) => once(socket!, "error"));
    await ends[0];
    expect([asked!.destroyed, heard!.destroyed]).toEqual([true, true]);
    await Promise.all(ends);
  });

  it("is forgotten once it is given up, also where the driver has wrapped it in TLS", async () => {
    await using server = await Answerer.start();
    const open = watchedSockets(1_000);
    const [lost] = await server.connect(open, 1);
    // As the driver does before it wraps it.
    lost!.removeAllListeners();
    const end = once(lost!, "error");
    lost!.write("and wait");
    await end;
    const [idle] = await server.connect(open, 1);
    idle!.write("answer me");
    await once(idle!, "data");
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    expect(idle!.destroyed).toBe(false);
    idle!.destroy();
  });

  it("may be silent for as long as nobody asks it anything", () =>
    wired(async (sql, wire) => {
      const told: string[] = [];
      const channel = `c_${randomUUID().replaceAll("-", "")}`;
      await sql.listen(channel, (payload) => void told.push(payload));
      await sql`select 1`;
      const sessions = async () => {
        const rows = await sql<{ pid: number }[]>`
          select pid from pg_stat_activity
          where application_name = current_setting('application_name') order by pid`;
        return rows.map(({ pid }) => pid);
      };
      const before = await sessions();
      await new Promise((resolve) => setTimeout(resolve, 2 * SILENCE_MS));
      expect(await sessions()).toEqual(before);
      expect(wire.size).toBeGreaterThan(0);
      await sql.notify(channel, "hello");
      await expect.poll(() => told).toEqual(["hello"]);
    }));

  it("may take longer where that was allowed", async () => {
    const sql = connect(database.url, { max: 1 });
    try {
      const [row] = await sql`select pg_sleep(${(2 * SILENCE_MS) / 1_000})::text as slept`;
      expect(row).toEqual({ slept: "" });
    } finally {
      await sql.end();
    }
  });
});
