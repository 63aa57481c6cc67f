/**
 * Finding in a request what the offline editor needs: the document, the live tag, and what people said.
 */
import type { ModelRequest } from "../../src/ports.ts";

/** Something said, with the passage that was quoted for it. */
export interface Saying {
  quote: string | null;
  text: string;
}

export interface PromptView {
  /** The document's exact text; empty where the prompt holds none. */
  document: string;
  /** The opening tag that is valid for this answer. */
  tag: string;
  /** What the newest message says; several people may speak in it. */
  sayings: Saying[];
}

export function readRequest({ stablePrompt, turnPrompt, messages }: ModelRequest): PromptView {
  const passage = between(turnPrompt, "<passage>", "</passage>");
  const sayings = readSayings(messages.at(-1)?.content ?? "");
  return {
    document: between(stablePrompt, "<document>", "</document>") ?? "",
    tag: /<change k="[^"]*">/.exec(turnPrompt)?.[0] ?? "<change>",
    // In a thread about a passage, that is what "this" means where nobody quoted another one.
    sayings: sayings.map(({ quote, text }) => ({ quote: quote ?? passage, text })),
  };
}

/** What stands between the first line `open` and the last line `close`. */
function between(text: string, open: string, close: string): string | null {
  const from = `\n${text}`.indexOf(`\n${open}\n`);
  const to = `${text}\n`.lastIndexOf(`\n${close}\n`);
  const start = from + open.length + 1;
  return from >= 0 && to >= start - 1 ? text.slice(start, Math.max(start, to)) : null;
}

/** Lines that begin with ">" are a quote for the text that follows them, up to the next quote. */
function readSayings(content: string): Saying[] {
  const sayings: Saying[] = [];
  let quoted: string[] = [];
  let said: string[] = [];
  const finish = (): void => {
    const text = said.join("\n").trim();
    if (text !== "") {
      sayings.push({ quote: quoted.length > 0 ? quoted.join("\n") : null, text });
      quoted = [];
    }
    said = [];
  };
  for (const line of content.split("\n")) {
    if (line.startsWith(">")) {
      finish();
      quoted.push(line.replace(/^> ?/, ""));
    } else {
      said.push(line);
    }
  }
  finish();
  return sayings;
}
