/**
 * Discord's own description of its API, held against every request that the fake receives, every answer that it
 * gives and what the gateway brings. Its known errors are mended here; test/contracts/README.md lists them.
 */
import { readFileSync } from "node:fs";

import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";

import type { FieldError } from "./api-error.ts";
import type { Json } from "./model.ts";

interface Parameter {
  name: string;
  in: "path" | "query";
  required?: boolean;
  schema: Json;
}

interface MediaTypes {
  content?: Record<string, { schema?: Json }>;
}

interface Operation {
  parameters?: Parameter[];
  requestBody?: MediaTypes & { required?: boolean };
  responses: Record<string, MediaTypes & { $ref?: string }>;
}

type PathItem = Record<string, Operation> & { parameters?: Parameter[] };

interface Description {
  paths: Record<string, PathItem>;
  components: { schemas: Record<string, Json>; responses: Record<string, MediaTypes> };
}

export interface Match {
  /** `GET /channels/{channel_id}`. */
  route: string;
  /** Decoded. */
  params: Record<string, string>;
  operation: Operation;
  /** Of the path and of the method. */
  parameters: readonly Parameter[];
}

/** `discord` takes what it does not know, as the service does; `exact` does not. */
type Root = "discord" | "exact";

const METHODS = new Set(["get", "post", "put", "patch", "delete"]);

export class Contract {
  static #shared: Contract | null = null;
  readonly #description: Description;
  readonly #ajv: Ajv;
  readonly #coercing: Ajv;
  readonly #compiled = new Map<string, ValidateFunction>();
  readonly #routes: { method: string; route: string; pattern: RegExp; names: string[] }[] = [];

  /** One for all fakes of a process: it takes a second to compile. */
  static shared(): Contract {
    if (!Contract.#shared) {
      Contract.#shared = new Contract();
      Contract.#shared.#warm();
    }
    return Contract.#shared;
  }

  private constructor() {
    const file = new URL("../../contracts/discord.openapi.json", import.meta.url);
    const read = JSON.parse(readFileSync(file, "utf8")) as Description;
    mend(read.components.schemas);
    this.#description = read;
    const options = { strict: false, allErrors: false, formats: FORMATS, messages: true } as const;
    this.#ajv = new Ajv({ ...options, inlineRefs: false });
    for (const root of ["discord", "exact"] as const) {
      const schemas = rooted(read.components.schemas, root, root === "exact") as Json;
      this.#ajv.addSchema({ $id: root, components: { schemas } });
    }
    this.#coercing = new Ajv({ ...options, coerceTypes: true }).addSchema({
      $id: "discord",
      components: { schemas: rooted(read.components.schemas, "discord", false) },
    });
    for (const [path, item] of Object.entries(read.paths)) {
      for (const method of Object.keys(item)) if (METHODS.has(method)) this.#add(method, path);
    }
    // The one with the most fixed words first.
    this.#routes.sort((a, b) => a.names.length - b.names.length);
  }

  /** Compiles what is big, so that no interaction's time runs out meanwhile. */
  #warm(): void {
    const paths = ["/interactions/1/x/callback", "/webhooks/1/x", "/channels/1/messages"];
    for (const path of paths) {
      const match = this.match("POST", path);
      if (match) this.bodyErrors(match, { type: 6 });
    }
  }

  #add(method: string, path: string): void {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const pattern = new RegExp(`^${path.replace(/\{(\w+)\}/g, "([^/]+)")}$`);
    const upper = method.toUpperCase();
    this.#routes.push({ method: upper, route: `${upper} ${path}`, pattern, names });
  }

  match(method: string, path: string): Match | null {
    const decoded = path.split("/").map(decodeURIComponent).join("/");
    for (const { route, pattern, names, method: own } of this.#routes) {
      const found = own === method ? pattern.exec(decoded) : null;
      if (!found) continue;
      const params = Object.fromEntries(names.map((name, index) => [name, found[index + 1] ?? ""]));
      const item = this.#description.paths[route.slice(method.length + 1)];
      const operation = item?.[method.toLowerCase()];
      if (!item || !operation) continue;
      const parameters = [...(item.parameters ?? []), ...(operation.parameters ?? [])];
      return { route, params, operation, parameters };
    }
    return null;
  }

  /** What is wrong with the path and the query; empty when nothing is. */
  parameterErrors({ params, parameters, route }: Match, query: URLSearchParams): string[] {
    const errors: string[] = [];
    for (const parameter of parameters) {
      const { name } = parameter;
      const value = parameter.in === "path" ? params[name] : query.get(name);
      if (value == null) {
        if (parameter.required) errors.push(`${name} is missing`);
        continue;
      }
      const schema = {
        type: "object",
        properties: { value: rooted(parameter.schema, "discord", false) },
      };
      const wrong = this.#errors(this.#coercing, `${route} ${name}`, schema, { value });
      if (wrong) errors.push(`${parameter.in} ${name}: ${wrong.message}`);
    }
    for (const name of new Set(query.keys())) {
      const isKnown = parameters.some((one) => one.in === "query" && one.name === name);
      if (!isKnown) errors.push(`query ${name} is not in the contract`);
    }
    return errors;
  }

  /** What Discord refuses of a body, and what it would overlook. */
  bodyErrors({ operation, route }: Match, body: unknown): { refused: FieldError[]; odd: string[] } {
    const schema = operation.requestBody?.content?.["application/json"]?.schema;
    if (!schema) {
      return { refused: [], odd: body === undefined ? [] : ["a body where the contract has none"] };
    }
    if (body === undefined && operation.requestBody?.required !== true) {
      return { refused: [], odd: [] };
    }
    const check = (root: Root): { at: string; message: string } | null =>
      this.#errors(
        this.#ajv,
        `${route} ${root}`,
        rooted(schema, root, root === "exact") as Json,
        (root === "exact" ? withoutDefaults(body) : body) ?? null,
      );
    const wrong = check("discord");
    if (wrong) {
      const at = wrong.at.replace(/^\//, "").replaceAll("/", ".");
      return { refused: [{ at, code: "BASE_TYPE_BAD", message: wrong.message }], odd: [] };
    }
    const odd = check("exact");
    return { refused: [], odd: odd ? [`${odd.at} has a field that is not in the contract`] : [] };
  }

  /** What is wrong with an answer; empty when nothing is. `body` undefined: none was sent. */
  answerErrors({ operation, route }: Match, status: number, body: unknown): string[] {
    const family = status >= 400 && status < 500 ? "4XX" : "";
    const declared = operation.responses[String(status)] ?? operation.responses[family];
    if (!declared) return [`status ${status} is not in the contract`];
    const { $ref: reference } = declared;
    const name = reference?.split("/").at(-1) ?? "";
    const response = this.#description.components.responses[name] ?? declared;
    const schema = response.content?.["application/json"]?.schema;
    if (!schema) return body === undefined ? [] : ["a body where the contract has none"];
    if (body === undefined) return [`no body in an answer ${status}`];
    const key = `${route} ${reference === undefined ? status : name}`;
    const wrong = this.#errors(this.#ajv, key, rooted(schema, "discord", false) as Json, body);
    return wrong ? [`answer ${status}: ${wrong.at} ${wrong.message}`] : [];
  }

  /** Of one of the description's named shapes; null when nothing is wrong. */
  shapeError(name: string, value: unknown): string | null {
    const schema = { $ref: `discord#/components/schemas/${name}` };
    const wrong = this.#errors(this.#ajv, `shape ${name}`, schema, value);
    return wrong && `${name}: ${wrong.at} ${wrong.message}`;
  }

  #errors(
    ajv: Ajv,
    key: string,
    schema: Json,
    value: unknown,
  ): { at: string; message: string } | null {
    let validate = this.#compiled.get(key);
    if (!validate) {
      validate = ajv.compile(schema);
      this.#compiled.set(key, validate);
    }
    if (validate(value)) return null;
    // What is deepest tells most: above it stand the unions that hold it.
    const [first] = [...(validate.errors ?? [])].sort(
      (a, b) => b.instancePath.split("/").length - a.instancePath.split("/").length,
    );
    return { at: first?.instancePath ?? "", message: first?.message ?? "is wrong" };
  }
}

function mend(schemas: Record<string, Json>): void {
  // The codes of single fields are words: BASE_TYPE_REQUIRED.
  const inner = schemas["InnerErrors"]?.["properties"] as Json;
  inner["_errors"] = {
    type: "array",
    items: {
      type: "object",
      required: ["code", "message"],
      properties: { code: { type: "string" }, message: { type: "string" } },
    },
  };
  // The reference, and every client, has a string of bits.
  const command = schemas["ApplicationCommandUpdateRequest"]?.["properties"] as Json;
  const bits = command["default_member_permissions"] as Json;
  command["default_member_permissions"] = {
    anyOf: [bits, { type: "string", pattern: "^\\d+$" }],
  };
}

/** Clients send what nothing was said about as false or null, whether the route has it or not. */
function withoutDefaults(body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body)) return body;
  const given = Object.entries(body).map(([name, value]): [string, unknown] => [
    name,
    name === "data" ? withoutDefaults(value) : value,
  ]);
  return Object.fromEntries(given.filter(([, value]) => value !== false && value !== null));
}

/** With references into `root`; a union is open, and exact objects take no unknown field. */
function rooted(value: unknown, root: Root, isExact: boolean): unknown {
  if (Array.isArray(value)) return value.map((one) => rooted(one, root, isExact));
  if (typeof value !== "object" || value === null) return value;
  const copy: Json = {};
  for (const [key, inner] of Object.entries(value)) {
    if (key === "$ref" && typeof inner === "string") copy[key] = inner.replace(/^#/, `${root}#`);
    else copy[key === "oneOf" ? "anyOf" : key] = rooted(inner, root, isExact);
  }
  const isShape = typeof copy["properties"] === "object" && copy["type"] !== undefined;
  if (isExact && isShape) copy["additionalProperties"] ??= false;
  return copy;
}

const FORMATS = {
  uri: (text: string) => URL.canParse(text),
  "date-time": /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  snowflake: /^\d+$/,
  nonce: true,
  int32: true,
  int64: true,
  double: true,
} as const;
