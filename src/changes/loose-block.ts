import type { BlockFields } from "./parser-events.ts";

/**
 * A change block that did not become a change: it is shown with a way on. `malformed` is repaired by asking
 * the model again; `fenced` (inside a code fence) and `unmarked` (without the turn's tag) are promoted.
 */
export interface LooseBlock {
  id: string;
  threadId: string;
  messageId: string;
  kind: "malformed" | "fenced" | "unmarked";
  /** What is wrong with a malformed one, see `MalformedCode`. */
  code: string | null;
  fields: BlockFields;
  state: "open" | "promoted" | "repaired" | "withdrawn";
  changeId: string | null;
  textOffset: number;
}
