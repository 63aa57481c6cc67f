/**
 * The `fetch` that the SDKs of model providers are given.
 */
import type { Pulse } from "./watched-stream.ts";

/** Of one answer, as it is unpacked; the longest that models write have some megabytes of events. */
const MOST_BYTES = 64 * 1024 * 1024;

/**
 * A `fetch` that reports every chunk of the response body to `pulse`, keep-alives included (the SDKs drop
 * those before anybody sees them), and sends only the headers that `allowed` accepts (lower-case names):
 * the SDKs add whatever headers an environment variable tells them, and the machine's environment shall
 * have no say.
 */
export function watchedFetch(pulse: Pulse, allowed: (name: string) => boolean): typeof fetch {
  return async (url, init) => {
    const headers = [...new Headers(init?.headers)].filter(([name]) => allowed(name));
    const response = await fetch(url, { ...init, headers });
    pulse.bytes();
    if (response.body === null) return response;
    let left = MOST_BYTES;
    const onChunk = (bytes: number): void => {
      left -= bytes;
      if (left < 0) throw new Error(`The model's answer has over ${MOST_BYTES} bytes`);
      pulse.bytes();
    };
    return new Response(reported(response.body, onChunk), response);
  };
}

/** The same bytes, each chunk announced. Pulled by hand, which is cheaper than a TransformStream. */
function reported(
  body: ReadableStream<Uint8Array>,
  onChunk: (bytes: number) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        try {
          onChunk(value?.length ?? 0);
        } catch (error) {
          await reader.cancel(error);
          throw error;
        }
        if (done) controller.close();
        else controller.enqueue(value);
      },
      cancel: (reason) => reader.cancel(reason),
    },
    { highWaterMark: 0 },
  );
}

/** Names that every SDK of this family sends by itself. */
const ORDINARY = new Set(["accept", "authorization", "content-type", "user-agent"]);

export const isOrdinaryHeader = (name: string): boolean =>
  ORDINARY.has(name) || name.startsWith("x-stainless-");

/**
 * Whether an error, or what caused it, is a connection that broke. SDKs wrap such errors or not, depending
 * on how far they had come.
 */
export function isBrokenConnection(error: unknown): boolean {
  return causesOf(error).some(
    (cause) =>
      "code" in cause && typeof cause.code === "string" && /^(UND_ERR_|E[A-Z]+$)/.test(cause.code),
  );
}

/** Whether an error, or what caused it, is data that is not JSON. */
export function isUnreadable(error: unknown): boolean {
  return causesOf(error).some((cause) => cause instanceof SyntaxError);
}

function causesOf(error: unknown): Error[] {
  const causes: Error[] = [];
  for (let cause = error; cause instanceof Error && causes.length < 5; cause = cause.cause) {
    causes.push(cause);
  }
  return causes;
}
