import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { connect } from "../../src/store/database.ts";
import { holdGateway } from "../../src/store/gateway-lock.ts";
import type { GatewayLock } from "../../src/store/gateway-lock.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import type { LogLine } from "../support/test-app.ts";
import { memoryLogger, until } from "../support/test-app.ts";

const PROGRAM = fileURLToPath(new URL("gateway-lock-program.ts", import.meta.url));

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase();
});
afterAll(() => database.drop());

/** Who holds it, one after the other. */
class Holder implements AsyncDisposable {
  isHeld = false;
  isWaiting = false;
  readonly log: LogLine[] = [];
  readonly #lock: GatewayLock;

  constructor() {
    this.#lock = holdGateway({
      databaseUrl: database.url,
      logger: memoryLogger(this.log),
      onWaiting: () => (this.isWaiting = true),
      hold: async (lost) => {
        this.isHeld = true;
        await new Promise<void>((resolve) => lost.addEventListener("abort", () => resolve()));
        this.isHeld = false;
      },
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#lock.close();
  }
}

async function startProgram() {
  const child = fork(PROGRAM, {
    execArgv: ["--import", "tsx"],
    env: { ...process.env, DATABASE_URL: database.url },
  });
  const words: unknown[] = [];
  child.on("message", (word) => words.push(word));
  await until(async () => words.includes("held"), "the lock");
  return { child, words };
}

describe("the lock of the gateway", () => {
  it("is one process's, and the next one's once that lets go", async () => {
    await using second = await (async () => {
      await using first = new Holder();
      await until(async () => first.isHeld);
      const next = new Holder();
      await until(async () => next.isWaiting);
      expect(next.isHeld).toBe(false);
      return next;
    })();
    await until(async () => second.isHeld);
  });

  it("goes to another within ten seconds when its holder dies", async () => {
    const { child } = await startProgram();
    await using next = new Holder();
    const ended = once(child, "exit");
    const began = performance.now();
    child.kill("SIGKILL");
    await until(async () => next.isHeld);
    expect(performance.now() - began).toBeLessThan(10_000);
    await ended;
  });

  it("goes to another within ten seconds when its holder is frozen, which hears of it later", async () => {
    const { child, words } = await startProgram();
    await using next = new Holder();
    const ended = once(child, "exit");
    const began = performance.now();
    child.kill("SIGSTOP");
    try {
      await until(async () => next.isHeld);
      expect(performance.now() - began).toBeLessThan(10_000);
    } finally {
      child.kill("SIGCONT");
    }
    await until(async () => words.includes("lost"), "word of the loss");
    expect(next.isHeld).toBe(true);
    child.disconnect();
    await ended;
  });

  it("is lost with its session, and taken again", async () => {
    await using holder = new Holder();
    await until(async () => holder.isHeld);
    const sql = connect(database.url, { max: 1 });
    await sql`
      select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'redline gateway' and datname = current_database()`;
    await until(async () => holder.log.some(({ message }) => message.includes("let go")));
    await until(async () => holder.isHeld, "the lock once more");
    await sql.end();
  });
});
