import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv } from "ajv";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

import { readConfig } from "../../src/config.ts";
import { SECRET_VARIABLES } from "../../src/secret-files.ts";
import { variablesRead } from "../support/variables.ts";
import type { ComposeFile, Service } from "./compose.ts";
import { parseCompose, readCompose, variablesOf } from "./compose.ts";
import { readDockerfile } from "./dockerfile.ts";
import type { Prepared } from "./files.ts";
import { prepare, read, ROOT } from "./files.ts";

const MAIN = "docker-compose.yml";
const SERVERS = "docker-compose.servers.yml";
const ROLES = ["ingest", "worker", "web"] as const;

/** As an operator has it who names a file for every secret. */
const ALL = Object.fromEntries(
  SECRET_VARIABLES.map((name) => [`${name}_FILE`, `./secrets/${name.toLowerCase()}`]),
);

const main = readCompose(MAIN);
const image = readDockerfile();
const app = (role: (typeof ROLES)[number]): Service => main.services[role]!;

let prepared: Prepared;
beforeAll(() => {
  prepared = prepare();
});
afterAll(() => prepared[Symbol.dispose]());

describe("both Compose files", () => {
  // Names a newer draft than that whose `id` it has; what it uses is the same in all.
  const withoutDraft = (key: string, value: unknown): unknown =>
    (key === "id" || key === "$schema") && typeof value === "string" ? undefined : value;
  const schema = JSON.parse(read("test/contracts/compose-spec.json"), withoutDraft) as {
    properties: object;
  };
  // A project's name, which came later.
  Object.assign(schema.properties, { name: { type: "string" } });
  const validate = new Ajv({ strict: false, validateFormats: false }).compile(schema);

  it.each([
    [MAIN, {}],
    [MAIN, { ...ALL, HOST: "0.0.0.0", PORT: "8080" }],
    [SERVERS, {}],
  ])("%s follows the Compose Specification with %j", (file, environment) => {
    validate(parseCompose(file, environment));
    expect(validate.errors).toBeNull();
  });

  it("the schema refuses what it does not know", () => {
    const broken = parseCompose(MAIN, {}) as { services: Record<string, object> };
    Object.assign(broken.services["web"]!, { readonly: true });
    expect(validate(broken)).toBe(false);
  });

  it.each([MAIN, SERVERS])(
    "%s uses all that it declares, and declares all that it uses",
    (file) => {
      const { services, networks, volumes, secrets } = readCompose(file);
      const used = (pick: (service: Service) => string[]): string[] => {
        return [...new Set(Object.values(services).flatMap(pick))].toSorted();
      };
      expect(used((service) => service.networks)).toEqual(Object.keys(networks).toSorted());
      expect(used((service) => service.secrets)).toEqual(Object.keys(secrets).toSorted());
      const mounted = used((service) => service.volumes.map((volume) => volume.split(":")[0]!));
      expect(mounted).toEqual(Object.keys(volumes).toSorted());
      expect(
        used((service) => service.volumes.map((volume) => volume.split(":")[1]!)).toSorted(),
      ).toEqual(["/data", "/var/lib/postgresql"]);
    },
  );

  it.each([MAIN, SERVERS, "README.md", ".env.example", "Dockerfile"])(
    "%s names only files that there are",
    (file) => {
      const paths = read(file).match(/\b(?:bin|secrets)\/[\w-]+\.\w+|docker-compose[\w.]*\.yml/g);
      expect((paths ?? []).filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    },
  );
});

describe("the variables of docker-compose.yml", () => {
  it("are all settings of Redline", () => {
    const known = new Set(variablesRead());
    expect(variablesOf(MAIN).filter((name) => !known.has(name))).toEqual([]);
  });

  it("are in .env, which the app reads as well", () => {
    for (const role of ROLES) expect(app(role).env_file).toBe(".env");
    expect(existsSync(join(prepared.folder, ".env"))).toBe(true);
  });
});

describe("each secret", () => {
  const fileOf = ({ secrets }: ComposeFile, name: string): string => secrets[name]!.file;

  it.each(SECRET_VARIABLES)("%s comes from the file that .env names", (variable) => {
    const name = variable.toLowerCase();
    const given = readCompose(MAIN, { [`${variable}_FILE`]: "/elsewhere/secret" });
    expect(fileOf(given, name)).toBe("/elsewhere/secret");
    for (const role of ROLES) {
      const { environment, secrets } = given.services[role]!;
      expect(environment[`${variable}_FILE`]).toBe(`/run/secrets/${name}`);
      expect(secrets).toContain(name);
      expect(environment).not.toHaveProperty(variable);
    }
  });

  it.each(SECRET_VARIABLES)("%s is made, or not set", (variable) => {
    const file = fileOf(main, variable.toLowerCase());
    expect(existsSync(join(prepared.folder, file))).toBe(true);
    const isSet = app("web").environment[`${variable}_FILE`] !== "";
    expect(isSet).toBe(file !== "./secrets/unset");
  });

  it("of the servers is made, and the app has the same", () => {
    const secret = (name: string): string => {
      return readSecret(prepared.folder, fileOf(main, name));
    };
    const { POSTGRES_USER: user, POSTGRES_DB: database } = main.services["postgres"]!.environment;
    expect(main.services["postgres"]!.environment["POSTGRES_PASSWORD_FILE"]).toBe(
      "/run/secrets/postgres_password",
    );
    expect(secret("database_url")).toBe(
      `postgres://${user}:${secret("postgres_password")}@postgres:5432/${database}`,
    );
    expect(secret("redis_url")).toBe(`redis://:${secret("redis_password")}@redis:6379`);
  });

  it("is neither in the repository nor in an image", () => {
    expect(read("secrets/.gitignore").split("\n")).toContain("*");
    expect(read(".gitignore").split("\n")).toContain(".env");
    expect(read(".dockerignore")).not.toMatch(/^!(secrets|\.env)/m);
  });
});

function readSecret(folder: string, file: string): string {
  return readFileSync(join(folder, file), "utf8").trim();
}

describe("the app", () => {
  it("has all its roles, one a service", () => {
    expect(ROLES.map((role) => app(role).environment["ROLES"])).toEqual([...ROLES]);
    const { roles } = readConfig({}).config;
    expect(new Set<string>(ROLES)).toEqual(roles);
  });

  it.each(ROLES)("starts as %s with what it is given", (role) => {
    const environment = { ...image.environment, ...app(role).environment };
    const here = Object.entries(environment).map(([name, value]) => [
      name,
      value.replace("/run/secrets/", `${prepared.folder}/secrets/`),
    ]);
    const { config, secrets } = readConfig(Object.fromEntries(here) as Record<string, string>);
    expect(config.web).toMatchObject({ host: "0.0.0.0", port: 3000, healthPort: 3000 });
    expect([...config.roles]).toEqual([role]);
    expect([secrets.databaseUrl, secrets.redisUrl, secrets.token]).not.toContain(null);
    expect(secrets.encryptionKeys?.current).toHaveLength(32);
    expect(secrets.anthropicApiKey).toBeNull();
  });

  it("gives every role the same settings", () => {
    const settings = ROLES.map((role) => ({ ...app(role).environment, ROLES: "" }));
    expect(settings[1]).toEqual(settings[0]);
    expect(settings[2]).toEqual(settings[0]);
  });

  it("can have many workers", () => {
    expect(app("worker").ports).toEqual([]);
  });

  it.each([
    [{}, "127.0.0.1:3000:3000", "127.0.0.1:3001:3000"],
    [{ HOST: "0.0.0.0", PORT: "8080" }, "0.0.0.0:8080:3000", "0.0.0.0:3001:3000"],
  ])("is reached with %j at %s and %s", (environment, web, ingest) => {
    const { services } = readCompose(MAIN, environment);
    expect(services["web"]!.ports).toEqual([web]);
    expect(services["ingest"]!.ports).toEqual([ingest]);
    expect(image.ports).toEqual(["3000"]);
  });

  it("waits for both servers, and is waited for when it stops", () => {
    const { shutdownGraceMs } = readConfig({}).config;
    for (const role of ROLES) {
      const { depends_on: needs, stop_grace_period: period = "0s" } = app(role);
      expect(needs).toEqual({
        postgres: { condition: "service_healthy" },
        redis: { condition: "service_healthy" },
      });
      expect(Number.parseInt(period, 10) * 1_000).toBeGreaterThanOrEqual(shutdownGraceMs + 8_000);
    }
  });
});

describe.each(Object.entries(main.services))("the service %s", (_name, service) => {
  it("is hardened", () => {
    expect(service).toMatchObject({
      read_only: true,
      init: true,
      cap_drop: ["ALL"],
      security_opt: ["no-new-privileges:true"],
      restart: "unless-stopped",
    });
    expect(service.user ?? image.user).toMatch(/^(1000:1000|postgres|redis)$/);
  });

  it("has a health check, of its own or of its image", () => {
    const check = service.healthcheck?.test ?? (service.build && image.health);
    expect(check).toBeTruthy();
  });
});

describe("the servers", () => {
  it("are reached by the app alone", () => {
    for (const name of ["postgres", "redis"]) {
      expect(main.services[name]).toMatchObject({ ports: [], networks: ["servers"] });
    }
    expect(main.networks["servers"]).toEqual({ internal: true });
  });

  it("alone are where their Compose file says that npm start finds them", () => {
    const { services } = readCompose(SERVERS);
    const command = /DATABASE_URL=(\S+) REDIS_URL=(\S+) npm start/.exec(read(SERVERS));
    const [postgres, redis] = [new URL(command![1]!), new URL(command![2]!)];
    expect(services["postgres"]!.environment).toEqual({
      POSTGRES_USER: postgres.username,
      POSTGRES_PASSWORD: postgres.password,
      POSTGRES_DB: postgres.pathname.slice(1),
    });
    expect(services["postgres"]!.ports).toEqual([`${postgres.host}:5432`]);
    expect(services["redis"]!.ports).toEqual([`${redis.host}:6379`]);
    for (const name of ["postgres", "redis"]) {
      expect(services[name]!.image).toBe(main.services[name]!.image);
    }
  });
});

describe("bin/make-secrets.sh", () => {
  it("leaves what is there as it is", () => {
    const before = SECRET_VARIABLES.map((name) => main.secrets[name.toLowerCase()]!.file);
    const contents = (): string[] => before.map((file) => readSecret(prepared.folder, file));
    const first = contents();
    expect(prepared.output).toContain("made secrets/encryption_key\n");
    expect(prepared.again()).toBe("");
    expect(contents()).toEqual(first);
  });
});
