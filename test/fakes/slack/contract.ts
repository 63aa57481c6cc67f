/**
 * Slack's own reference of its methods, held against every call that the fake receives and every answer that it
 * gives. Where the reference is known to be wrong or silent it is mended here; test/contracts/README.md tells.
 */
import { readFileSync } from "node:fs";

import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";

import type { Json } from "./model.ts";

export interface Method {
  scope: { bot?: string[]; user?: string[] };
  /** `t1` … `t5`. */
  rate_limits: string;
  json_input_supported: boolean | null;
  args: { required?: string[]; properties: Record<string, Json> };
  output: Json | null;
  errors: string[];
}

/** Codes that any method may answer with. */
const COMMON = new Set([
  "access_denied",
  "account_inactive",
  "fatal_error",
  "internal_error",
  "invalid_arguments",
  "invalid_auth",
  "invalid_json",
  "method_not_supported_for_channel_type",
  "missing_scope",
  "no_permission",
  "not_allowed_token_type",
  "not_authed",
  "ratelimited",
  "request_timeout",
  "service_unavailable",
  "team_access_not_granted",
  "token_expired",
  "token_revoked",
  "unknown_method",
]);

/** Any method takes them; Bolt's clients say the team with every call. */
const EVERYWHERE = new Set(["token", "team_id"]);

/** Codes that were seen on these methods, though the reference does not list them. */
const SEEN: Record<string, readonly string[]> = {
  "chat.postMessage": ["msg_too_long", "thread_not_found"],
  "chat.postEphemeral": ["msg_blocks_too_long", "thread_not_found"],
  "chat.update": ["msg_blocks_too_long", "is_archived", "not_in_channel"],
  "chat.startStream": ["msg_too_long", "thread_not_found"],
  "chat.appendStream": ["msg_too_long"],
  "chat.stopStream": ["msg_too_long", "stopped_by_user"],
};

/** The shapes that the reference names without describing them. */
const NAMED: Record<string, Json> = {
  user_id: { type: "string", pattern: "^[UW][A-Z0-9]+$" },
  team_id: { type: "string", pattern: "^T[A-Z0-9]+$" },
  app_id: { type: "string", pattern: "^A[A-Z0-9]+$" },
  bot_id: { type: "string", pattern: "^B[A-Z0-9]+$" },
  file_id: { type: "string", pattern: "^F[A-Z0-9]+$" },
  enterprise_id: { type: ["string", "null"] },
  channel: { type: "string", pattern: "^[CDGU][A-Z0-9]+$" },
  ts: { type: "string", pattern: "^\\d+\\.\\d{6}$" },
  blocks: { type: "array", items: { type: "object", required: ["type"] } },
  "": { type: "array", items: { type: "object", required: ["type"] } },
  prompts: {
    type: "array",
    maxItems: 4,
    items: {
      type: "object",
      required: ["title", "message"],
      properties: { title: { type: "string" }, message: { type: "string" } },
    },
  },
  message: {
    type: "object",
    required: ["type", "ts", "text"],
    properties: {
      type: { const: "message" },
      ts: { type: "string", pattern: "^\\d+\\.\\d{6}$" },
      thread_ts: { type: "string", pattern: "^\\d+\\.\\d{6}$" },
      user: { type: "string" },
      blocks: { type: "array", items: { type: "object", required: ["type", "block_id"] } },
    },
  },
  conversation: { type: "object", required: ["id"] },
  user: { type: "object", required: ["id", "team_id", "name", "profile"] },
  team: { type: "object", required: ["id", "name", "domain"] },
  "team-summary": { type: "object", required: ["id", "name"] },
  modal: { type: "object", required: ["type", "title", "blocks"] },
  view: { type: "object", required: ["type", "blocks"] },
  "publishable-view": { type: "object", required: ["type", "blocks"] },
  home: { type: "object" },
};

export class Contract {
  readonly #methods: Record<string, Method>;
  readonly #ajv = new Ajv({ strict: false, allowUnionTypes: true });
  readonly #compiled = new Map<unknown, ValidateFunction>();

  constructor() {
    const file = new URL("../../contracts/slack.methods.json", import.meta.url);
    const read = JSON.parse(readFileSync(file, "utf8")) as { methods: Record<string, Method> };
    this.#methods = read.methods;
    mend(this.#methods);
  }

  method(name: string): Method | null {
    return this.#methods[name] ?? null;
  }

  /** Arguments as they were sent → as their types say; what is wrong with them, and what Slack would overlook. */
  readArguments(method: Method, sent: Json): { args: Json; errors: string[]; unknown: string[] } {
    const args: Json = {};
    const errors: string[] = [];
    const unknown: string[] = [];
    for (const [name, value] of Object.entries(sent)) {
      if (EVERYWHERE.has(name)) continue;
      const property = method.args.properties[name];
      if (!property) {
        unknown.push(`argument ${name} is not in the contract`);
        continue;
      }
      const read = decode(property, name, value);
      const wrong = this.#errors(schemaOf(property, name), read);
      if (wrong) errors.push(`argument ${name} ${wrong}`);
      args[name] = read;
    }
    for (const name of method.args.required ?? []) {
      if (name !== "token" && args[name] == null) errors.push(`argument ${name} is missing`);
    }
    return { args, errors, unknown };
  }

  /** What is wrong with an answer; empty when nothing is. */
  answerErrors(name: string, method: Method, answer: Json): string[] {
    if (answer["ok"] !== true) {
      const code = String(answer["error"]);
      const isKnown =
        COMMON.has(code) || method.errors.includes(code) || SEEN[name]?.includes(code) === true;
      return isKnown ? [] : [`error ${code} is not in the contract`];
    }
    if (!method.output) return [];
    const wrong = this.#errors(method.output, answer);
    return wrong ? [`answer ${wrong}`] : [];
  }

  #errors(schema: Json, value: unknown): string | null {
    let validate = this.#compiled.get(schema);
    if (!validate) {
      validate = this.#ajv.compile(draft07(schema) as Json);
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return null;
    const [first] = validate.errors ?? [];
    return `${first?.instancePath ?? ""} ${first?.message ?? "is wrong"}`.trim();
  }
}

function mend(methods: Record<string, Method>): void {
  const append = methods["chat.appendStream"];
  if (append) append.args.required = ["token", "channel", "ts"];
}

/** JSON, where the reference says string: these are given as a string of it, or in a JSON body plainly. */
const STRUCTURED = new Set(["blocks", "attachments", "metadata", "unfurls", "view", "chunks"]);

const structured = new WeakMap<Json, Json>();

function schemaOf(property: Json, name: string): Json {
  if (!STRUCTURED.has(name)) return property;
  const known = structured.get(property);
  if (known) return known;
  const isObject = name === "metadata" || name === "unfurls" || name === "view";
  const schema: Json = isObject
    ? { type: ["object", "null"] }
    : { type: ["array", "null"], items: { type: "object" } };
  structured.set(property, schema);
  return schema;
}

function decode(property: Json, name: string, value: unknown): unknown {
  if (typeof value !== "string") return value;
  const types = typesOf(property);
  if (types.has("boolean") && /^(true|false|1|0)$/.test(value)) {
    return value === "true" || value === "1";
  }
  const isNumeric = (types.has("number") || types.has("integer")) && value.trim() !== "";
  if (isNumeric && Number.isFinite(Number(value))) return Number(value);
  const isJson = STRUCTURED.has(name) || types.has("array") || types.has("object");
  if (!isJson) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

function typesOf(schema: Json): Set<string> {
  const own = [schema["type"]].flat().filter((type) => typeof type === "string");
  const named = typeof schema["schema"] === "string" ? NAMED[schema["schema"]] : undefined;
  const inner = ["anyOf", "allOf", "oneOf"].flatMap((key) => (schema[key] ?? []) as Json[]);
  const more = [...inner, ...(named ? [named] : [])].flatMap((one) => [...typesOf(one)]);
  return new Set([...own, ...more]);
}

const WORDS = new Set([
  "type",
  "properties",
  "required",
  "items",
  "enum",
  "anyOf",
  "oneOf",
  "allOf",
  "minItems",
  "maxItems",
  "minLength",
  "maxLength",
  "minimum",
  "maximum",
  "pattern",
  "const",
]);

/** The reference's dialect to JSON Schema: named shapes resolved, its own words dropped. */
function draft07(schema: unknown): unknown {
  if (typeof schema !== "object" || schema === null) return schema;
  const source = schema as Json;
  const copy: Json = {};
  for (const [key, inner] of Object.entries(source)) {
    if (!WORDS.has(key)) continue;
    if (key === "properties") {
      const entries = Object.entries(inner as Json).map(([name, one]) => [name, draft07(one)]);
      copy[key] = Object.fromEntries(entries);
    } else if (Array.isArray(inner) && key.endsWith("Of")) {
      // What is open in more than one of them is right all the same.
      copy[key === "oneOf" ? "anyOf" : key] = inner.map(draft07);
    } else copy[key] = key === "items" ? draft07(inner) : inner;
  }
  const name = source["schema"];
  if (typeof name !== "string") return copy;
  return NAMED[name] ? { ...copy, ...NAMED[name] } : copy;
}
