import type { BlockJson } from "../../views/thread-view.ts";

/** What a block that is no change is called, and why it is none. Pure. */
export function blockWords({ kind, code }: BlockJson): { label: string; note: string } {
  switch (kind) {
    case "fenced":
      return {
        label: "A change inside a code block",
        note: "It looks like an example, so it is not counted. If it is meant, make it a change.",
      };
    case "unmarked":
      return {
        label: "A change that may be a quotation",
        note: "It does not carry the mark of this answer, so it is not counted. If it is meant, make it a change.",
      };
    case "malformed":
      return {
        label: "An incomplete change",
        note: `${malformedNote(code ?? "")} The model can repair it.`,
      };
  }
}

function malformedNote(code: string): string {
  if (code.startsWith("unclosed_")) return "The answer ended or went on before it was closed.";
  if (code.startsWith("duplicate_")) return `It holds its ${code.slice(10)} text twice.`;
  if (code.startsWith("limit_")) return "It is longer than a change may be.";
  switch (code) {
    case "missing_original":
      return "It does not say which text it replaces.";
    case "missing_proposed":
      return "It does not say what the text should become.";
    case "noop":
      return "Its two texts are the same.";
    case "insertion_without_anchor":
      return "It inserts text without saying where.";
    default:
      return "It could not be read.";
  }
}
