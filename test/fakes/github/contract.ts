/**
 * GitHub's own description of its API, held against every request that the fake receives and every answer
 * that it gives. Its known errors are mended here; test/contracts/README.md lists them.
 */
import { readFileSync } from "node:fs";

import { Ajv } from "ajv";
import type { ValidateFunction } from "ajv";

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
  parameters?: Json[];
  requestBody?: MediaTypes & { required?: boolean };
  responses: Record<string, Json>;
}

interface Description {
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Json>;
    responses: Record<string, MediaTypes>;
    parameters: Record<string, Parameter>;
  };
}

export interface Match {
  /** `GET /repos/{owner}/{repo}`. */
  route: string;
  /** Decoded. */
  params: Record<string, string>;
  operation: Operation;
}

/** What a path parameter may hold: these go on over slashes, as GitHub takes them. */
const WIDE = new Set(["path", "ref", "branch", "basehead"]);

/** Answers that any operation may give, whether its description lists them or not. */
const COMMON: Record<number, string[]> = {
  304: [],
  400: ["basic-error"],
  401: ["basic-error"],
  403: ["basic-error"],
  404: ["basic-error"],
  422: ["validation-error", "validation-error-simple"],
  429: ["basic-error"],
};

const ROOT = "github";

export class Contract {
  readonly #description: Description;
  readonly #ajv: Ajv;
  readonly #coercing: Ajv;
  readonly #compiled = new Map<unknown, ValidateFunction>();
  readonly #routes: { method: string; route: string; pattern: RegExp; names: string[] }[] = [];

  constructor() {
    const file = new URL("../../contracts/github.openapi.json", import.meta.url);
    const read = JSON.parse(readFileSync(file, "utf8")) as Description;
    mend(read);
    this.#description = draft07(read) as Description;
    const components = { $id: ROOT, components: this.#description.components };
    const options = { strict: false, allErrors: false, formats: FORMATS } as const;
    this.#ajv = new Ajv(options).addSchema(components);
    this.#coercing = new Ajv({ ...options, coerceTypes: true }).addSchema(components);
    for (const [path, methods] of Object.entries(this.#description.paths)) {
      for (const method of Object.keys(methods)) this.#addRoute(method.toUpperCase(), path);
    }
    // The one with the most fixed words first.
    this.#routes.sort((a, b) => a.names.length - b.names.length);
  }

  #addRoute(method: string, path: string): void {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = ""]) => name);
    const source = path.replace(/\/\{(\w+)\}/g, (_, name: string) => {
      // Without it, the contents are those of the top folder.
      if (name === "path") return "(?:/(.*))?";
      return WIDE.has(name) ? "/(.+)" : "/([^/]+)";
    });
    const pattern = new RegExp(`^${source}$`);
    this.#routes.push({ method, route: `${method} ${path}`, pattern, names });
  }

  match(method: string, path: string): Match | null {
    for (const { route, pattern, names, method: own } of this.#routes) {
      const found = own === method ? pattern.exec(path) : null;
      if (!found) continue;
      const params: Record<string, string> = {};
      for (const [index, name] of names.entries()) {
        params[name] = decoded(found[index + 1] ?? "");
      }
      const template = route.slice(method.length + 1);
      const operation = this.#description.paths[template]?.[method.toLowerCase()];
      if (operation) return { route, params, operation };
    }
    return null;
  }

  /** What is wrong with a request; empty when nothing is. */
  requestErrors(match: Match, query: URLSearchParams, body: unknown): string[] {
    const errors: string[] = [];
    const known = (match.operation.parameters ?? []).map((one) => this.#parameter(one));
    for (const parameter of known) {
      const value =
        parameter.in === "path" ? match.params[parameter.name] : query.get(parameter.name);
      if (value == null) {
        if (parameter.required) errors.push(`${parameter.name} is missing`);
        continue;
      }
      const wrong = this.#errors(this.#coercing, wrapped(parameter.schema), { value });
      if (wrong) errors.push(`${parameter.in} ${parameter.name}: ${wrong}`);
    }
    for (const name of new Set(query.keys())) {
      const isKnown = known.some((one) => one.in === "query" && one.name === name);
      if (!isKnown) errors.push(`query ${name} is not in the contract`);
    }
    const schema = match.operation.requestBody?.content?.["application/json"]?.schema;
    if (!schema) {
      if (body !== undefined) errors.push("a body where the contract has none");
    } else if (body !== undefined || match.operation.requestBody?.required) {
      const wrong = this.#errors(this.#ajv, schema, body ?? null);
      if (wrong) errors.push(`body ${wrong}`);
      errors.push(...unknownFields(schema, body, "body"));
    }
    return errors;
  }

  /**
   * What is wrong with an answer; empty when nothing is. `body` undefined: none was sent; `media`: the type
   * that it is described under, where it is not JSON's.
   */
  answerErrors(match: Match, status: number, media: string | undefined, body: unknown): string[] {
    const declared = match.operation.responses[String(status)];
    if (!declared) {
      const schemas = COMMON[status];
      if (!schemas) return [`status ${status} is not in the contract`];
      return this.#anyOf(schemas, body);
    }
    const reference = declared["$ref"];
    const response: MediaTypes =
      typeof reference === "string"
        ? (this.#description.components.responses[lastPart(reference)] ?? {})
        : declared;
    const content = response.content ?? {};
    const schema = content[media ?? "application/json"]?.schema;
    if (!schema) return body === undefined ? [] : ["a body where the contract has none"];
    // Raw media types answer with the file itself.
    if (typeof body === "string" || body instanceof Uint8Array) return [];
    const wrong = this.#errors(this.#ajv, schema, body);
    return wrong ? [`answer ${status}: ${wrong}`] : [];
  }

  #anyOf(names: readonly string[], body: unknown): string[] {
    if (names.length === 0) return body === undefined ? [] : ["a body where there is none"];
    const wrong = names.map((name) =>
      this.#errors(this.#ajv, { $ref: `${ROOT}#/components/schemas/${name}` }, body),
    );
    return wrong.includes(null) ? [] : [`error body: ${wrong.join(" | ")}`];
  }

  #parameter(parameter: Json): Parameter {
    const reference = parameter["$ref"];
    if (typeof reference !== "string") return parameter as unknown as Parameter;
    const found = this.#description.components.parameters[lastPart(reference)];
    if (!found) throw new Error(`the contract has no ${reference}`);
    return found;
  }

  #errors(ajv: Ajv, schema: Json, value: unknown): string | null {
    let validate = this.#compiled.get(schema);
    if (!validate) {
      validate = ajv.compile(schema);
      this.#compiled.set(schema, validate);
    }
    if (validate(value)) return null;
    const [first] = validate.errors ?? [];
    return `${first?.instancePath ?? ""} ${first?.message ?? "is wrong"}`.trim();
  }
}

/** As it is, where it is no encoding of anything. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const lastPart = (reference: string): string => reference.split("/").at(-1) ?? "";

const wrappers = new WeakMap<Json, Json>();

/** A schema of an object with that value, so that ajv has a place to put the coerced one. */
function wrapped(schema: Json): Json {
  let wrapper = wrappers.get(schema);
  if (!wrapper) {
    wrapper = { type: "object", properties: { value: schema } };
    wrappers.set(schema, wrapper);
  }
  return wrapper;
}

/** Fields of a request that its schema does not have: GitHub ignores them, so they are mistakes. */
function unknownFields(schema: Json, value: unknown, at: string): string[] {
  if (Array.isArray(value)) {
    const items = schema["items"] as Json | undefined;
    return items ? value.flatMap((item) => unknownFields(items, item, `${at}[]`)) : [];
  }
  const properties = schema["properties"] as Record<string, Json> | undefined;
  if (typeof value !== "object" || value === null || !properties) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const known = properties[name];
    if (!known) return [`${at}.${name} is not in the contract`];
    return unknownFields(known, inner, `${at}.${name}`);
  });
}

function mend({ components: { schemas }, paths }: Description): void {
  const inside = (schema: unknown): Json => (schema as { properties: Json }).properties;
  const allowNull = (properties: Json, name: string): void => {
    properties[name] = { nullable: true, allOf: [properties[name]] };
  };
  for (const name of ["pull-request-review-comment", "review-comment"]) {
    for (const field of ["line", "position"]) allowNull(inside(schemas[name]), field);
  }
  for (const name of ["pull-request", "pull-request-simple"]) {
    allowNull(inside(inside(schemas[name])["head"]), "repo");
  }
  const bodyOf = (path: string, method: string, status: string): Json => {
    const response = paths[path]?.[method]?.responses[status] as MediaTypes | undefined;
    return response?.content?.["application/json"]?.schema ?? {};
  };
  const conflict = bodyOf("/repos/{owner}/{repo}/contents/{path}", "put", "409");
  conflict["anyOf"] = conflict["oneOf"];
  delete conflict["oneOf"];
  const listed = inside(bodyOf("/app/installations", "get", "200")["items"]);
  const account = listed["account"] as Json;
  account["anyOf"] = account["allOf"];
  delete account["allOf"];
}

/** OpenAPI 3.0 to JSON Schema: `nullable` becomes a type, references get the root's name. */
function draft07(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(draft07);
  if (typeof value !== "object" || value === null) return value;
  const { nullable, discriminator: _, example: _example, ...rest } = value as Json;
  const copy: Json = {};
  for (const [key, inner] of Object.entries(rest)) {
    copy[key] =
      key === "$ref" && typeof inner === "string"
        ? inner.replace(/^#/, `${ROOT}#`)
        : draft07(inner);
  }
  if (nullable !== true) return copy;
  return { anyOf: [copy, { type: "null" }] };
}

const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/;

const FORMATS = {
  uri: (text: string) => URL.canParse(text.replace(/\{[^}]*\}/g, "")),
  "date-time": DATE_TIME,
  timestamp: DATE_TIME,
  email: /^[^@\s]+@[^@\s]+$/,
  "repo.nwo": /^[^/]+\/[^/]+$/,
  int64: true,
} as const;
