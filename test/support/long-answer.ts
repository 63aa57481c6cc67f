/** A long answer that is written slowly, and what is left of it in messages. */
import { setTimeout as delay } from "node:timers/promises";
import { expect } from "vitest";
import type { ModelEvent, ModelRequest } from "../../src/ports.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";

/** Prose, lists, tables and code in turn; every line has a word of its own. */
export function longAnswer(bytes: number): string {
  const parts: string[] = [];
  let line = 0;
  const word = (): string => `word${(line += 1)}x`;
  const rows = (count: number, row: () => string): string =>
    Array.from({ length: count }, row).join("\n");
  while (parts.join("\n\n").length < bytes) {
    parts.push(
      rows(4, () => `Some **bold** prose with ${word()} in it, and a little more to say.`),
      rows(12, () => `- item ${word()} of the list`),
      `| name | meaning |\n| --- | --- |\n${rows(14, () => `| ${word()} | what it means |`)}`,
      `\`\`\`ts\n${rows(16, () => `const ${word()} = "a line of code";`)}\n\`\`\``,
    );
  }
  return parts.join("\n\n");
}

/** Writes its pieces at the pace of a model. */
export class SlowProvider extends ScriptedProvider {
  readonly #pauseMs: number;
  readonly #isSeen: () => Promise<unknown>;

  /** @param isSeen resolves once the first piece is shown, from where on time counts */
  constructor(
    script: () => string[],
    pauseMs: number,
    isSeen: () => Promise<unknown> = () => Promise.resolve(),
  ) {
    super(script);
    this.#pauseMs = pauseMs;
    this.#isSeen = isSeen;
  }

  override async *stream(request: ModelRequest, signal: AbortSignal): AsyncIterable<ModelEvent> {
    let seen: Promise<unknown> | null = null;
    for await (const event of super.stream(request, signal)) {
      await delay(this.#pauseMs, null, { signal });
      yield event;
      await (seen ??= this.#isSeen());
    }
  }
}

/** The words that every line has one of. */
export const wordsOf = (text: string): string[] => text.match(/word\d+x/g) ?? [];

/** Fences come in pairs, and each table has its head. */
export function expectWholeMarkdown(text: string): void {
  const lines = text.split("\n");
  const fences = lines.filter((line) => line.startsWith("```"));
  expect(fences.length % 2).toBe(0);
  expect(fences.filter((_, at) => at % 2 === 0)).toEqual(
    fences.filter((_, at) => at % 2 === 0).map(() => "```ts"),
  );
  for (const [at, line] of lines.entries()) {
    if (!line.startsWith("|") || lines[at - 1]?.startsWith("|")) continue;
    expect(lines.slice(at, at + 2)).toEqual(["| name | meaning |", "| --- | --- |"]);
  }
}
