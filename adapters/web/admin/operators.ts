/**
 * Who is an operator: whoever shows `ADMIN_TOKEN`, as a bearer with each call, or once on the sign-in page, which
 * leaves a cookie. The cookie is no token: it says when it was made, and ends by itself.
 */
import { createHmac } from "node:crypto";
import type { FastifyRequest } from "fastify";
import { isSameSecret } from "../../../src/same-secret.ts";
import { readCookie } from "../security.ts";
import { WrongTries } from "./wrong-tries.ts";

export const STATISTICS_PATH = "/api/statistics";

const COOKIE = "redline_operator";
const SESSION_S = 12 * 60 * 60;
/** Where the cookie is sent to: the operator's own pages, and the one answer of the API that is for operators. */
const PATHS = ["/admin", STATISTICS_PATH];

/** What a try to come in comes to. */
export type Entry =
  | { kind: "in" }
  /** `isWrong`: a token was given, and is another one. */
  | { kind: "out"; isWrong: boolean }
  /** Too many wrong tokens came from there; `retryAfterS` seconds of patience are asked for. */
  | { kind: "wait"; retryAfterS: number };

export class Operators {
  readonly #token: string;
  readonly #tries: WrongTries;
  readonly #now: () => number;

  /** @param now milliseconds since 1970 */
  constructor(token: string, now: () => number = Date.now) {
    this.#token = token;
    this.#tries = new WrongTries(now);
    this.#now = now;
  }

  enter(request: FastifyRequest): Entry {
    const { headers, ip } = request;
    const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
    if (bearer !== undefined) return this.tryToken(bearer, ip);
    return this.isSignedIn(request) ? { kind: "in" } : { kind: "out", isWrong: false };
  }

  /** By the cookie alone. */
  isSignedIn(request: FastifyRequest): boolean {
    const cookie = readCookie(request.headers.cookie ?? "", COOKIE);
    return cookie !== null && this.#isSession(cookie) && isOwnPage(request);
  }

  /** @param address whom wrong tokens are counted against */
  tryToken(token: string, address: string): Entry {
    const retryAfterS = this.#tries.waitS(address);
    if (retryAfterS > 0) return { kind: "wait", retryAfterS };
    if (isSameSecret(token, this.#token)) return { kind: "in" };
    this.#tries.add(address);
    return { kind: "out", isWrong: true };
  }

  /** `Set-Cookie` values. @param isSecure whether the browser came by TLS */
  cookies(isSecure: boolean): string[] {
    const made = Math.floor(this.#now() / 1_000);
    return cookies(`${made}.${this.#sign(made)}`, SESSION_S, isSecure);
  }

  /** Those that end the session in the browser that gets them. */
  farewell(isSecure: boolean): string[] {
    return cookies("", 0, isSecure);
  }

  #sign(made: number): string {
    return createHmac("sha256", this.#token)
      .update(`redline operator session ${made}`)
      .digest("base64url");
  }

  #isSession(cookie: string): boolean {
    const [, text = "", signature = ""] = /^(\d{1,12})\.([\w-]{43})$/.exec(cookie) ?? [];
    const made = Number(text);
    const age = this.#now() / 1_000 - made;
    return text !== "" && isSameSecret(signature, this.#sign(made)) && age < SESSION_S;
  }
}

function cookies(value: string, maxAgeS: number, isSecure: boolean): string[] {
  const manners = `Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${isSecure ? "; Secure" : ""}`;
  return PATHS.map((path) => `${COOKIE}=${value}; Path=${path}; ${manners}`);
}

/**
 * A browser sends the cookie by itself, so what changes anything must come from a page of this very server. That
 * the origin, where one is given, is this server's has been checked for every call.
 */
function isOwnPage({ method, headers }: FastifyRequest): boolean {
  if (method === "GET" || method === "HEAD") return true;
  return headers.origin !== undefined || headers["sec-fetch-site"] === "same-origin";
}
