/**
 * The hidden last line of everything that Redline writes on a pull request: by it a comment is found again
 * after a crash. It proves nothing about who wrote a comment; ask the host for that.
 */

export type Marker =
  /** A change is shown; `revision` counts its comments, from 1. */
  | { kind: "change"; changeId: string; revision: number }
  /** A message of the conversation. */
  | { kind: "answer"; messageId: string }
  /** Why a comment is not answered; by that comment's key. */
  | { kind: "notice"; key: string }
  /** What was decided. `key`: letters, digits, `.`, `_`, `-`. */
  | { kind: "summary"; key: string }
  /** The open concerns about one RFC; by a key of it. */
  | { kind: "concerns"; key: string }
  /** What became of a proposal to merge; by its id. */
  | { kind: "merge"; key: string };

const MARKER =
  /^<!-- redline:(change|answer|summary|notice|concerns|merge) ([\w.-]+?)(?: (\d{1,9}))? -->$/;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** @throws RangeError for what `parseMarker` would not read back */
export function formatMarker(marker: Marker): string {
  const text = `<!-- redline:${marker.kind} ${argumentsOf(marker)} -->`;
  if (parseMarker(text) === null) throw new RangeError(`not a marker: ${text}`);
  return text;
}

function argumentsOf(marker: Marker): string {
  switch (marker.kind) {
    case "change":
      return `${marker.changeId} ${marker.revision}`;
    case "answer":
      return marker.messageId;
    case "notice":
    case "summary":
    case "concerns":
    case "merge":
      return marker.key;
  }
}

/** The marker in the last line of a comment's body; null when there is none. */
export function parseMarker(body: string): Marker | null {
  const trimmed = body.trimEnd();
  const match = MARKER.exec(trimmed.slice(trimmed.lastIndexOf("\n") + 1));
  if (match === null) return null;
  const [, kind, name = "", revision] = match;
  if (kind === "change") {
    const isChange = UUID.test(name) && revision !== undefined;
    return isChange ? { kind, changeId: name, revision: Number(revision) } : null;
  }
  if (revision !== undefined) return null;
  if (kind === "summary" || kind === "notice" || kind === "concerns" || kind === "merge") {
    return name.includes("--") ? null : { kind, key: name };
  }
  return UUID.test(name) ? { kind: "answer", messageId: name } : null;
}
