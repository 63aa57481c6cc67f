/** A Compose file as Docker Compose reads it: variables put in, merge keys resolved. */
import { parse } from "yaml";
import { z } from "zod";
import { read } from "./files.ts";

const names = z.array(z.string()).default([]);
const duration = z.string().regex(/^\d+s$/);
const healthCheck = z.strictObject({
  test: z.array(z.string()).min(2),
  interval: duration,
  timeout: duration.optional(),
  retries: z.int().optional(),
  start_period: duration.optional(),
});

/** What our files use; anything else has to be thought of here first. */
const service = z.strictObject({
  image: z.string(),
  build: z.literal(".").optional(),
  user: z.string().optional(),
  command: z.array(z.string()).optional(),
  env_file: z.string().optional(),
  environment: z.record(z.string(), z.string()).default({}),
  secrets: names,
  volumes: names,
  tmpfs: names,
  networks: names,
  ports: names,
  depends_on: z.record(z.string(), z.strictObject({ condition: z.string() })).default({}),
  healthcheck: healthCheck.optional(),
  read_only: z.boolean().optional(),
  init: z.boolean().optional(),
  cap_drop: names,
  security_opt: names,
  restart: z.string().optional(),
  logging: z.unknown().optional(),
  shm_size: z.string().optional(),
  stop_grace_period: duration.optional(),
});

const composeFile = z.object({
  services: z.record(z.string(), service),
  networks: z.record(z.string(), z.strictObject({ internal: z.boolean().optional() })).default({}),
  volumes: z.record(z.string(), z.null()).default({}),
  secrets: z.record(z.string(), z.strictObject({ file: z.string() })).default({}),
});

export type Service = z.output<typeof service>;
export type ComposeFile = z.output<typeof composeFile>;

type Environment = Readonly<Record<string, string>>;

/** Before our own narrower schema has looked at it. */
export function parseCompose(file: string, environment: Environment): unknown {
  return interpolate(parse(read(file), { merge: true }), environment);
}

export function readCompose(file: string, environment: Environment = {}): ComposeFile {
  return composeFile.parse(parseCompose(file, environment));
}

const VARIABLE = /\$\$|\$\{(?<name>[A-Z_]+)(?<how>:[-+])(?<word>[^${}]*)\}|\$/g;

/** The variables that the file takes from `.env` or from whoever calls Docker Compose. */
export function variablesOf(file: string): string[] {
  const found = [...read(file).matchAll(VARIABLE)].map((match) => match.groups?.["name"]);
  return [...new Set(found.filter((name) => name !== undefined))];
}

/** Source: the Compose Specification, “Interpolation”. @throws Error for a `$` that means nothing */
function interpolate(node: unknown, environment: Environment): unknown {
  if (typeof node === "string") {
    return node.replace(VARIABLE, (whole, name?: string, how?: string, word?: string) => {
      if (whole === "$$") return "$";
      if (name === undefined) throw new Error(`A stray $ in “${node}”`);
      const value = environment[name] ?? "";
      if (how === ":-") return value === "" ? (word ?? "") : value;
      return value === "" ? "" : (word ?? "");
    });
  }
  if (Array.isArray(node)) return node.map((item) => interpolate(item, environment));
  if (typeof node !== "object" || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([key, value]) => [key, interpolate(value, environment)]),
  );
}
