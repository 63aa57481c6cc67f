/** What operators and models give: settings, arguments, files, commands, answers. */
import { Readable } from "node:stream";
import { isDeepStrictEqual } from "node:util";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect } from "vitest";

import { readDefaults, readLimit } from "../../src/budgets/limit.ts";
import { readPrices } from "../../src/budgets/price-file.ts";
import { describeUnknown, describeUsage } from "../../src/chat/hints.ts";
import { COMMANDS, parseCommand } from "../../src/commands/grammar.ts";
import { readConfig } from "../../src/config.ts";
import { ConfigError } from "../../src/config/config-error.ts";
import { UserError } from "../../src/errors.ts";
import { readArguments } from "../../src/main/arguments.ts";
import { appendEntries, chainStart } from "../../src/record/chain.ts";
import { toRecordJson } from "../../src/record/record-file.ts";
import { verifyRecordFile } from "../../src/record/verify-file.ts";
import { BackupReader } from "../../src/upkeep/backup-file.ts";
import { NONCE, OPEN, parseDeltas } from "../changes/parser-support.ts";
import type { Json } from "./mutations.ts";
import { inPieces, mutatedJson, mutatedText } from "./mutations.ts";
import type { Target } from "./target.ts";
import { target, throwsOnly } from "./target.ts";

const WORDS = Object.keys(COMMANDS);
const PLATFORM_WORDS = {
  workspace: "server",
  commandPrefix: "/rfc ",
  maintainer: "@user or @role",
  tellsParticipants: false,
  unreadable: "Let me in.",
} as const;

function commands(): Target {
  const lines = [
    ...Object.values(COMMANDS).map(({ usage }) => usage),
    "link https://github.com/acme/rfcs/pull/12 what of it?",
    "`/rfc link rfc new`",
    "notify digest=daily quiet=22-7",
    "propose-merge 3",
    "decline #3 because of it",
  ];
  const inputs = fc.tuple(mutatedText(lines, WORDS), fc.constantFrom("mention", "slash"));
  return target("commands in chat", inputs, ([text, from]) => {
    const command = parseCommand(text, from);
    if (command === null) expect(from).toBe("mention");
    else if (command.kind === "usage") describeUsage(command.command, PLATFORM_WORDS);
    else if (command.kind === "unknown") describeUnknown(command, PLATFORM_WORDS);
    else expect(WORDS).toContain(command.kind);
  });
}

const FIELDS = "<original>one\nline</original><proposed>b & c</proposed><reason>so</reason>";
const ANSWERS = [
  `Prose.\n\n${OPEN}\n${FIELDS}\n</change>\nMore.\n`,
  `${OPEN}<original></original><after>x</after><proposed>y</proposed></change>`,
  `\`\`\`xml\n${OPEN}${FIELDS}</change>\n\`\`\`\n- item\n  ${OPEN}\n  ${FIELDS}\n  </change>\n`,
  `<change k="0000">${FIELDS}</change> \u{1F994} ${OPEN}${FIELDS}`,
];
const TAGS = [
  "<change",
  OPEN,
  "</change>",
  "<original>",
  "</original>",
  "<proposed>",
  "\n",
  "```\n",
];

/** However it comes in pieces, it is the same; and what it says is of this turn's tag. */
function blocks(): Target {
  const inputs = fc.tuple(mutatedText(ANSWERS, TAGS), fc.array(fc.nat(), { maxLength: 12 }));
  return target("change blocks", inputs, ([text, cuts]) => {
    const whole = parseDeltas([text]);
    expect(parseDeltas(inPieces(text, cuts)).events).toEqual(whole.events);
    if (!text.includes(NONCE)) expect(whole.changes).toEqual([]);
  });
}

const ENVIRONMENT: Json = {
  DATABASE_URL: "postgres://redline:x@127.0.0.1:5432/redline?sslmode=require",
  REDIS_URL: "rediss://:x@127.0.0.1:6379/0",
  ROLES: "ingest,worker,web",
  HOST: "127.0.0.1",
  PORT: "3000",
  REDLINE_URL: "https://redline.example.org",
  REDLINE_TOKEN: "a-token-that-is-long-enough",
  TRUST_PROXY: "10.0.0.0/8",
  ANTHROPIC_API_KEY: "k",
  ANTHROPIC_BASE_URL: "https://api.example.org",
  OPENAI_BASE_URL: "http://127.0.0.1:8000/v1/chat",
  SLACK_BOT_TOKEN: "xoxb-1",
  SLACK_APP_TOKEN: "xapp-1",
  DISCORD_TOKEN: "a.b.c",
  DISCORD_GUILD_ID: "100000000000000001",
  GITHUB_TOKEN: "ghp_1",
  GITHUB_WEBHOOK_SECRET: "s",
  GITHUB_API_URL: "https://github.example.org/api/v3",
  ENCRYPTION_KEY: "ab".repeat(32),
  ENCRYPTION_KEY_PREVIOUS: "cd".repeat(32),
  BUDGETS: "workspace usd/day=50 tokens/month=100M; person usd/day=5",
  MODEL_PRICES: '{"model": {"input": 3, "output": 15}}',
  TURN_LEASE_SECONDS: "30",
  SHUTDOWN_GRACE_SECONDS: "10",
};

function settings(): Target {
  return target("settings", mutatedJson([ENVIRONMENT]), (given) => {
    const isObject = typeof given === "object" && given !== null && !Array.isArray(given);
    const texts = Object.entries(isObject ? given : {}).flatMap(([name, value]) =>
      // Environments hold texts, which end before U+0000. A file that a setting may name is none of these.
      typeof value === "string" && !name.endsWith("_FILE") ? [[name, value.split("\0")[0]]] : [],
    );
    return throwsOnly([ConfigError], () => readConfig(Object.fromEntries(texts)));
  });
}

function budgets(): Target {
  const PRICES =
    '{"model-*": {"input": 3, "output": 15, "long": {"over": 5, "input": 1, "output": 2}}}';
  const limits = mutatedText([
    "usd/day=20",
    "tokens/month=5M",
    "usd/month=none",
    "tokens/day=1.5k",
  ]);
  const scopes = mutatedText(["workspace usd/day=50 tokens/month=100M; person usd/day=5"]);
  const inputs = fc.tuple(limits, scopes, mutatedText([PRICES]));
  return target("budgets and prices", inputs, ([limit, defaults, prices]) => {
    for (const one of [readLimit(limit), ...Object.values(readDefaults(defaults) ?? {}).flat()]) {
      if (one?.amount != null) expect(one.amount).toBeGreaterThanOrEqual(0);
    }
    // What is no JSON is a path.
    const list = prices.startsWith("{") ? readPrices(prices) : {};
    for (const price of Object.values(typeof list === "string" ? {} : list)) {
      expect(Number.isFinite(price.input) && price.input >= 0).toBe(true);
    }
  });
}

const LINES = [
  ["start", "./rfc.md"],
  ["check", "--commits", "--json"],
  ["retention", "set", "slack", "T1", "30"],
  ["delete-workspace", "discord", "100000000000000001", "--yes"],
  ["budget", "set", "slack", "T1", "usd/day=20"],
  ["models", "allow", "console", "model-*"],
  ["repositories", "allow", "slack", "T1", "acme/rfcs"],
  ["verify-transcript", "file.json", "ab".repeat(32)],
];

function commandLine(): Target {
  return target("arguments of the command line", mutatedJson(LINES), (given) => {
    const words = Array.isArray(given) ? given.filter((word) => typeof word === "string") : [];
    readArguments(words);
  });
}

const RECORD = toRecordJson({
  rfc: {
    slug: "retries",
    title: "Retries",
    repository: "acme/rfcs",
    path: "retries.md",
    defaultBranch: "main",
    createdAt: new Date(0),
  },
  people: [{ id: "00000000-0000-4000-8000-00000000000a", name: "Ada" }],
  entries: appendEntries(chainStart("retries"), [
    {
      kind: "message",
      subject: "m1",
      personId: null,
      at: new Date(0),
      content: { thread_id: "t1", seq: 1, role: "user", text: "Why?", quote: null },
    },
    {
      kind: "commit",
      subject: "c1",
      personId: null,
      at: new Date(0),
      content: { thread_id: "t1", number: 1, commit_sha: "abc" },
    },
  ]),
  withheld: [],
});

function records(): Target {
  const whole = JSON.parse(RECORD) as Json;
  const inputs = fc.oneof(
    mutatedJson([whole]).map((file) => JSON.stringify(file)),
    mutatedText([RECORD]),
  );
  return target("record files", inputs, (file) => {
    const { problem, entries } = verifyRecordFile(file);
    expect(entries).toBeLessThan(100);
    if (problem !== null) return;
    // Whatever is told to be whole says what was said.
    const read = JSON.parse(file) as { entries: Json };
    expect(isDeepStrictEqual(read.entries, (whole as { entries: Json }).entries)).toBe(true);
  });
}

const BACKUP: Json[] = [
  { redline_backup: 1, made_at: "2026-01-01T00:00:00.000Z", migrations: ["000001_a"] },
  { table: "users", columns: ["id", "display_name"] },
  ["1", "Ada"],
  ["2", null],
  { rows: 2 },
  { sequence: "users_id_seq", last: "2", is_called: true },
  { end: true, sha256: "0".repeat(64) },
];

function backups(): Target {
  const lines = mutatedJson([BACKUP]).map((given) =>
    (Array.isArray(given) ? given : [given]).map((line) => `${JSON.stringify(line)}\n`).join(""),
  );
  const inputs = fc.oneof(
    lines.map((text) => Buffer.from(text)),
    mutatedText([BACKUP.map((line) => JSON.stringify(line)).join("\n")]).map((text) =>
      Buffer.from(text),
    ),
    fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
    lines.map((text) => gzipSync(text)),
  );
  return target("backup files", inputs, (bytes) =>
    throwsOnly([UserError], async () => {
      const reader = new BackupReader(Readable.from([bytes.subarray(0, 30), bytes.subarray(30)]));
      const { migrations } = await reader.head();
      expect(migrations.every((name) => typeof name === "string")).toBe(true);
      for await (const piece of reader.pieces()) {
        if (piece.kind === "table") expect(typeof piece.table.name).toBe("string");
        else if (piece.kind === "rows") expect(piece.rows.every(Array.isArray)).toBe(true);
        else expect(typeof piece.sequence.last).toBe("string");
      }
    }),
  );
}

export const FILE_TARGETS: readonly (() => Target)[] = [
  commands,
  blocks,
  settings,
  budgets,
  commandLine,
  records,
  backups,
];
