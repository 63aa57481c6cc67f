/** What every REST call has in common, and the table of all calls. */
import type { Actor, Auth } from "./auth.ts";
import { validationFailed } from "./api-error.ts";
import type { Limits } from "./limits.ts";
import { BODY_LIMIT } from "./model.ts";
import type { Account, Json, Repository } from "./model.ts";
import type { Show } from "./show.ts";
import type { World } from "./world.ts";

export interface Call {
  world: World;
  auth: Auth;
  limits: Limits;
  show: Show;
  actor: Actor;
  /** Decoded path parameters. */
  params: Record<string, string>;
  query: URLSearchParams;
  /** Without the base and the query. */
  path: string;
  body: Json;
  accept: string;
}

export interface RepositoryCall extends Call {
  repository: Repository;
}

/** `bytes` where the answer is a file itself, else `json`; neither for an empty one. */
export interface Reply {
  status: number;
  json?: unknown;
  bytes?: Buffer;
  /** Content type, where it is not JSON. */
  type?: string;
  /** What the contract describes the answer under, where it is not plain JSON. */
  media?: string;
  headers?: Record<string, string>;
}

interface CommonRoute {
  /** Whether it counts for the limit on made content. */
  makesContent?: boolean;
}

/** `needs`: one of these permissions, for reading or writing as the method says. */
export type Route = CommonRoute &
  (
    | { kind: "global"; answer: (call: Call) => Promise<Reply> | Reply }
    | {
        kind: "repository";
        needs: readonly string[];
        answer: (call: RepositoryCall) => Promise<Reply> | Reply;
      }
  );

export const ok = (json: unknown): Reply => ({ status: 200, json });

export const created = (json: Json): Reply => ({
  status: 201,
  json,
  headers: typeof json["url"] === "string" ? { location: json["url"] } : {},
});

/** The page of `items` that was asked for, with GitHub's `Link` header. */
export function paged(call: Call, items: readonly unknown[], defaultSize = 30): Reply {
  const page = page1(call.query.get("page"));
  const size = Math.min(100, positive(call.query.get("per_page"), defaultSize));
  const last = Math.max(1, Math.ceil(items.length / size));
  const links = linkHeader(call, page, last);
  const json = items.slice((page - 1) * size, page * size);
  return { status: 200, json, headers: links === "" ? {} : { link: links } };
}

export const page1 = (text: string | null): number => positive(text, 1);

const positive = (text: string | null, fallback: number): number => {
  const value = Number(text);
  return Number.isInteger(value) && value > 0 ? value : fallback;
};

export function linkHeader(call: Call, page: number, last: number): string {
  const link = (to: number, rel: string): string => {
    const query = new URLSearchParams(call.query);
    query.set("page", String(to));
    return `<${call.show.api}${call.path}?${query}>; rel="${rel}"`;
  };
  const before = page > 1 ? [link(page - 1, "prev")] : [];
  const after = page < last ? [link(page + 1, "next"), link(last, "last")] : [];
  const first = page > 1 ? [link(1, "first")] : [];
  return [...before, ...after, ...first].join(", ");
}

/** The account that a write is made by; anonymous ones do not come this far. */
export function accountOf(call: Call): Account {
  if (!call.actor.account) throw new Error("nobody writes");
  return call.actor.account;
}

/** A comment's text. @throws ApiError 422 */
export function textOf(body: Json, resource: string): string {
  const text = body["body"];
  if (typeof text !== "string" || text.trim() === "") {
    throw validationFailed(resource, "body", "body can't be blank");
  }
  if (isTooLong(text)) throw validationFailed(resource, "body", TOO_LONG);
  return text;
}

export const TOO_LONG = `body is too long (maximum is ${BODY_LIMIT} characters)`;

/** In code points. */
export const isTooLong = (text: string): boolean =>
  text.length > BODY_LIMIT && [...text].length > BODY_LIMIT;
