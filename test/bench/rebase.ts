/**
 * Rebasing pending changes: what it says of changes carried along real histories, compared with an oracle
 * that shares no code with it (see test/changes/token-oracle.ts), and its time in a document of 170 KB.
 */
import { DocumentIndex } from "../../src/changes/document-index.ts";
import { rebaseAll } from "../../src/changes/rebase.ts";
import { corpusDocuments, corpusHistories, corpusMissing } from "../changes/histories.ts";
import { emptyTally, pendingChanges, replay, seeded } from "../changes/replay.ts";
import type { Tally } from "../changes/replay.ts";
import { figure, median, printTable, timed } from "./report.ts";

export const title = "Rebasing pending changes";

const PER_VERSION = 40;

export async function run(): Promise<void> {
  if (corpusMissing !== null) {
    console.log(corpusMissing);
    return;
  }
  histories(1, 5);
  histories(12, 1);
  times();
}

function histories(stride: number, steps: number): void {
  const all = corpusHistories().map(({ name, versions }) => {
    const tally = emptyTally();
    replay(versions, { perVersion: PER_VERSION, steps, stride }, tally);
    return { name, tally };
  });
  const rows = [...all, { name: "all", tally: all.map(({ tally }) => tally).reduce(sum) }];
  const carried = stride === 1 ? `over up to ${steps} versions` : `over ${stride} versions at once`;
  console.log(
    `${PER_VERSION} changes made on each version, carried ${carried}. Passages untouched:`,
  );
  printTable(
    ["history", "judged", "fresh", "asked", "stale or conflict", "called applied", "wrong place"],
    rows.map(({ name, tally: { untouched: u } }) => [
      name,
      ...shares([u.fresh, u.asked, u.lost, u.applied, u.wrongPlace]),
    ]),
  );
  console.log("Passages gone or changed:");
  printTable(
    [
      "history",
      "judged",
      "called fresh",
      "called applied",
      "rebased",
      "conflict",
      "moved",
      "stale",
    ],
    rows.map(({ name, tally: { gone: g } }) => [
      name,
      ...shares([g.fresh, g.applied, g.rebased, g.conflict, g.moved, g.stale]),
    ]),
  );
  console.log("The next version with the very change made in it by somebody else:");
  printTable(
    ["history", "judged", "applied", "fresh (would apply twice)", "asked", "stale or conflict"],
    rows.map(({ name, tally: { made: m } }) => [
      name,
      ...shares([m.applied, m.fresh, m.asked, m.lost]),
    ]),
  );
}

/** The sum, then each count with its percentage. */
function shares(counts: number[]): string[] {
  const all = counts.reduce((total, count) => total + count, 0);
  return [
    String(all),
    ...counts.map((count) => `${count} (${all === 0 ? "–" : figure((100 * count) / all)} %)`),
  ];
}

function sum(a: Tally, b: Tally): Tally {
  const add = <K extends string>(x: Record<K, number>, y: Record<K, number>): Record<K, number> =>
    Object.fromEntries(Object.keys(x).map((key) => [key, x[key as K] + y[key as K]])) as Record<
      K,
      number
    >;
  return {
    untouched: add(a.untouched, b.untouched),
    gone: add(a.gone, b.gone),
    made: add(a.made, b.made),
  };
}

function times(): void {
  const { name, text } = corpusDocuments().toSorted((a, b) => b.text.length - a.text.length)[0]!;
  const tips: [string, string][] = [
    ["the same", text],
    ["5 edits", edited(text, 5)],
    ["40 edits", edited(text, 40)],
    ["400 edits", edited(text, 400)],
    ["CRLF", text.replaceAll("\n", "\r\n")],
    ["re-wrapped", text.replace(/([^\n|]{60,80}) (?=\w)/g, "$1\n")],
    ["twice in a row", text + text],
    ["upper case", text.toUpperCase()],
    ["lines sorted", text.split("\n").toSorted().join("\n")],
    ["words reversed", text.split(" ").toReversed().join(" ")],
    ["emptied", ""],
  ];
  console.log(
    `${name}, ${text.length} characters, 50 pending changes; milliseconds, both indexes built`,
  );
  printTable(
    ["new tip", "median", "slowest of 15"],
    tips.map(([change, tip]) => {
      const runs = Array.from({ length: 18 }, (_, seed) => {
        const items = pendingChanges(text, 50, seed + 1);
        return timed(() => rebaseAll(new DocumentIndex(text), new DocumentIndex(tip), items));
      }).slice(3);
      return [change, figure(median(runs)), figure(Math.max(...runs))];
    }),
  );
}

/** Words inserted, stretches deleted, paragraphs added, at random places. */
function edited(text: string, count: number): string {
  const random = seeded(count);
  let result = text;
  for (let edit = 0; edit < count; edit++) {
    const at = result.indexOf(" ", random(result.length - 600));
    const resume = edit % 3 === 1 ? at + 40 + random(400) : at;
    const added = [" brand new words", "", "\n\nA whole new paragraph of text is here.\n\n"][
      edit % 3
    ];
    result = result.slice(0, at) + added + result.slice(resume);
  }
  return result;
}
