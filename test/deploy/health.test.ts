import { once } from "node:events";
import { readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";

import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { markLeg } from "../support/legs.ts";
import { findProgram } from "../support/programs.ts";
import { readCompose } from "./compose.ts";
import { readDockerfile } from "./dockerfile.ts";
import type { Prepared } from "./files.ts";
import { prepare, ROOT } from "./files.ts";
import type { Ended } from "./run-command.ts";
import { runCommand } from "./run-command.ts";
import type { Place, RunningService } from "./service.ts";
import { openFolder, replaceSecret, startRedisService, startRole } from "./service.ts";

const { PATH, HOME } = process.env;
const image = readDockerfile();
/** Where nothing is about Redis, the queue is in the database. */
const IN_POSTGRES = { REDIS_URL_FILE: "" };

let database: TestDatabase;
let prepared: Prepared;
let place: Place;
beforeAll(async () => {
  database = await createTestDatabase();
  prepared = prepare();
  const secrets = join(prepared.folder, "secrets");
  place = { folder: ROOT, secrets, environment: { PATH, HOME } };
  replaceSecret(secrets, "database_url", database.url);
});
afterAll(async () => {
  prepared[Symbol.dispose]();
  await database.drop();
});

/** Ended after the test, however that ends. */
function endLater(service: RunningService): RunningService {
  onTestFinished(() => service.kill());
  return service;
}

const askHealth = (environment: Record<string, string>): Promise<Ended> =>
  runCommand(image.health, { cwd: ROOT, env: { PATH, ...environment } }).ended;

describe("the health check of the image", () => {
  it("tells of every role when it is ready and when it is gone", async () => {
    const start = (role: string): Promise<RunningService> => startRole(role, place, IN_POSTGRES);
    const services = await Promise.all(["worker", "ingest", "web"].map(start));
    services.forEach(endLater);
    for (const service of services) {
      await service.healthy();
      const scraped = await fetch(`http://127.0.0.1:${service.port}/metrics`, {
        headers: withToken(),
      });
      expect(scraped.status).toBe(200);
      expect((await service.stop()).code).toBe(0);
      const { code, output } = await service.health();
      expect(code).toBe(1);
      expect(output).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/readyz does not answer: .+\n$/);
    }
  });

  it("says what is missing", async () => {
    const server = createServer((_request, response) => {
      response.writeHead(503, { "content-type": "application/problem+json" });
      response.end(JSON.stringify({ detail: "The database does not answer." }));
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void server.close());
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    expect(await askHealth({ PORT: String(port), HOST: "0.0.0.0" })).toEqual({
      code: 1,
      output: `http://127.0.0.1:${port}/readyz answers 503: The database does not answer.\n`,
    });
  });

  it("says that a worker has to listen somewhere", async () => {
    const { code, output } = await askHealth({ ROLES: "worker", HEALTH_PORT: " " });
    expect({ code, output }).toEqual({
      code: 1,
      output: "HEALTH_PORT must be set where ROLES is worker alone: nothing else listens there.\n",
    });
  });
});

/** As `deploy/prometheus/prometheus.yml` has it sent. */
function withToken(): { authorization: string } {
  return { authorization: `Bearer ${readFileSync(join(place.secrets, "redline_token"), "utf8")}` };
}

describe("a process that only works", () => {
  it("tells of its health alone, and of its figures to those who have the token", async () => {
    const service = endLater(await startRole("worker", place, IN_POSTGRES));
    await service.healthy();
    const headers = withToken();
    const ask = async (path: string, init: RequestInit = {}): Promise<number> =>
      (await fetch(`http://127.0.0.1:${service.port}${path}`, init)).status;
    expect(await ask("/healthz")).toBe(200);
    expect(await ask("/metrics")).toBe(401);
    expect(await ask("/metrics", { headers })).toBe(200);
    expect(await ask("/", { headers })).toBe(404);
    expect(await ask("/api/rfcs", { headers })).toBe(404);
    expect(await ask("/webhooks/github", { headers, method: "POST", body: "{}" })).toBe(404);
  });
});

describe("the servers of docker-compose.yml", () => {
  it("Redis starts with its password, and all roles on it", async ({ skip }) => {
    if (findProgram("redis-server") === null) return skip("no redis-server here");
    markLeg("redis");
    const folder = openFolder();
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const redis = endLater(await startRedisService({ ...place, folder }));
    await redis.healthy();
    const password = readFileSync(join(place.secrets, "redis_password"), "utf8");
    const address = (secret: string): string => `redis://:${secret}@127.0.0.1:${redis.port}`;

    replaceSecret(place.secrets, "redis_url", address(password));
    const roles = await Promise.all(
      ["ingest", "worker", "web"].map((role) => startRole(role, place)),
    );
    roles.forEach(endLater);
    for (const role of roles) await role.healthy();
    for (const role of roles) expect((await role.stop()).code).toBe(0);

    replaceSecret(place.secrets, "redis_password", "wrong");
    expect((await redis.health()).code).toBe(1);
    replaceSecret(place.secrets, "redis_password", password);
    await redis.healthy();
    expect((await redis.stop()).code).toBe(0);
    expect((await redis.health()).code).toBe(1);
  });

  it("Postgres is asked by TCP, for the app's user and database", async ({ skip }) => {
    const { healthcheck, environment } = readCompose("docker-compose.yml").services["postgres"]!;
    const [, ...command] = healthcheck!.test;
    const of = (flag: string): string | undefined => command[command.indexOf(flag) + 1];
    expect([of("-h"), of("-U"), of("-d")]).toEqual([
      "127.0.0.1",
      environment["POSTGRES_USER"],
      environment["POSTGRES_DB"],
    ]);
    if (findProgram("pg_isready") === null) return skip("no pg_isready here");
    const { port } = new URL(database.url);
    const ask = (env: Record<string, string>): Promise<Ended> =>
      runCommand(command, { cwd: ROOT, env: { PATH, ...env } }).ended;
    expect(await ask({ PGPORT: port })).toEqual({ code: 0, output: "" });
    expect((await ask({ PGPORT: "1" })).code).not.toBe(0);
  });
});
