import type { Person } from "../ports.ts";
import type { Rfc } from "../rfcs/rfc.ts";
import type { Change } from "./change.ts";

/** Git shows subjects in one line; 72 is its own tools' wrapping width. */
const SUBJECT_WIDTH = 72;

/** Git's identity of somebody who gave no address; the name space is reserved (RFC 2606). */
export function gitPerson(user: { id: string; displayName: string; email: string | null }): Person {
  const name = user.displayName.replace(/[<>\r\n\0]+/g, " ").trim();
  return { name: name || "Someone", email: user.email ?? `${user.id}@users.redline.invalid` };
}

/**
 * The message of the commit for one change: what and why for readers of the history, and trailers for
 * programs. The change's trailer is what a repeated job looks for. Pure.
 */
export function commitMessage(change: Change, rfc: Rfc, shapedBy: readonly Person[]): string {
  const reason = change.reason.replace(/\s+/g, " ").trim();
  const subject = clip(
    reason === "" ? `Apply change #${change.number} to ${rfc.title}` : firstSentence(reason),
  );
  const body = reason !== "" && reason !== subject ? [wrap(reason), ""] : [];
  const trailers = [
    `Redline-Change: ${change.id}`,
    ...shapedBy.map((person) => `Co-authored-by: ${person.name} <${person.email}>`),
  ];
  return [subject, "", ...body, ...trailers, ""].join("\n");
}

function firstSentence(text: string): string {
  return /^.*?[.!?。](?=\s|$)/.exec(text)?.[0].replace(/[.。]$/, "") ?? text;
}

function clip(text: string): string {
  // A subject that begins with "#" would be taken for a comment by Git's editors.
  const line = text
    .replace(/\s+/g, " ")
    .trim()
    .replace(/^#+\s*/, "");
  if (line.length <= SUBJECT_WIDTH) return line;
  const cut = line.slice(0, SUBJECT_WIDTH - 1).toWellFormed();
  return `${cut.slice(0, cut.includes(" ") ? cut.lastIndexOf(" ") : undefined)}…`;
}

/** Wraps words; a line of a reason can therefore never look like a trailer block of its own. */
function wrap(text: string): string {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + 1 + word.length > SUBJECT_WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === "" ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join("\n");
}
