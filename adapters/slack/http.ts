/**
 * Takes what Slack posts to `/slack/events`: verifies, has it stored, and acknowledges.
 * Source: docs.slack.dev, "Verifying requests from Slack".
 */
import { createHmac, timingSafeEqual } from "node:crypto";
import { problem } from "../../src/errors.ts";
import type { Problem } from "../../src/errors.ts";
import type { Logger } from "../../src/log.ts";
import type { SlackIntake } from "./intake.ts";
import { record, text } from "../../src/json.ts";

export interface SlackReceiverOptions {
  /** What Slack signs with; not empty. */
  signingSecret: string;
  intake: SlackIntake;
  logger: Logger;
  /** Milliseconds of the clock that stamps are held against. */
  now?: () => number;
}

export interface SlackAnswer {
  status: number;
  /** Empty text closes a form and says nothing below a command. */
  body: string | Problem | { challenge: string };
}

/**
 * Answers one request; never rejects. 200: stored, known or of no concern; 401: not signed by Slack within the
 * last five minutes; 400: signed, but not Slack's format; 503: not stored, so that Slack sends it again.
 */
export type SlackReceiver = (
  headers: Readonly<Record<string, string | string[] | undefined>>,
  rawBody: Buffer,
) => Promise<SlackAnswer>;

const LONGEST_AGE_S = 5 * 60;
const FORM = "application/x-www-form-urlencoded";

export function createSlackReceiver(options: SlackReceiverOptions): SlackReceiver {
  const { signingSecret, intake, logger, now = Date.now } = options;
  return async (headers, rawBody) => {
    const stamp = one(headers, "x-slack-request-timestamp");
    const signature = one(headers, "x-slack-signature");
    if (!isFresh(stamp, now()) || !isSigned(signingSecret, stamp, signature, rawBody)) {
      logger.warn({}, "a request was refused: it is not signed by Slack, or too old");
      return refusal("unauthorized", "The request is not signed with SLACK_SIGNING_SECRET.");
    }
    const body = readBody(one(headers, "content-type"), rawBody.toString("utf8"));
    if (body === null) return refusal("invalid-request", "The request is not in Slack's format.");
    const { type, challenge } = record(body);
    if (type === "url_verification") {
      return { status: 200, body: { challenge: text(challenge) ?? "" } };
    }
    if (await intake(body)) return { status: 200, body: "" };
    return refusal("not-ready", "The event could not be stored; send it again.");
  };
}

function isFresh(stamp: string | undefined, now: number): stamp is string {
  if (stamp === undefined || !/^\d{1,12}$/.test(stamp)) return false;
  return Math.abs(now / 1_000 - Number(stamp)) <= LONGEST_AGE_S;
}

function isSigned(
  secret: string,
  stamp: string,
  signature: string | undefined,
  rawBody: Buffer,
): boolean {
  const hmac = createHmac("sha256", secret).update(`v0:${stamp}:`).update(rawBody);
  const expected = Buffer.from(`v0=${hmac.digest("hex")}`);
  const given = Buffer.from(signature ?? "");
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Events are JSON; interactions are JSON in a form's field; commands are a form. */
function readBody(type: string | undefined, body: string): unknown {
  try {
    if (type?.split(";")[0]?.trim().toLowerCase() !== FORM) return JSON.parse(body);
    const form = new URLSearchParams(body);
    const payload = form.get("payload");
    return payload === null ? Object.fromEntries(form) : JSON.parse(payload);
  } catch {
    return null;
  }
}

function one(
  headers: Readonly<Record<string, string | string[] | undefined>>,
  name: string,
): string | undefined {
  const value = headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function refusal(type: Parameters<typeof problem>[0], detail: string): SlackAnswer {
  const body = problem(type, detail);
  return { status: body.status, body };
}
