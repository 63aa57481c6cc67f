import type { Metrics } from "../metrics.ts";
import type { ModelRequest, ModelUsage } from "../ports.ts";

/** What an earlier turn of the thread used. */
export type Known = { usage: ModelUsage; promptBytes: number } | null;

/** Tokens of one request, and millionths of a US dollar; null where the model has no price. */
type Tell = (usage: ModelUsage, costMicrodollars: number | null) => void;

/** Of an answer, where nobody counted: about the same as of a prompt. */
const TOKENS_PER_BYTE = 0.3;

/**
 * What the requests of one turn used, and cost. Providers tell it at the end of an answer; of one that is broken
 * off it is estimated, since it is paid for as well.
 */
export class TurnUsage {
  /** Null until there is any. */
  sum: (ModelUsage & { promptBytes: number }) | null = null;
  private readonly costOf: (usage: ModelUsage) => number | null;
  private readonly known: Known;
  private readonly tell: Tell;
  private cost: number | null = 0;
  private request: ModelRequest | null = null;
  private answerBytes = 0;

  /** @param tell is told what each request used */
  constructor(costOf: (usage: ModelUsage) => number | null, known: Known, tell: Tell = () => {}) {
    this.costOf = costOf;
    this.known = known;
    this.tell = tell;
  }

  /** Millionths of a US dollar; null where nothing was used, or it has no price. */
  get costMicrodollars(): number | null {
    return this.sum === null ? null : this.cost;
  }

  /** A request is sent. */
  begin(request: ModelRequest): void {
    this.request = request;
    this.answerBytes = 0;
  }

  /** A part of the answer came. */
  read(text: string): void {
    this.answerBytes += Buffer.byteLength(text);
  }

  /** The provider told what its answer to the request used. */
  count(usage: ModelUsage): void {
    const request = this.request;
    if (request === null) return;
    this.request = null;
    const bytes = promptBytesOf(request);
    const sum = this.sum ?? { input: 0, output: 0, cacheRead: 0, cacheWrite: 0, promptBytes: 0 };
    this.sum = {
      input: sum.input + usage.input,
      output: sum.output + usage.output,
      cacheRead: sum.cacheRead + usage.cacheRead,
      cacheWrite: sum.cacheWrite + usage.cacheWrite,
      promptBytes: sum.promptBytes + bytes,
    };
    // By request, since what a token costs may depend on the length of its prompt.
    const cost = this.costOf(usage);
    this.cost = this.cost === null || cost === null ? null : this.cost + cost;
    this.tell(usage, cost);
  }

  /**
   * The request is over. Without a count it is estimated where it has brought text, and where it was broken off
   * from here, since the prompt is paid for before there is any; one that failed by itself was not taken.
   */
  settle(how: "ended" | "broken off"): void {
    const request = this.request;
    if (request === null) return;
    if (this.answerBytes > 0 || how === "broken off") {
      this.count(estimateUsage(this.known, promptBytesOf(request), this.answerBytes));
    }
    this.request = null;
  }
}

/** Counts what a model's requests use and cost. */
export function countUsed(metrics: Metrics, model: string): Tell {
  return ({ input, output, cacheRead, cacheWrite }, costMicrodollars) => {
    const parts = { input, output, cache_read: cacheRead, cache_write: cacheWrite } as const;
    for (const kind of ["input", "output", "cache_read", "cache_write"] as const) {
      metrics.count("model_tokens_total", { model, kind }, parts[kind]);
    }
    if (costMicrodollars === null) return;
    metrics.count("model_cost_dollars_total", { model }, costMicrodollars / 1e6);
  };
}

/** By what a byte was counted as before; where nothing was, nothing is taken to come from a cache. Pure. */
function estimateUsage(known: Known, promptBytes: number, answerBytes: number): ModelUsage {
  const output = Math.ceil(answerBytes * TOKENS_PER_BYTE);
  if (known === null || known.promptBytes === 0) {
    return { input: Math.ceil(promptBytes * TOKENS_PER_BYTE), output, cacheRead: 0, cacheWrite: 0 };
  }
  const scale = promptBytes / known.promptBytes;
  const { input, cacheRead, cacheWrite } = known.usage;
  return {
    input: Math.ceil(input * scale),
    output,
    cacheRead: Math.ceil(cacheRead * scale),
    cacheWrite: Math.ceil(cacheWrite * scale),
  };
}

/** What a request uses at most, about, where nothing is known to go by. Pure. */
export function likelyUsage(request: ModelRequest): ModelUsage {
  const input = Math.ceil(promptBytesOf(request) * TOKENS_PER_BYTE);
  return { input, output: request.maxTokens, cacheRead: 0, cacheWrite: 0 };
}

function promptBytesOf(request: ModelRequest): number {
  const contents = request.messages.map((message) => message.content);
  return Buffer.byteLength(request.stablePrompt + request.turnPrompt + contents.join(""));
}
