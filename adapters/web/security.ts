/**
 * Who may call: the guards in front of every route. On a loopback address the person at the machine is let
 * in, so what has to be kept out is other web pages in that person's browser (DNS rebinding, cross-site
 * posts). On any other address everybody can knock, so a token is asked for as well.
 */
import { createHmac } from "node:crypto";
import type { IncomingHttpHeaders } from "node:http";
import { isLoopback } from "../../src/loopback.ts";
import { isSameSecret } from "../../src/same-secret.ts";
import { CLOSED_POLICY } from "./policies.ts";

/**
 * Sent with every answer; a page has a policy of its own (`policies.ts`). Source: OWASP, "HTTP Security Response
 * Headers Cheat Sheet" and the Secure Headers Project; `x-xss-protection` and `expect-ct` are obsolete.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": CLOSED_POLICY,
  "x-content-type-options": "nosniff",
  "x-frame-options": "DENY",
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy":
    "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), microphone=(), midi=(), payment=(), usb=()",
  "x-permitted-cross-domain-policies": "none",
  "x-dns-prefetch-control": "off",
};

/** Two years, as OWASP recommends; sent where people reach the server by https. */
export const STRICT_TRANSPORT = "max-age=63072000; includeSubDomains";

const COOKIE = "redline_session";
const YEAR_S = 365 * 24 * 60 * 60;
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/** A sentence that says why the browser's own headers forbid the call; null when they allow it. */
export function crossSiteRefusal(
  method: string,
  headers: IncomingHttpHeaders,
  loopback: boolean,
  /** An address at which people elsewhere reach it too, through a proxy on this machine. */
  publicUrl: string | null = null,
): string | null {
  const host = headers.host?.toLowerCase();
  const isPublic = publicUrl !== null && host === new URL(publicUrl).host;
  if (loopback && !isPublic && !isLoopback(hostName(host ?? ""))) {
    return "This server answers on this machine only: open it as http://localhost or http://127.0.0.1.";
  }
  if (headers.origin !== undefined && originHost(headers.origin) !== host) {
    return "The request comes from another web site, so it was refused.";
  }
  const site = headers["sec-fetch-site"];
  if (
    !SAFE_METHODS.has(method) &&
    site !== undefined &&
    site !== "same-origin" &&
    site !== "none"
  ) {
    return "The request comes from another web site, so it was refused.";
  }
  return null;
}

function hostName(host: string): string {
  return host.startsWith("[") ? host.replace(/\]:\d+$/, "]") : host.replace(/:\d+$/, "");
}

function originHost(origin: string): string | null {
  try {
    return new URL(origin).host;
  } catch {
    return null;
  }
}

/** Checks the access token, as a bearer or as the cookie that `cookie()` made from it. */
export interface TokenGuard {
  admits(headers: IncomingHttpHeaders): boolean;
  matches(token: string): boolean;
  /** A `Set-Cookie` value; it holds a derivative of the token, so that the cookie is no bearer token. */
  cookie(): string;
}

/** @param isSecure whether people reach the server by https */
export function createTokenGuard(token: string, isSecure: boolean): TokenGuard {
  const session = createHmac("sha256", token).update("redline console session").digest("base64url");
  return {
    admits(headers) {
      const bearer = /^Bearer +(\S+)$/i.exec(headers.authorization ?? "")?.[1];
      if (bearer !== undefined) return isSameSecret(bearer, token);
      const cookie = readCookie(headers.cookie ?? "", COOKIE);
      return cookie !== null && isSameSecret(cookie, session);
    },
    matches: (given) => isSameSecret(given, token),
    cookie: () => tokenCookie(session, YEAR_S, isSecure),
  };
}

/** Takes the cookie of any token away. */
export function tokenFarewell(isSecure: boolean): string {
  return tokenCookie("", 0, isSecure);
}

function tokenCookie(value: string, maxAgeS: number, isSecure: boolean): string {
  const secure = isSecure ? "; Secure" : "";
  return `${COOKIE}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Strict${secure}`;
}

export function readCookie(header: string, name: string): string | null {
  for (const pair of header.split(";")) {
    const [key, value] = pair.split("=", 2);
    if (key?.trim() === name) return value?.trim() ?? "";
  }
  return null;
}
