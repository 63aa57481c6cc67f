import { linkHere } from "../chat/linking.ts";
import { isCode } from "../chat/sharing.ts";
import { isSlug } from "../store/database.ts";
import type { Command, CommandDefinition, LinkChoice } from "./command.ts";
import { parseNumber } from "./command.ts";

type Link = Extract<Command, { kind: "link" }>;

const PULL_REQUEST = /^https?:\/\/[^/\s]+\/[^/\s]+\/[^/\s]+\/pull\/\d+(?:[/?#]\S*)?$/i;
const ADDRESS = /^https?:\/\/\S+$/i;

/** Whether a word is the address of a pull request; which host it is on is not asked here. */
export function isPullRequestAddress(word: string): boolean {
  return PULL_REQUEST.test(word);
}

/** The address of a pull request, with a choice or a question behind it. */
export function linkTo(target: string, rest: string): Link {
  const choice = parseChoice(rest === "" ? [] : rest.split(/\s+/));
  const question = rest === "" || choice !== null ? null : rest;
  return { ...PLAIN, target, question, choice };
}

const PLAIN: Link = {
  kind: "link",
  target: "",
  path: null,
  question: null,
  code: null,
  choice: null,
};

export const link: CommandDefinition<Link> = {
  name: "link",
  usage: "link <slug or PR URL>",
  summary:
    "links this place to an RFC; where a pull request has several documents, write the path of one behind it",
  parse({ words, rest }) {
    const [target] = words;
    if (target === undefined) return "usage";
    if (isCode(target)) return words.length === 1 ? { ...PLAIN, code: target } : "usage";
    if (ADDRESS.test(target)) return parseAddress(target, words, rest);
    const slug = target.toLowerCase();
    const behind = words.slice(1);
    const choice = parseChoice(behind);
    if ((behind.length > 0 && choice === null) || !isSlug(slug)) return null;
    return { ...PLAIN, target: slug, choice };
  },
  run: (command, context) => linkHere(command, context),
};

function parseAddress(target: string, words: readonly string[], rest: string): Link | "usage" {
  const [, path] = words;
  const behind = words.slice(1);
  if (path === undefined) return { ...PLAIN, target };
  const choice = parseChoice(behind);
  if (choice !== null) return { ...PLAIN, target, choice };
  const choiceOfPath = isPath(path) ? parseChoice(behind.slice(1)) : null;
  if (isPath(path) && (behind.length === 1 || choiceOfPath !== null)) {
    return { ...PLAIN, target, path, choice: choiceOfPath };
  }
  const question = rest.slice(target.length).trim();
  return isPullRequestAddress(target) ? { ...PLAIN, target, question } : "usage";
}

/** `new` or `join N`, and nothing else. */
function parseChoice(words: readonly string[]): LinkChoice | null {
  const [word, number, more] = words.map((one) => one.toLowerCase());
  if (word === "new" && number === undefined) return "new";
  const join = word === "join" && more === undefined ? parseNumber(number) : null;
  return join === null ? null : { join };
}

function isPath(word: string): boolean {
  return /\.\w+$/.test(word);
}
