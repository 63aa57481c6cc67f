import { linkHere } from "../chat/linking.ts";
import { isSlug } from "../store/rfcs.ts";
import type { Command, CommandDefinition } from "./command.ts";

const PULL_REQUEST = /^https?:\/\/[^/\s]+\/[^/\s]+\/[^/\s]+\/pull\/\d+(?:[/?#]\S*)?$/i;
const ADDRESS = /^https?:\/\/\S+$/i;

/** Whether a word is the address of a pull request; which host it is on is not asked here. */
export function isPullRequestAddress(word: string): boolean {
  return PULL_REQUEST.test(word);
}

export const link: CommandDefinition<Extract<Command, { kind: "link" }>> = {
  name: "link",
  usage: "link <slug or PR URL>",
  summary:
    "links this place to an RFC; where a pull request has several documents, write the path of one behind it",
  parse({ words, rest }) {
    const [target, path] = words;
    if (target === undefined) return "usage";
    if (ADDRESS.test(target)) {
      if (path === undefined || isPath(path, words.length)) {
        return { kind: "link", target, path: path ?? null, question: null };
      }
      const question = rest.slice(target.length).trim();
      return isPullRequestAddress(target)
        ? { kind: "link", target, path: null, question }
        : "usage";
    }
    const slug = target.toLowerCase();
    if (words.length > 1 || !isSlug(slug)) return null;
    return { kind: "link", target: slug, path: null, question: null };
  },
  run: (command, context) => linkHere(command, context),
};

function isPath(word: string, words: number): boolean {
  return words === 2 && /\.\w+$/.test(word);
}
