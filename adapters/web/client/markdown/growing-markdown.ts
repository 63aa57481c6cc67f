import { lexMarkdown } from "./markdown.ts";

/** How many of the last blocks may still change when more text comes. */
const UNSETTLED = 2;

/**
 * Splits a text that grows at its end into top-level Markdown blocks. Blocks that can no longer change are
 * not looked at again, so the work for each new piece does not grow with the text.
 */
export class GrowingMarkdown {
  #text = "";
  #settled: string[] = [];
  #settledLength = 0;

  /** The blocks' Markdown; a block keeps its index for good. */
  blocks(text: string): string[] {
    if (!text.startsWith(this.#text.slice(0, this.#settledLength))) {
      this.#settled = [];
      this.#settledLength = 0;
    }
    this.#text = text;
    const raws = lexMarkdown(text.slice(this.#settledLength)).map((token) => token.raw);
    const settle = raws.slice(0, Math.max(0, raws.length - UNSETTLED));
    this.#settled.push(...settle);
    this.#settledLength += settle.reduce((sum, raw) => sum + raw.length, 0);
    return [...this.#settled, ...raws.slice(settle.length)];
  }
}
