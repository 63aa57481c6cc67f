/** The largest answer that is read, in bytes; a page of 100 comments of GitHub's largest size has 26 MB. */
const MAX_ANSWER_BYTES = 64 * 1024 * 1024;
/** A read gets this share of a call's time, so that there is some left to repeat it. */
const READ_SHARE = 1 / 3;

/**
 * A `fetch` that resolves once the whole answer is there: Octokit takes a body that breaks off for an empty
 * one, which would make an empty document of a lost connection.
 */
export function wholeAnswers(timeoutMs: number): typeof fetch {
  return async (input, init) => {
    const isRead = (init?.method ?? "GET") === "GET";
    const timeout = AbortSignal.timeout(Math.ceil(isRead ? timeoutMs * READ_SHARE : timeoutMs));
    const signal = init?.signal ? AbortSignal.any([init.signal, timeout]) : timeout;
    const answer = await fetch(input, { ...init, signal });
    const body = await bytesOf(answer);
    const { status, statusText, headers } = answer;
    const whole = new Response(body.length === 0 ? null : body, { status, statusText, headers });
    Object.defineProperty(whole, "url", { value: answer.url });
    return whole;
  };
}

async function bytesOf(answer: Response): Promise<Buffer<ArrayBuffer>> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  // Leaving the loop early ends the connection.
  for await (const chunk of answer.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new Error(`The answer has over ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
