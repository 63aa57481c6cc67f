/** What GitHub, Slack and Discord send. */
import { createHmac } from "node:crypto";
import fc from "fast-check";
import { expect } from "vitest";

import { focusedOption } from "../../adapters/discord/commands.ts";
import { Directory } from "../../adapters/discord/directory.ts";
import { readEnvelope } from "../../adapters/discord/envelope-events.ts";
import type { Envelope, Surroundings } from "../../adapters/discord/envelopes.ts";
import { readDispatch } from "../../adapters/discord/envelopes.ts";
import { planResponse } from "../../adapters/discord/response-plan.ts";
import { createWebhookReceiver } from "../../adapters/github/webhooks.ts";
import { createSlackEvents } from "../../adapters/slack/bolt-app.ts";
import { createSlackReceiver } from "../../adapters/slack/http.ts";
import { createSlackIntake } from "../../adapters/slack/intake.ts";
import { record, text } from "../../src/json.ts";
import type { Logger } from "../../src/log.ts";
import type { HostEvent } from "../../src/reviews/host-event.ts";
import type { LaneEvent } from "../../src/store/inbox.ts";
import { expectWhole } from "./chat-events.ts";
import { DISCORD_DISPATCHES, GITHUB_DELIVERIES, SLACK_BODIES } from "./examples.ts";
import type { Json } from "./mutations.ts";
import { mutatedJson, mutatedText } from "./mutations.ts";
import type { Target } from "./target.ts";
import { target } from "./target.ts";

const SECRET = "the secret of both";
const hmac = (text: string | Buffer): string =>
  createHmac("sha256", SECRET).update(text).digest("hex");

/** What went wrong that nobody was to be told of. */
function listener() {
  const errors: unknown[] = [];
  const logger: Logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    // The declared word about what cannot be: it is let go.
    error: (fields, words) => void (words.endsWith("cannot be read") || errors.push(fields)),
  };
  return { errors, logger };
}

/** PostgreSQL takes no other text, also not in JSON. */
function expectStorable(value: unknown): void {
  if (typeof value === "string") {
    expect(value.includes("\0") || !value.isWellFormed(), JSON.stringify(value)).toBe(false);
  } else if (typeof value === "object" && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      expectStorable(name);
      expectStorable(one);
    }
  }
}

const FORM = "application/x-www-form-urlencoded";
const headers = fc.record({
  type: fc.constantFrom("application/json", FORM, "text/plain", "", `${FORM}; charset=utf-8`),
  event: mutatedText(GITHUB_DELIVERIES.map(({ name }) => name)),
  delivery: mutatedText(["72d3162e-cc78-11e3-81ab-4c9367dc0958"]),
});
const spoiled = fc.option(fc.tuple(fc.nat(), fc.nat({ max: 255 })), { freq: 3, nil: null });

/** One byte of it as another, so that it may be no JSON and no UTF-8. */
function bytesOf(text: string, spoil: [at: number, to: number] | null): Buffer {
  const bytes = Buffer.from(text);
  if (spoil && bytes.length > 0) bytes[spoil[0] % bytes.length] = spoil[1];
  return bytes;
}

const asForm = (payload: Json): string =>
  new URLSearchParams({ payload: JSON.stringify(payload) }).toString();

function github(): Target {
  const { errors, logger } = listener();
  const stored: HostEvent[] = [];
  const receive = createWebhookReceiver({
    secret: SECRET,
    logger,
    store: async (event) => (stored.push(event), "stored"),
  });
  const inputs = fc
    .tuple(fc.constantFrom(...GITHUB_DELIVERIES), headers, fc.boolean(), spoiled)
    .chain(([delivery, given, isOwn, spoil]) =>
      mutatedJson([delivery.payload]).map((payload) => ({
        payload,
        spoil,
        headers: isOwn ? { ...given, event: delivery.name } : given,
      })),
    );
  return target("GitHub's webhooks", inputs, async ({ payload, spoil, headers: given }) => {
    const isForm = given.type.startsWith(FORM);
    const body = bytesOf(isForm ? asForm(payload) : JSON.stringify(payload), spoil);
    const answer = await receive(
      {
        "content-type": given.type,
        "x-github-event": given.event,
        "x-github-delivery": given.delivery,
        "x-hub-signature-256": `sha256=${hmac(body)}`,
      },
      body,
    );
    expect([200, 202, 400, 401]).toContain(answer.status);
    expect(errors).toEqual([]);
    expectStorable(stored.splice(0));
  });
}

const ACCESS = { token: "xoxb-1", botUserId: "U0BOT" };

function slack(): Target {
  const { errors, logger } = listener();
  const stored: LaneEvent[] = [];
  const receive = createSlackReceiver({
    signingSecret: SECRET,
    logger,
    intake: createSlackIntake({ logger, store: async (event) => (stored.push(event), "stored") }),
  });
  const replay = createSlackEvents({
    apiUrl: "http://127.0.0.1:9/api/",
    tokens: { tokenFor: async () => ACCESS, forget: async () => true },
    nameOf: async ({ id }) => id,
    handle: async (event) => expectWhole(event),
    logger,
  });
  const inputs = fc.record({
    body: mutatedJson(SLACK_BODIES),
    way: fc.constantFrom("json", "payload", "form"),
    spoil: spoiled,
  });
  return target("Slack's envelopes, forms and interactions", inputs, async (given) => {
    const { body, way, spoil } = given;
    const fields = Object.entries(record(body)).map(([name, value]) => [
      name,
      text(value) ?? JSON.stringify(value),
    ]);
    const written =
      way === "json"
        ? JSON.stringify(body)
        : way === "payload"
          ? asForm(body)
          : new URLSearchParams(Object.fromEntries(fields) as Record<string, string>).toString();
    const bytes = bytesOf(written, spoil);
    const stamp = String(Math.floor(Date.now() / 1_000));
    const signed = Buffer.concat([Buffer.from(`v0:${stamp}:`), bytes]);
    const answer = await receive(
      {
        "content-type": way === "json" ? "application/json" : FORM,
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": `v0=${hmac(signed)}`,
      },
      bytes,
    );
    expect([200, 400, 401]).toContain(answer.status);
    for (const { eventId, kind, lane, payload } of stored.splice(0)) {
      expectStorable([eventId, kind, lane, payload]);
      const item = { eventId, kind, payload, workspaceId: "T1", receivedAt: new Date(0) };
      await replay({ ...item, isRepeat: false, traceparent: null });
    }
    expect(errors.splice(0)).toEqual([]);
  });
}

function discord(): Target {
  const inputs = fc
    .constantFrom(...DISCORD_DISPATCHES)
    .chain(({ name, data }) => fc.tuple(fc.constant(name), mutatedJson([data])));
  return target("Discord's dispatches and interactions", inputs, ([name, given]) => {
    const data = record(given);
    const directory = new Directory();
    for (const known of DISCORD_DISPATCHES.slice(0, 2)) directory.apply(known.name, known.data);
    directory.apply(name, data);
    const around: Surroundings = {
      me: { id: directory.me, roles: directory.ownRoles("100000000000000001") },
      channel: (guild, id) => directory.channel(guild, id),
      roleName: (guild, id) => directory.roleName(guild, id),
      runsServer: (guild, user, roles) => directory.runsServer(guild, user, roles),
      mark: "s:1",
    };
    planResponse(data);
    focusedOption(record(data["data"]));
    for (const { eventId, kind, lane, payload } of readDispatch(name, data, around)) {
      expectStorable([eventId, kind, lane, payload]);
      // As it comes out of its row.
      const stored = JSON.parse(JSON.stringify(payload)) as Envelope;
      for (const event of readEnvelope(stored)) expectWhole(event);
    }
  });
}

export const PLATFORM_TARGETS: readonly (() => Target)[] = [github, slack, discord];
