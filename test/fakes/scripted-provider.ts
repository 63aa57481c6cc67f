import type { ModelEvent, ModelProvider, ModelRequest } from "../../src/ports.ts";

/** What the model does in one request: texts to stream, promises to wait for, an error to throw. */
export type Step = string | Promise<unknown> | Error | { stop: "max_tokens" | "refusal" };

/** A model that says what the test tells it to; `script` sees the request and its number from 0. */
export class ScriptedProvider implements ModelProvider {
  readonly name = "scripted";
  readonly listsAll = true;
  readonly requests: ModelRequest[] = [];
  script: (request: ModelRequest, index: number) => Step[];

  constructor(script: (request: ModelRequest, index: number) => Step[] = () => ["Hello."]) {
    this.script = script;
  }

  models(): Promise<{ id: string; label: string }[]> {
    return Promise.resolve([
      { id: "scripted-1", label: "Scripted" },
      { id: "scripted-2", label: "Scripted too" },
    ]);
  }

  async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent> {
    this.requests.push(request);
    let stop: "complete" | "max_tokens" | "refusal" = "complete";
    let output = 0;
    for (const step of this.script(request, this.requests.length - 1)) {
      signal.throwIfAborted();
      if (typeof step === "string") {
        output += 1;
        yield { type: "text", text: step };
      } else if (step instanceof Error) throw step;
      else if (step instanceof Promise) await raceAbort(step, signal);
      else stop = step.stop;
    }
    yield { type: "end", stop, usage: { input: 100, output, cacheRead: 0, cacheWrite: 0 } };
  }
}

/** The live tag that a request names. */
export function liveTag(request: ModelRequest): string {
  const tag = /<change k="[^"]+">/.exec(request.turnPrompt)?.[0];
  if (!tag) throw new Error("the prompt shows no live tag");
  return tag;
}

/** A change block as a model writes it. */
export function block(
  request: ModelRequest,
  original: string,
  proposed: string,
  reason = "Because.",
): string {
  return `${liveTag(request)}\n<original>${original}</original>\n<proposed>${proposed}</proposed>\n<reason>${reason}</reason>\n</change>\n`;
}

function raceAbort(step: Promise<unknown>, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")), {
      once: true,
    });
    step.then(resolve, reject);
  });
}
