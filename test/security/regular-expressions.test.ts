/**
 * What people, documents and models write is read by regular expressions, and one that tries too many ways holds up
 * everybody's process. All that the source has are tried with what they could be slow on, by counting steps.
 */
import { beforeAll, expect, it } from "vitest";

import { readFrontMatter } from "../../src/changes/front-matter.ts";
import type { FoundRegExp } from "./regular-expressions/collect.ts";
import { collectRegExps } from "./regular-expressions/collect.ts";
import type { ParsedRegExp } from "./regular-expressions/parse.ts";
import { parseRegExp } from "./regular-expressions/parse.ts";
import type { Pump } from "./regular-expressions/pump.ts";
import { pumpsOf, repeats } from "./regular-expressions/pump.ts";
import { search, TooManySteps } from "./regular-expressions/steps.ts";

const SETTING = "an address or a path that the operator sets";
const MACHINE = "what a program on this machine writes, a line or a few";
const BROWSER = "what a person types in their own browser";

/** Those that take more than a text's length, with why nobody can make them slow. */
const BOUNDED: Readonly<Record<string, string>> = {
  "src/chat/participation.ts ^ {0,3}(`": "8,000 characters of a message at most",
  "src/config.ts \\/*$": SETTING,
  "src/config.ts \\/*(?:v\\d+\\/*)?$": SETTING,
  "src/config/parse.ts expected one of (.*)$": "what zod says of a setting",
  "src/deliveries/item-delivery.ts \\/pull\\/\\d+.*$":
    "the address that GitHub gives a pull request",
  "src/reviews/addresses.ts \\/pull\\/\\d+.*$": "the address that GitHub gives a pull request",
  "src/reviews/links.ts \\/+$": SETTING,
  "src/reviews/remarks.ts (?<!`)(`+)": "what is open to the end is taken out before",
  "src/sign-in/sign-in.ts \\/+$": SETTING,
  "adapters/discord/rest.ts \\/+$": SETTING,
  "adapters/git/failures.ts ": MACHINE,
  "adapters/git/names.ts (?<!^|:)[\\\\/]+$": SETTING,
  "adapters/github/client.ts \\/+$": SETTING,
  "adapters/github/pull-requests.ts \\/+$": SETTING,
  "adapters/offline/grammar.ts [^\\S\\n]+$": "40 characters",
  "adapters/offline/places.ts (?:\\S+(?:[^\\S\\n]+|$)){0,3}$": "400 characters",
  "adapters/otel/tracing.ts \\/+$": SETTING,
  "adapters/postgres/failures.ts could not bind": MACHINE,
  "adapters/postgres/processes.ts ^\\s*(\\d+)\\s+(.*)$": MACHINE,
  "adapters/slack/manifest.ts \\/+$": SETTING,
  "adapters/slack/oauth.ts \\/+$": SETTING,
  "adapters/slack/stream.ts \\s*…$": "a line of Redline's own about what it drafts",
  "adapters/web/client/conversation/thread-title.ts \\s*": "2,000 characters",
  "adapters/web/client/home/repository.ts ": BROWSER,
  "adapters/web/client/redline/source-runs.ts \\S*$": "the context of a card",
  "jobs/queue-board.ts ": "the page of the board's own package",
};

/** What those stand for that are made at run time. */
const SAMPLES = {
  "mentionOf(name).source": "(?<![\\w@/.-])@redline(?![\\w-]|/\\w)",
  "fence.indent": "3",
  "fence.length": "3",
  "mark.length": "3",
  mark: "`",
  "mark.charAt(0)": "~",
  most: "40",
  words: "3",
  name: "script",
  botUserId: "U0001",
  path: "changes/([^/]+)/accept",
  escaped: "a\\.b",
  "escape(name)": "redline",
  'escaped.join("|")': "one|two words",
  "singles(terms)": "(?:one|two)",
};

let all: FoundRegExp[];
beforeAll(async () => {
  all = await collectRegExps(["src", "adapters", "jobs"], SAMPLES);
});

/** As long as it takes to tell the length from its square. */
const CHARACTERS = 100;
const TIMES = 32;
const MOST_STEPS = 400_000;
/** Less than so many steps for each character is not looked at further. */
const CHEAP = 12;

/** Four would be the square, two the length itself. */
const STEEP = 2.7;

function textOf({ before, again, after }: Pump, times: number, flags: string): string[] {
  const repeated = Array.from({ length: times }, () => again).flat();
  const characters = [...before, ...repeated, ...after];
  // Without these flags a character of two units is two.
  return /[uv]/.test(flags) ? characters : characters.join("").split("");
}

function stepsOf(parsed: ParsedRegExp, text: readonly string[], flags: string): number {
  try {
    return search(parsed, text, flags, MOST_STEPS).steps;
  } catch (error) {
    if (error instanceof TooManySteps) return Infinity;
    throw error;
  }
}

/** The text that it is slowest on; null where its steps grow as the text does. */
function slowOn({ source, flags }: FoundRegExp): string | null {
  const parsed = parseRegExp(source, flags);
  if (!repeats(parsed.root)) return null;
  for (const pump of pumpsOf(parsed.root)) {
    const cost = (times: number) => stepsOf(parsed, textOf(pump, times, flags), flags);
    const times = Math.max(TIMES, Math.ceil(CHARACTERS / pump.again.length));
    const before = cost(times);
    if (before < times * pump.again.length * CHEAP) continue;
    const most = cost(times * 2);
    if (most === Infinity || most / before > STEEP) {
      return JSON.stringify([pump.before.join(""), pump.again.join(""), pump.after.join("")]);
    }
  }
  return null;
}

const keysOf = ({ file, source }: FoundRegExp): string[] =>
  Object.keys(BOUNDED).filter((key) => `${file} ${source}`.startsWith(key));

it("takes no longer for a text than its length says, or is bounded", () => {
  expect(all.length).toBeGreaterThan(500);
  const used = new Set<string>();
  const slow: string[] = [];
  for (const found of all) {
    const keys = keysOf(found);
    const text = slowOn(found);
    if (text === null) continue;
    for (const key of keys) used.add(key);
    if (keys.length === 0) slow.push(`${found.file}: /${found.source}/${found.flags} on ${text}`);
  }
  expect(slow).toEqual([]);
  expect(Object.keys(BOUNDED).filter((key) => !used.has(key))).toEqual([]);
});

it("is counted as the engine itself matches", () => {
  for (const { source, flags } of all) {
    const parsed = parseRegExp(source, flags);
    const own = new RegExp(source, flags.replace("g", ""));
    // Every so many of them: it is the counter that is tried here.
    for (const pump of pumpsOf(parsed.root).filter((_, index) => index % 37 === 0)) {
      const text = textOf(pump, 12, flags);
      own.lastIndex = 0;
      const found = own.exec(text.join(""));
      const { start, end } = search(parsed, text, flags, Infinity);
      const counted = start === null ? null : text.slice(start, end).join("");
      expect(counted, `/${source}/${flags} on ${text.join("")}`).toBe(found && found[0]);
    }
  }
});

it.each([
  ["(a+)+b", "", true],
  ["\\s+$", "", true],
  ["(?<!\\s)\\s+$", "", false],
  ["^(?:[^\\n]*\\S[^\\n]*\\n)+---", "", true],
  ["^[a-z]+(?:-[a-z]+)*$", "i", false],
  ["<([a-z]+)[^>]*>", "", true],
  ["(x+)\\1y", "", true],
])("tells which are slow: %s", (source, flags, isSlow) => {
  expect(slowOn({ file: "", source, flags }) !== null).toBe(isSlow);
});

it("a document whose front matter never ends is read as any other", () => {
  // Each line doubled and more the time before.
  expect(readFrontMatter(`---\n${"key: value\n".repeat(10_000)}`)).toBeNull();
  expect(readFrontMatter("---\nkey: value\n  x\n---\n# A")?.yaml).toBe("key: value\n  x\n");
  expect(readFrontMatter("---\nkey: value\n \n---\n# A")).toBeNull();
});
