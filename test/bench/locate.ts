/** Locating edits: times by tier in a document of 170 KB, and how copied passages find their place. */
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { contextOf } from "../../src/changes/find.ts";
import { locateEdit } from "../../src/changes/locate.ts";
import type { Passage, Placement } from "../../src/changes/placement.ts";
import { NOISES, passagesOf } from "../changes/copy-noise.ts";
import type { Noise } from "../changes/copy-noise.ts";
import { corpusDocuments, corpusMissing } from "../changes/histories.ts";
import { figure, measure, median, printTable } from "./report.ts";

export const title = "Locating edits";

export async function run(): Promise<void> {
  if (corpusMissing !== null) {
    console.log(corpusMissing);
    return;
  }
  times();
  copies();
  repeats();
}

function times(): void {
  const documents = corpusDocuments().toSorted((a, b) => b.text.length - a.text.length);
  const { name, text } = documents[0]!;
  const passages = passagesOf(text, 40, 1);
  const slices = passages.map(({ start, end }) => text.slice(start, end));
  const misquote: Noise = (slice) =>
    slice.replace(/(?<=\w{3})[a-z](?=\w)/g, (c, at: number) => (at % 40 < 4 ? "x" : c));
  const long = text.slice(20_000, 24_000);
  const tiers: [string, string[]][] = [
    ["exact", slices],
    ["normalised", slices.map((slice) => slice.replaceAll(" ", "\u00A0"))],
    ["approximate", slices.map(misquote)],
    ["approximate, 4,000 characters", [long.replaceAll("project", "projekt").slice(0, 3990)]],
    ["not found", slices.map((slice) => [...slice].toReversed().join(""))],
    ["not found, 60,000 characters", ["lorem ipsum dolor sit amet ".repeat(2300)]],
    ["one letter", ["e"]],
  ];
  const warm = new DocumentIndex(text);
  console.log(`${name}, ${text.length} characters; milliseconds, medians; the worst single text`);
  printTable(
    ["method", "first of a version", "further ones", "worst"],
    tiers.map(([tier, texts]) => {
      const cold = texts.map((sought) => median(timesOf(() => new DocumentIndex(text), sought)));
      const further = texts.map((sought) => median(timesOf(() => warm, sought)));
      return [tier, figure(median(cold)), figure(median(further)), figure(Math.max(...cold))];
    }),
  );
}

function timesOf(index: () => DocumentIndex, sought: string): number[] {
  const edit = { original: sought, proposed: "x" };
  return measure(() => locateEdit(index(), edit), { runs: 7, warmUp: 2 });
}

type Result = "right" | "asked, first choice right" | "asked, other" | "not found" | "wrong";

const RESULTS: Result[] = [
  "right",
  "asked, first choice right",
  "asked, other",
  "not found",
  "wrong",
];

/** Passages of all documents, copied with noise, and located again with the context they were taken from. */
function copies(): void {
  const rows = Object.entries(NOISES).map(([name, noise]) => {
    const counts = tally((doc, passage) => {
      const original = doc.text.slice(passage.start, passage.end);
      const copied = noise(original);
      // Code in other lines is other code, so it is asked about: re-wrapping is measured on prose.
      if (noise === NOISES["re-wrapped"] && doc.touchesFence(passage.start, passage.end))
        return null;
      return copied === original ? null : copied;
    });
    return row(name, counts);
  });
  console.log("Copied passages, ten documents, context of 32 characters given");
  printTable(["noise", "passages", ...RESULTS], rows);
}

/** Passages that stand at several places, told apart by their context. */
function repeats(): void {
  const counts = tally((doc, passage) => {
    const original = doc.text.slice(passage.start, passage.end).split(" ").slice(0, 2).join(" ");
    passage.end = passage.start + original.length;
    return doc.text.indexOf(original) === doc.text.lastIndexOf(original) ? null : original;
  });
  console.log("First two words of the same passages, where they stand at several places");
  printTable(["", "passages", ...RESULTS], [row("repeated", counts)]);
}

function row(name: string, counts: Map<Result, number>): string[] {
  const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
  const share = (result: Result): string => {
    const count = counts.get(result) ?? 0;
    return all === 0 ? "–" : `${count} (${figure((100 * count) / all)} %)`;
  };
  return [name, String(all), ...RESULTS.map(share)];
}

function tally(copy: (doc: DocumentIndex, passage: Passage) => string | null): Map<Result, number> {
  const counts = new Map<Result, number>();
  for (const { text } of corpusDocuments()) {
    const doc = new DocumentIndex(text);
    for (const passage of passagesOf(text, 400, 7)) {
      const copied = copy(doc, passage);
      if (copied === null) continue;
      const placement = locateEdit(
        doc,
        { original: copied, proposed: "" },
        { context: contextOf(text, passage) },
      );
      const result = judge(text, placement, passage);
      counts.set(result, (counts.get(result) ?? 0) + 1);
    }
  }
  return counts;
}

function judge(text: string, { certainty, passage }: Placement, truth: Passage): Result {
  if (passage === null) return "not found";
  const right = trimmed(text, passage) === trimmed(text, truth);
  if (certainty === "ask") return right ? "asked, first choice right" : "asked, other";
  return right ? "right" : "wrong";
}

/** The passage without white space at its edges. */
function trimmed(text: string, { start, end }: Passage): string {
  const slice = text.slice(start, end);
  const from = start + slice.length - slice.trimStart().length;
  return `${from}-${from + slice.trim().length}`;
}
