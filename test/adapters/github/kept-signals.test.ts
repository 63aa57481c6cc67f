import { expect, it } from "vitest";
import { boundedRequests } from "../../../adapters/github/bounded-requests.ts";
import { wholeAnswers } from "../../../adapters/github/whole-answers.ts";
import { countKept } from "../../support/process-health.ts";
import { startScriptedServer, type Answer } from "./scripted-server.ts";

type Octokit = Parameters<typeof boundedRequests>[0];
type Options = { method: string; request: { signal: AbortSignal } };
type Wrapped = (request: (options: Options) => Promise<void>, options: Options) => Promise<void>;

const CALLS = 40;

it("a bounded call's signal is forgotten while what could end it lives on", async () => {
  let bounded: Wrapped | undefined;
  const hook = { wrap: (_name: string, wrapped: Wrapped) => (bounded = wrapped) };
  boundedRequests({ hook } as unknown as Octokit);
  const signals: WeakRef<object>[] = [];
  const long = new AbortController();
  for (let call = 0; call < CALLS; call += 1) {
    const send = async ({ request: { signal } }: Options): Promise<void> => {
      signal.addEventListener("abort", () => {});
      signals.push(new WeakRef(signal));
    };
    await bounded?.(send, { method: "GET", request: { signal: long.signal } });
  }
  await expect.poll(() => countKept(signals)).toBeLessThan(CALLS / 4);
  expect([signals.length, long.signal.aborted]).toEqual([CALLS, false]);
});

it.each<[string, Answer]>([
  ["an answer", () => {}],
  ["a body", (_request, response) => response.write("{")],
])("%s that does not come is given up, also after garbage was collected", async (_what, answer) => {
  await using server = await startScriptedServer(answer);
  const asked = wholeAnswers(3_000)(server.url);
  const failed = asked.then(
    () => null,
    (error: Error) => error.name,
  );
  await expect.poll(() => server.requests).toHaveLength(1);
  countKept([]);
  expect(await failed).toBe("TimeoutError");
});
