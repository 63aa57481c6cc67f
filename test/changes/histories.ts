/** Documents and histories that locating and rebasing are measured on. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";

const CORPUS = fileURLToPath(new URL("../../../shared/corpus/", import.meta.url));
const FIXTURES = fileURLToPath(new URL("../fixtures/documents/", import.meta.url));

/** Why what needs the whole corpus is skipped; null when it is there. */
export const corpusMissing: string | null = existsSync(CORPUS)
  ? null
  : "skipped: the corpus of RFCs is not at ../shared/corpus";

export interface NamedText {
  name: string;
  text: string;
}

/** A document's versions, oldest first. */
export interface History {
  name: string;
  versions: string[];
}

export function corpusDocuments(): NamedText[] {
  return documentsIn(`${CORPUS}documents/`);
}

export function fixtureDocuments(): NamedText[] {
  return documentsIn(FIXTURES).filter(({ name }) => name !== "README");
}

export function corpusHistories(): History[] {
  return historiesIn(`${CORPUS}histories/`);
}

export function fixtureHistories(): History[] {
  return historiesIn(FIXTURES);
}

function documentsIn(folder: string): NamedText[] {
  return filesIn(folder, ".md").map((path) => ({
    name: basename(path, ".md"),
    text: readFileSync(path, "utf8"),
  }));
}

function historiesIn(folder: string): History[] {
  return filesIn(folder, ".jsonl").map((path) => ({
    name: basename(path, ".jsonl"),
    versions: readFileSync(path, "utf8")
      .trimEnd()
      .split("\n")
      .map((line) => (JSON.parse(line) as { body: string }).body),
  }));
}

function filesIn(folder: string, ending: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .toSorted()
    .map((name) => folder + name);
}
