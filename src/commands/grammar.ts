/** One grammar for what people write to Redline, wherever they write it. Pure. */
import { accept } from "./accept.ts";
import { catchup } from "./catchup.ts";
import { changes } from "./changes.ts";
import type { Command, CommandDefinition, CommandName, ParsedCommand } from "./command.ts";
import { connect } from "./connect.ts";
import { concern } from "./concern.ts";
import { concerns } from "./concerns.ts";
import { decline } from "./decline.ts";
import { disconnect } from "./disconnect.ts";
import { exportRecord } from "./export.ts";
import { forget } from "./forget.ts";
import { help } from "./help.ts";
import { isPullRequestAddress, link, linkTo } from "./link.ts";
import { maintainers } from "./maintainers.ts";
import { mode } from "./mode.ts";
import { model } from "./model.ts";
import { mute } from "./mute.ts";
import { editDistance } from "./nearest.ts";
import { proposeMerge } from "./propose-merge.ts";
import { share } from "./share.ts";
import { notify } from "./notify.ts";
import { status } from "./status.ts";
import { stop } from "./stop.ts";
import { unlink } from "./unlink.ts";
import { unmute } from "./unmute.ts";
import { unwatch } from "./unwatch.ts";
import { watch } from "./watch.ts";

/** By their words, in the order in which help lists them. */
export const COMMANDS: { [K in CommandName]: CommandDefinition<Extract<Command, { kind: K }>> } = {
  link,
  share,
  unlink,
  status,
  changes,
  accept,
  decline,
  concern,
  concerns,
  "propose-merge": proposeMerge,
  model,
  mode,
  stop,
  maintainers,
  connect,
  disconnect,
  watch,
  unwatch,
  mute,
  unmute,
  notify,
  catchup,
  export: exportRecord,
  forget,
  help,
};

const NAMES = Object.keys(COMMANDS) as CommandName[];

/**
 * Reads what was written after a mention of Redline, or after `/rfc`. A mention that is no command is null:
 * a question to the model. After `/rfc` everything is a command, known or not.
 */
export function parseCommand(text: string, from: "mention" | "slash"): ParsedCommand | null {
  const said = unwrap(text);
  if (said === "") return from === "slash" ? { kind: "help" } : null;
  const [first = ""] = said.split(/\s+/, 1);
  const rest = said.slice(first.length).trim();
  const given = { words: rest === "" ? [] : rest.split(/\s+/), rest };
  if (isPullRequestAddress(first)) {
    return linkTo(first, rest);
  }
  const word = first.toLowerCase();
  const name = NAMES.find((known) => known === word);
  if (name !== undefined) {
    const command = definitionOf(name).parse(given);
    if (command === "usage") return { kind: "usage", command: name };
    if (command !== null) return command;
    return from === "slash" ? { kind: "usage", command: name } : null;
  }
  const nearest = nearestTo(word);
  if (from === "slash") return { kind: "unknown", word: first, nearest };
  // A slip of the fingers, with exactly what that command takes.
  const isSlip = nearest !== null && isMeant(word, nearest) && takes(nearest, given);
  return isSlip ? { kind: "unknown", word: first, nearest } : null;
}

export function definitionOf(name: CommandName): CommandDefinition {
  return COMMANDS[name];
}

function takes(name: CommandName, given: { words: string[]; rest: string }): boolean {
  const command = definitionOf(name).parse(given);
  return command !== null && command !== "usage";
}

/** Quoted as code, as help shows it, or with the word of the slash command. */
function unwrap(text: string): string {
  const trimmed = text.trim();
  const code = /^`([^`\n]+)`$/.exec(trimmed)?.[1] ?? trimmed;
  return code.replace(/^\/rfc(?=\s|$)/i, "").trim();
}

const FARTHEST = 2;

function nearestTo(word: string): CommandName | null {
  let best: CommandName | null = null;
  let least = FARTHEST + 1;
  for (const name of NAMES) {
    const distance = editDistance(word, name);
    const isNear = distance < least && distance < name.length - 1;
    if (isNear) [best, least] = [name, distance];
  }
  return best;
}

/** Short words are a slip away from too many others. */
function isMeant(word: string, name: CommandName): boolean {
  return name.length >= 5 && editDistance(word, name) === 1;
}
