/**
 * The parser of change blocks: throughput by the size of deltas, and how its time grows on replies that are
 * made to be slow, beside one lazy regular expression over the finished reply.
 */
import { ChangeParser } from "../../src/changes/parser.ts";
import { figure, measure, median, printTable } from "./report.ts";

export const title = "Parser of change blocks";

const NONCE = "7f3a";
const PLAIN =
  /<change[^>]*>\s*<original>([\s\S]*?)<\/original>\s*<proposed>([\s\S]*?)<\/proposed>\s*<reason>([\s\S]*?)<\/reason>\s*<\/change>/g;

const PARAGRAPHS = [
  "The gateway MUST answer within five seconds, also while a region is being drained; a client that waits longer treats the request as lost and sends it again.",
  "Every write carries an idempotency key. The store keeps the key for 24 hours, together with the answer, and replays the answer when the key comes again.",
  "- Retries back off exponentially, from 100 ms up to 30 s, with full jitter.\n- A `Retry-After` header wins over the back-off.\n- After eight attempts the request is given up and logged with its key.",
  '```ts\nconst key = request.headers.get("idempotency-key");\nif (key === null || key.length < 16) return problem(400);\n```',
  "> We considered leases in the queue instead. They fail when a worker is frozen for longer than its lease, which happened twice last year.",
];

function paragraphs(seed: number, count: number): string {
  const picked = Array.from({ length: count }, (_, i) => PARAGRAPHS[(seed + i * 3) % 5]);
  return picked.join("\n\n");
}

/** A reply as a model writes it, of about 200 KB and with as many blocks as a reply may have. */
function typicalReply(): string {
  const parts: string[] = [];
  for (let i = 0; i < 50; i++) {
    const passage = paragraphs(i, 8);
    parts.push(
      `${i + 1}. **Section ${i + 1}**\n\n${paragraphs(i + 2, 9)}\n\n`,
      `<change k="${NONCE}">\n<original>\n${passage}\n</original>\n`,
      `<proposed>\n${passage.replace("MUST", "SHOULD").replace("eight", "five")}\n</proposed>\n`,
      `<reason>Section ${i + 1} promises more than we can keep.</reason>\n</change>\n\n`,
    );
  }
  return parts.join("");
}

function cut(reply: string, size: number): string[] {
  const deltas: string[] = [];
  for (let at = 0; at < reply.length; at += size) deltas.push(reply.slice(at, at + size));
  return deltas;
}

/** @returns the number of events, so that nothing of the work can be left out. */
function parse(deltas: readonly string[]): number {
  let events = 0;
  const parser = new ChangeParser({ nonce: NONCE, emit: () => events++ });
  for (const delta of deltas) parser.write(delta);
  parser.end("complete");
  return events;
}

const matches = (reply: string): number => [...reply.matchAll(PLAIN)].length;

function throughput(): void {
  const reply = typicalReply();
  const speed = (times: readonly number[]): string => figure(reply.length / 1e3 / median(times));
  const rows = [1, 10, 100, reply.length].map((size) => {
    const deltas = cut(reply, size);
    const times = measure(() => parse(deltas), { runs: 40, warmUp: 40 });
    const name = size === reply.length ? "whole" : String(size);
    return [
      name,
      String(deltas.length),
      String(parse(deltas)),
      figure(median(times)),
      speed(times),
    ];
  });
  const plain = measure(() => matches(reply), { runs: 40, warmUp: 40 });
  rows.push(["regular expression", "1", "–", figure(median(plain)), speed(plain)]);
  console.log(`A typical reply of ${Math.round(reply.length / 1e3)} KB (1 character = 1 byte)`);
  printTable(["delta", "deltas", "events", "ms", "MB/s"], rows);
}

const times = (text: string, length: number): string =>
  text.repeat(Math.ceil(length / text.length)).slice(0, length);
const OPEN = `<change k="${NONCE}">`;

/** Replies of a given length, each slow for some way of parsing. */
const ATTACKS: Record<string, (length: number) => string> = {
  "blocks without </change>": (length) =>
    times(`${OPEN}<original>a</original><proposed>b</proposed><reason>c</reason>\n`, length),
  "blocks without <reason>": (length) =>
    times(`${OPEN}<original>a</original><proposed>b</proposed></change>\n`, length),
  "opening tags only": (length) => times(`${OPEN}\n`, length),
  "fields that never close": (length) => times(`${OPEN}<original>a<proposed>b<reason>c\n`, length),
  "closing tags in a body": (length) => OPEN + "<original>" + times("</original>\n", length),
  "white space after a closing tag": (length) =>
    OPEN + "<original>" + times(`</original>${" ".repeat(900)}x`, length),
  "half tags": (length) => OPEN + "<original>" + times("</origina<chang<", length),
  "attributes without end": (length) => times(`<change ${"a".repeat(110)}\n`, length),
  "nested blocks": (length) => OPEN + "<original>" + times("<change><original>", length),
  "fences that open and close": (length) => times("- ```\n  <change>\n  ```\n~~~\n~~~\n", length),
};

/** The parser at 256 KB and twice that; the expression at a size where it still ends. */
function attacks(): void {
  const size = 256 * 1024;
  const regexSize = 2048;
  const rows = Object.entries(ATTACKS).map(([name, make]) => {
    const time = (length: number): number => {
      const deltas = cut(make(length), 10);
      return median(measure(() => parse(deltas), { runs: 9, warmUp: 4 }));
    };
    const regexTime = (length: number): number => {
      const reply = make(length);
      return median(measure(() => matches(reply), { runs: 3, warmUp: 1 }));
    };
    const [once, twice] = [time(size), time(2 * size)];
    const [plainOnce, plainTwice] = [regexTime(regexSize), regexTime(2 * regexSize)];
    return [once, twice, twice / once, plainOnce, plainTwice, plainTwice / plainOnce]
      .map(figure)
      .toSpliced(0, 0, name);
  });
  console.log("Attacks: ms, and the ratio when the reply doubles (10-character deltas)");
  printTable(["shape", "256 KB", "512 KB", "ratio", "regex 2 KB", "4 KB", "ratio"], rows);
}

export async function run(): Promise<void> {
  throughput();
  attacks();
}
