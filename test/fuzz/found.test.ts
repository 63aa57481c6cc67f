/** A few inputs for every parser, and those that one once fell over: `npm run fuzz` tries many more. */
import { Readable } from "node:stream";
import { describe, expect, it } from "vitest";

import type { Surroundings } from "../../adapters/discord/envelopes.ts";
import { readDispatch } from "../../adapters/discord/envelopes.ts";
import { Directory } from "../../adapters/discord/directory.ts";
import { readAnswer } from "../../adapters/openai/chat.ts";
import { createSlackEvents } from "../../adapters/slack/bolt-app.ts";
import { readForm } from "../../adapters/slack/forms.ts";
import { readEnvelope } from "../../adapters/slack/envelopes.ts";
import { isBranchName, isDocumentPath } from "../../src/rfcs/git-names.ts";
import { record } from "../../src/json.ts";
import { tokenCount } from "../../src/models/token-count.ts";
import { BackupReader } from "../../src/upkeep/backup-file.ts";
import { DISCORD_DISPATCHES, SLACK_BODIES } from "./examples.ts";
import { tried } from "./target.ts";
import { TARGETS } from "./targets.ts";

it.each(TARGETS.map((make) => [make.name, make] as const))("spoiled input: %s", async (_, make) => {
  const target = await make();
  try {
    expect(await tried(target, { seed: 1, runs: 60 })).toBeNull();
  } finally {
    await target.close?.();
  }
});

describe("what was found", () => {
  it.each([
    ["null"],
    ["[]"],
    ['{"ref":{},"reply":{"channel":"C1"}}'],
    ['{"ref":"x"}'],
    ['{"ref":"x","reply":{"channel":7}}'],
  ])("a form whose metadata is none: %s", (privateMetadata) => {
    expect(readForm({ callbackId: "redline:form:decline", privateMetadata })).toBeNull();
  });

  it("a team by whose name every object has something", () => {
    const [mention] = SLACK_BODIES;
    const as = (team: string) => ({ ...mention, team_id: team, authorizations: [] });
    expect(readEnvelope(as("T1"))).not.toBeNull();
    expect(readEnvelope(as("toString"))).toBeNull();
    expect(readEnvelope(as("__proto__"))).toBeNull();
  });

  it("a type of a channel that is no number, and cannot be made one", () => {
    const directory = new Directory();
    const type = [{ toString: "A" }];
    directory.apply("GUILD_CREATE", { id: "1", threads: [{ id: "2", type, parent_id: "3" }] });
    expect(directory.channel("1", "2")).toMatchObject({ id: "2", type: 0 });
  });

  it("a role of a member that is no text, and cannot be made one", () => {
    const { data } = DISCORD_DISPATCHES.find(({ name }) => name === "MESSAGE_CREATE")!;
    const roles = [{ toString: "A" }, "8"];
    const around: Surroundings = {
      me: { id: "100000000000000009", roles: [] },
      channel: () => null,
      roleName: () => null,
      runsServer: () => false,
      mark: "s:1",
    };
    const [event] = readDispatch("MESSAGE_CREATE", { ...record(data), member: { roles } }, around);
    expect(event?.payload).toMatchObject({ by: { roles: ["8"] } });
  });

  it("names of branches and documents of which no bytes can be made", () => {
    expect(isBranchName("\udc00\ud83d")).toBe(false);
    expect(isDocumentPath("docs/\ud800.md")).toBe(false);
  });

  it("an envelope that Bolt stumbles over is let go, with a word about it", async () => {
    const said: string[] = [];
    const log = (_: object, words: string): void => void said.push(words);
    const replay = createSlackEvents({
      apiUrl: "http://127.0.0.1:9/api/",
      tokens: {
        tokenFor: async () => ({ token: "xoxb-1", botUserId: "U0BOT" }),
        forget: async () => true,
      },
      nameOf: async ({ id }) => id,
      handle: async () => {},
      logger: { debug: log, info: log, warn: log, error: log },
    });
    const event = { type: "channel_deleted", channel: true };
    const payload = { type: "event_callback", team_id: "T1", event };
    const item = { eventId: "e", kind: "channel_deleted", workspaceId: "T1", payload };
    await replay({ ...item, receivedAt: new Date(0), isRepeat: false, traceparent: null });
    expect(said).toContain("what Slack sent cannot be read");
  });

  it("an answer whose text is none", async () => {
    const chunks = async function* (): AsyncGenerator<never> {
      yield { choices: [{ delta: { content: [{ text: "x" }] } }] } as never;
      yield { choices: [{ delta: { content: "Hello" }, finish_reason: "stop" }] } as never;
    };
    const said: unknown[] = [];
    for await (const event of readAnswer(chunks(), () => {})) {
      if (event.type === "text") said.push(event.text);
    }
    expect(said).toEqual(["Hello"]);
  });

  it.each([
    ["null\n"],
    ["{}\nnull\n"],
    ['{"redline_backup":1,"made_at":"x"}\n'],
    ['{"redline_backup":1,"migrations":[]}\nnull\n'],
    ['{"redline_backup":1,"migrations":[]}\n7\n'],
    ['{"redline_backup":1,"migrations":[]}\n{"table":"users","columns":null}\n'],
    ['{"redline_backup":1,"migrations":[]}\n[{}]\n'],
    ['{"redline_backup":1,"migrations":[]}\n{"sequence":"x"}\n'],
  ])("a backup that is none: %s", async (text) => {
    const all = async (): Promise<void> => {
      const reader = new BackupReader(Readable.from([Buffer.from(text)]));
      await reader.head();
      for await (const { kind } of reader.pieces()) expect(kind).toBeTypeOf("string");
    };
    await expect(all()).rejects.toMatchObject({ name: "UserError" });
  });

  it("a backup of one line that never ends is read to a limit", async () => {
    const zeros = Buffer.alloc(1024 * 1024);
    let read = 0;
    const endless = async function* (): AsyncGenerator<Buffer> {
      for (;;) {
        read += 1;
        yield zeros;
      }
    };
    await expect(new BackupReader(endless()).head()).rejects.toThrow(/not whole/);
    expect(read).toBeLessThan(300);
  });

  it.each([[undefined], [null], [Number.NaN], [Infinity], [-3], ["7"], [{ value: 3 }], [1e300]])(
    "a count of tokens that is none: %s",
    (said) => {
      expect(tokenCount(said, 5)).toBe(5);
    },
  );
  it("a count of tokens", () => {
    expect([tokenCount(7, 5), tokenCount(0, 5)]).toEqual([7, 0]);
  });
});
