/** The desk of records in memory. */
import { createHash, randomUUID } from "node:crypto";
import type { RecordDesk, RecordView } from "../../src/record/record.ts";
import type { FakeWorld } from "./fake-world.ts";

export class FakeRecord implements RecordDesk {
  readonly views = new Map<string, RecordView>();
  markdown = "# Transcript\n\n## Thread 1\n\n**Ada**, 2026-03-02\n\n> Is a minute enough?\n";
  readonly #world: FakeWorld;

  constructor(world: FakeWorld) {
    this.#world = world;
  }

  async view(slug: string): Promise<RecordView> {
    this.#world.rfc(slug);
    return this.views.get(slug) ?? { marks: [], entries: 0, headHash: null, problem: null };
  }

  readonly write: RecordDesk["write"] = async (slug, by) => {
    const known = await this.view(slug);
    const entries = known.entries + 1;
    const headHash = createHash("sha256").update(String(entries)).digest("hex");
    const mark = {
      id: randomUUID(),
      cause: "export" as const,
      lastSeq: entries,
      headHash,
      madeBy: by.id,
      madeByName: this.#world.user.displayName,
      commitSha: null,
      problem: null,
      createdAt: new Date(),
    };
    this.views.set(slug, { ...known, marks: [mark, ...known.marks], entries, headHash });
    return mark;
  };

  readonly file: RecordDesk["file"] = async (slug, format) => {
    this.#world.rfc(slug);
    return format === "markdown"
      ? { name: `${slug}.transcript.md`, mediaType: "text/markdown", body: this.markdown }
      : { name: `${slug}.transcript.json`, mediaType: "application/json", body: "{}\n" };
  };

  async forget(): Promise<number> {
    return 0;
  }
}
