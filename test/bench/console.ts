import type { Browser, Page } from "playwright-core";

import { corpusDocuments, corpusMissing } from "../changes/histories.ts";
import { launchBrowser } from "../support/browser.ts";
import { figure, printTable, quantile } from "./report.ts";
import type { BenchServer } from "./support/start-server.ts";
import { call, post, startServer } from "./support/start-server.ts";

export const title = "The console with the longest document of the corpus and 50 pending changes";

const CHANGES = 50;
const RATE = 30;
const SECONDS = 15;
const OPENINGS = 5;

export async function run(): Promise<void> {
  const text = corpusMissing === null ? longest() : null;
  const browser = text === null ? null : await launchBrowser();
  if (text === null || !browser) {
    console.log(corpusMissing ?? "skipped: no Chromium is installed");
    await browser?.close();
    return;
  }
  await using server = (await startServer("PostgreSQL", text))!;
  const threadId = await server.newThread();
  for (const edit of edits(text, CHANGES)) await propose(server, threadId, edit);
  const page = await browser.newPage({ viewport: { width: 1280, height: 860 } });
  // What tsx puts around named functions is not there in the page.
  await page.addInitScript("globalThis.__name = (named) => named");
  await page.addInitScript(watchPage);
  const url = `${server.url}/rfcs/rfc/threads/${threadId}`;
  await openings(page, url);
  await scrolling(page);
  await streaming(browser, page, server, threadId, edits(text, CHANGES + SECONDS).slice(CHANGES));
  await browser.close();
}

function longest(): string {
  return corpusDocuments().toSorted((a, b) => b.text.length - a.text.length)[0]!.text;
}

/** Replacements of one word in passages that stand once in the document, spread over all of it. */
function edits(text: string, count: number): { original: string; proposed: string }[] {
  const found = [...text.matchAll(/\b[A-Za-z]+ [a-z]+ [a-z]+ [a-z]+ [a-z]+\b/g)]
    .map(([passage]) => passage)
    .filter((passage) => text.split(passage).length === 2);
  return Array.from({ length: count }, (_, index) => {
    const original = found[Math.floor((index * found.length) / (CHANGES + SECONDS))]!;
    return { original, proposed: original.replace(/ \w+/, " really") };
  });
}

function propose(server: BenchServer, threadId: string, edit: object): Promise<unknown> {
  return call(server.url, `/api/threads/${threadId}/changes`, { ...edit, reason: "Bench." });
}

interface Seen {
  /** Tasks that held the page up: start and length, milliseconds since the navigation. */
  long: { start: number; length: number }[];
  /** Milliseconds between frames. */
  frames: number[];
  /** From the time that a delta carries to the frame that shows it, milliseconds. */
  delays: number[];
}

/** Runs in the page, before its own scripts. */
function watchPage(): void {
  const seen: Seen = { long: [], frames: [], delays: [] };
  Object.assign(window, { seen });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      seen.long.push({ start: startTime, length: duration });
    }
  }).observe({ type: "longtask", buffered: true });
  let last = 0;
  const frame = (now: number): void => {
    if (last > 0) seen.frames.push(now - last);
    last = now;
    requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  const known = new Set<string>();
  // Observers run before the frame is drawn, a message sent from there after it.
  const channel = new MessageChannel();
  let fresh: number[] = [];
  channel.port1.addEventListener("message", () => {
    const shown = performance.timeOrigin + performance.now();
    for (const stamp of fresh) seen.delays.push(shown - stamp);
    fresh = [];
  });
  channel.port1.start();
  const look = (): void => {
    const text = document.querySelector(".message-answer:last-of-type")?.textContent ?? "";
    for (const [stamp] of text.slice(-400).matchAll(/\d{13}\.\d{3}/g)) {
      if (known.has(stamp)) continue;
      known.add(stamp);
      fresh.push(Number(stamp));
    }
    if (fresh.length > 0) requestAnimationFrame(() => channel.port2.postMessage(null));
  };
  addEventListener("DOMContentLoaded", () => {
    new MutationObserver(look).observe(document.body, {
      childList: true,
      characterData: true,
      subtree: true,
    });
  });
}

const read = (page: Page): Promise<Seen> =>
  page.evaluate(() => (window as unknown as { seen: Seen }).seen);
const clear = (page: Page): Promise<void> =>
  page.evaluate(() => {
    const { seen } = window as unknown as { seen: Seen };
    seen.long.length = seen.frames.length = seen.delays.length = 0;
  });

async function openings(page: Page, url: string): Promise<void> {
  const rows: string[][] = [];
  for (let index = 0; index < OPENINGS; index++) {
    await page.goto(url);
    await page.locator(".document ins").first().waitFor();
    const redline = await page.evaluate(() => performance.now());
    await page
      .locator(".ruler-mark")
      .nth(CHANGES - 1)
      .waitFor();
    await page.waitForTimeout(1500);
    const { long } = await read(page);
    const [firstPaint = 0, paint = 0] = await page.evaluate(() =>
      ["first-paint", "first-contentful-paint"].map(
        (name) => performance.getEntriesByName(name)[0]?.startTime ?? NaN,
      ),
    );
    const quiet = Math.max(paint, ...long.map(({ start, length }) => start + length));
    const worst = Math.max(0, ...long.map(({ length }) => length));
    rows.push([
      index === 0 ? "first" : "again",
      ...[firstPaint, paint, redline, quiet, worst].map((value) => figure(value)),
    ]);
  }
  printTable(
    [
      "opening",
      "first paint ms",
      "first contentful paint ms (good below 1000)",
      "redlines ms",
      "interactive ms",
      "longest task ms",
    ],
    rows,
  );
}

async function scrolling(page: Page): Promise<void> {
  await clear(page);
  await page.mouse.move(400, 400);
  for (let index = 0; index < 120; index++) {
    await page.mouse.wheel(0, 400);
    await page.waitForTimeout(16);
  }
  const { frames, long } = await read(page);
  console.log("scrolling through it, 400 pixels a frame");
  printTable(
    ["frames", "p50 ms", "p95 ms", "max ms", "tasks over 50 ms"],
    [[String(frames.length), ...quantiles(frames, [0.5, 0.95, 1]), String(long.length)]],
  );
}

/** With a change that comes each second, and one that is accepted in the middle. */
async function streaming(
  browser: Browser,
  page: Page,
  server: BenchServer,
  threadId: string,
  more: readonly object[],
): Promise<void> {
  await clear(page);
  await browser.startTracing(page, { categories: ["toplevel"] });
  const answer = await post(server.url, threadId, `prose ${RATE} ${SECONDS}`);
  for (const [index, edit] of more.entries()) {
    await page.waitForTimeout(1000);
    const change = (await propose(server, threadId, edit)) as { id: string };
    if (index === Math.floor(SECONDS / 2)) {
      await call(server.url, `/api/changes/${change.id}/accept`, {});
    }
  }
  await answer.text();
  await page.waitForTimeout(500);
  const { delays, frames, long } = await read(page);
  const processor = processorTimes(await browser.stopTracing());
  console.log(
    `streaming ${RATE} deltas a second beside it; a new change each second, one accepted`,
  );
  printTable(
    ["from delta to pixels", "deltas", "p50 ms", "p95 ms", "p99 ms", "max ms"],
    [["", String(delays.length), ...quantiles(delays, [0.5, 0.95, 0.99, 1])]],
  );
  printTable(
    ["frames", "p95 ms", "max ms", "tasks over 50 ms", "longest ms", "on the processor"],
    [
      [
        String(frames.length),
        ...quantiles(frames, [0.95, 1]),
        String(long.length),
        figure(Math.max(0, ...long.map(({ length }) => length))),
        figure(Math.max(...processor)),
      ],
    ],
  );
}

interface TraceEvent {
  name: string;
  pid: number;
  tid: number;
  /** Processor time, microseconds. */
  tdur?: number;
  args?: { name?: string };
}

/**
 * Milliseconds that each task of a page's main thread was on a processor: what others do on the machine
 * makes a task longer, not this.
 */
function processorTimes(trace: Buffer): number[] {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const place = ({ pid, tid }: TraceEvent): string => `${pid} ${tid}`;
  const mains = new Set(
    traceEvents
      .filter(({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain")
      .map(place),
  );
  return traceEvents
    .filter((event) => event.name === "ThreadControllerImpl::RunTask" && mains.has(place(event)))
    .map(({ tdur = 0 }) => tdur / 1000);
}

function quantiles(values: readonly number[], shares: readonly number[]): string[] {
  return shares.map((share) => figure(quantile(values, share)));
}
