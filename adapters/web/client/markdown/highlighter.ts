/** The page's side of `highlight-worker.ts`. */
import type { HighlightAnswer, HighlightRequest } from "./highlight-worker.ts";
import type { CodeToken, Highlight } from "./highlighted.ts";

/** The worker's address; the bundler puts it in. */
declare const HIGHLIGHT_WORKER: string;

/** A hostile piece of code can keep a grammar busy for ever. */
const LONGEST_MS = 2000;
const LONGEST_CODE = 50_000;

interface Wanted extends HighlightRequest {
  answer(tokens: readonly CodeToken[] | null): void;
}

const queue: Wanted[] = [];
/** The part that is used here. What a policy makes stands for a text wherever one is expected. */
interface TrustedTypes {
  createPolicy(name: string, rules: ScriptUrlPolicy): ScriptUrlPolicy;
}

interface ScriptUrlPolicy {
  createScriptURL(text: string): string;
}

let policy: ScriptUrlPolicy | undefined;
let worker: Worker | null = null;
let isReady = false;
let current: Wanted | null = null;
let deadline: ReturnType<typeof setTimeout> | undefined;

export const highlight: Highlight = (language, code) => {
  if (code.length > LONGEST_CODE) return Promise.resolve(null);
  return new Promise((answer) => {
    queue.push({ language, code, answer });
    next();
  });
};

/** One at a time, so that it is known which one takes too long. */
function next(): void {
  if (current || queue.length === 0) return;
  worker ??= startWorker();
  if (!isReady) return;
  current = queue.shift()!;
  const { language, code } = current;
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a worker has no other origin
  worker.postMessage({ language, code } satisfies HighlightRequest);
  deadline = setTimeout(restart, LONGEST_MS);
}

function startWorker(): Worker {
  const started = new Worker(workerAddress());
  started.addEventListener("message", ({ data }: MessageEvent<HighlightAnswer>) => {
    if (data === "ready") {
      isReady = true;
      next();
    } else {
      settle(data);
    }
  });
  // It cannot be loaded, or has failed: code stays as it is.
  started.addEventListener("error", () => {
    for (const { answer } of queue.splice(0)) answer(null);
    restart();
  });
  return started;
}

/** Browsers that know Trusted Types take the address of a script from a policy that the page's own names. */
function workerAddress(): string {
  const types = (globalThis as { trustedTypes?: TrustedTypes }).trustedTypes;
  policy ??= types?.createPolicy("redline-worker", { createScriptURL: () => HIGHLIGHT_WORKER });
  return policy?.createScriptURL("") ?? HIGHLIGHT_WORKER;
}

function restart(): void {
  worker?.terminate();
  worker = null;
  isReady = false;
  settle(null);
}

function settle(tokens: readonly CodeToken[] | null): void {
  clearTimeout(deadline);
  const done = current;
  current = null;
  done?.answer(tokens);
  next();
}
