import type { DocumentIndex } from "../changes/document-index.ts";
import { locateEdit } from "../changes/locate.ts";
import type { ParserEvent } from "../changes/parser-events.ts";

/** A change that is being written: where it belongs, once that is known. */
export interface Draft {
  section: string[] | null;
  ended: boolean;
}

/** Tells of a change while it is written: that it began, where its passage stands, and that it ended. */
export class DraftNotice {
  private readonly index: DocumentIndex;
  private readonly tell: (draft: Draft) => void;
  /** The passage so far; null once its place was told, and between blocks. */
  private passage: string | null = null;

  constructor(index: DocumentIndex, tell: (draft: Draft) => void) {
    this.index = index;
    this.tell = tell;
  }

  see(event: ParserEvent): void {
    switch (event.type) {
      case "open":
        this.passage = "";
        return this.tell({ section: null, ended: false });
      case "delta":
        if (this.passage === null) return;
        if (event.field === "original") this.passage += event.text;
        // Fields follow each other: once another one has begun, the passage is whole.
        else if (this.passage !== "") this.locate(this.passage);
        return;
      case "change":
      case "malformed":
        this.passage = null;
        return this.tell({ section: null, ended: true });
      case "text":
      case "quoted":
        return;
    }
  }

  private locate(original: string): void {
    this.passage = null;
    const { section } = locateEdit(this.index, { original, proposed: "" });
    if (section.length > 0) this.tell({ section, ended: false });
  }
}
