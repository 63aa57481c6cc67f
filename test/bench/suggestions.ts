/** Pending changes as suggestions: the time of mapping them in a document of 170 KB, with Git's own hunks. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { diffHunks, parseHunks } from "../../src/reviews/hunks.ts";
import type { TextEdit } from "../../src/reviews/line-edit.ts";
import { mapAll } from "../../src/reviews/map-suggestion.ts";
import type { Commentable, Mapping } from "../../src/reviews/map-suggestion.ts";
import { corpusDocuments, corpusMissing } from "../changes/histories.ts";
import { pendingChanges, seeded } from "../changes/replay.ts";
import { figure, measure, median, printTable } from "./report.ts";

export const title = "Mapping suggestions";

const CHANGES = 50;
const TIMING = { runs: 30, warmUp: 5 };

export async function run(): Promise<void> {
  if (corpusMissing !== null) {
    console.log(corpusMissing);
    return;
  }
  const documents = corpusDocuments().toSorted((a, b) => b.text.length - a.text.length);
  const { name, text } = documents[0]!;
  const edits = pendingChanges(text, CHANGES, 1).flatMap(({ placement }): TextEdit[] => {
    const { passage, replacement } = placement;
    return passage === null ? [] : [{ ...passage, replacement }];
  });
  console.log(
    `${name}, ${Buffer.byteLength(text)} bytes, ${edits.length} changes; milliseconds for all of them, the lines found anew`,
  );
  const rows = [10, 400].flatMap((count) => {
    const base = before(text, count);
    const patch = gitPatch(base, text);
    return [
      row(`Git's hunks of ${count} edits`, edits, text, () => parseHunks(patch)),
      row(`no patch, ${count} edits`, edits, text, () => diffHunks(base, text)),
    ];
  });
  rows.push(row("an added file", edits, text, () => "whole file"));
  printTable(["diff", "hunks", "suggestions", "median", "slowest of 30"], rows);
}

function row(
  diff: string,
  edits: readonly TextEdit[],
  text: string,
  hunksOf: () => Commentable,
): string[] {
  let mapped: Mapping[] = [];
  const times = measure(() => (mapped = mapAll(text, edits, hunksOf())), TIMING);
  const hunks = hunksOf();
  const suggested = mapped.filter(({ kind }) => kind === "suggestion").length;
  return [
    diff,
    hunks === "whole file" ? "–" : String(hunks.length),
    String(suggested),
    figure(median(times)),
    figure(Math.max(...times)),
  ];
}

/** The document as it may have been before: words, lines and paragraphs otherwise. */
function before(text: string, edits: number): string {
  const random = seeded(edits);
  const lines = text.split("\n");
  for (let edit = 0; edit < edits; edit++) {
    const at = random(lines.length);
    if (edit % 3 === 0) lines.splice(at, 1 + random(4));
    else if (edit % 3 === 1) lines[at] = `${lines[at]} in other words`;
    else lines.splice(at, 0, "", `Paragraph ${edit} that is gone.`, "");
  }
  return lines.join("\n");
}

function gitPatch(base: string, head: string): string {
  const folder = mkdtempSync(join(tmpdir(), "redline-bench-"));
  try {
    writeFileSync(join(folder, "base"), base);
    writeFileSync(join(folder, "head"), head);
    const args = ["diff", "--no-index", "base", "head"];
    return execFileSync("git", args, { cwd: folder, encoding: "utf8", maxBuffer: 1 << 26 });
  } catch (error) {
    // Git's exit code says that there is a difference.
    return (error as { stdout: string }).stdout;
  } finally {
    rmSync(folder, { recursive: true });
  }
}
