/** Bodies of the API: JSON, as it is, of a bounded size and depth. */
import type { FastifyInstance } from "fastify";
import { UserError } from "../../src/errors.ts";

/** Calls that take a passage of a document, or a message; the others take a few words. */
const WITH_TEXTS: ReadonlySet<string> = new Set([
  "/api/threads",
  "/api/threads/:id/messages",
  "/api/threads/:id/changes",
  "/api/threads/:id/concerns",
]);

export interface BodyLimits {
  /** Bytes of a body that holds texts. */
  bodyBytes: number;
  /** Bytes of any other. */
  smallBodyBytes: number;
}

/** Nothing that is sent here is deeper than a handful. */
const MOST_LEVELS = 32;

/** To be called before there are routes. */
export function readJsonOnly(app: FastifyInstance, limits: BodyLimits): void {
  app.addHook("onRoute", (route) => {
    route.bodyLimit ??= WITH_TEXTS.has(route.url) ? limits.bodyBytes : limits.smallBodyBytes;
  });
  // The default parsers take text as well, which is what a plain cross-site form can send.
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "string" }, (_request, body, done) => {
    const text = body as string;
    if (text === "") return done(null, undefined);
    if (isDeeper(text, MOST_LEVELS)) {
      done(new UserError("invalid-request", "The request's body is nested too deeply."));
      return;
    }
    try {
      done(null, JSON.parse(text));
    } catch {
      done(new UserError("invalid-request", "The request's body is not valid JSON."));
    }
  });
}

/** Whether JSON has more levels of lists and objects. Pure; what is no JSON may be told either way. */
export function isDeeper(json: string, levels: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at += 1) {
    const char = json.charCodeAt(at);
    if (inText) {
      if (char === BACKSLASH) at += 1;
      else if (char === QUOTE) inText = false;
    } else if (char === QUOTE) {
      inText = true;
    } else if (char === BRACKET || char === BRACE) {
      depth += 1;
      if (depth > levels) return true;
    } else if (char === BRACKET + 2 || char === BRACE + 2) {
      depth -= 1;
    }
  }
  return false;
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const BRACKET = 0x5b;
const BRACE = 0x7b;

/** A sentence that says why the body is not read as it comes; null where it is. */
export function encodingRefusal(encoding: string | undefined): string | null {
  if (encoding === undefined || /^\s*(?:identity\s*)?$/i.test(encoding)) return null;
  return "Compressed bodies are not read: send it without a content encoding.";
}
