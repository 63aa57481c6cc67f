/** The glossary of commands: what people may write after a mention, or after `/rfc`. */
import type { CommandContext } from "../chat/command-context.ts";
import type { NotificationSettings } from "../notifications/notification.ts";
import type { ParticipationMode } from "../store/thread-links.ts";
import type { Scope } from "./scope.ts";

/** A command with what it is given. */
export type Command =
  /**
   * `question` is what stood behind the address of a pull request. `code` is of an invitation, and then all
   * there is; `choice` says what is meant where the RFC is discussed elsewhere already.
   */
  | {
      kind: "link";
      target: string;
      path: string | null;
      question: string | null;
      code: string | null;
      choice: LinkChoice | null;
    }
  | { kind: "share" }
  | { kind: "unlink" }
  | { kind: "status" }
  | { kind: "changes" }
  | { kind: "accept"; number: number }
  | { kind: "decline"; number: number; reason: string }
  /** Null asks which there are. */
  | { kind: "model"; model: string | null }
  | { kind: "mode"; mode: ParticipationMode | null }
  | { kind: "stop" }
  /** `who` as it was written; the platform knows whom it names. */
  /** `of`: the RFC that is discussed there, instead of the whole workspace. */
  | { kind: "maintainers"; act: "add" | "remove"; who: string; of: "rfc" | null }
  | { kind: "maintainers"; act: "list" }
  /** `joins`: to be one person with whoever shows the same account elsewhere. */
  | { kind: "connect"; joins: boolean }
  | { kind: "disconnect" }
  | { kind: "watch"; scope: Scope }
  | { kind: "unwatch"; scope: Scope }
  | { kind: "mute"; scope: Scope }
  | { kind: "unmute"; scope: Scope }
  | { kind: "concern"; act: "raise"; text: string }
  | { kind: "concern"; act: "resolve"; number: number; why: string }
  | { kind: "concern"; act: "withdraw"; number: number }
  | { kind: "concerns" }
  /** Null: as many days as are set. */
  | { kind: "propose-merge"; act: "propose"; days: number | null }
  | { kind: "propose-merge"; act: "agree" | "object" | "withdraw" }
  /** Empty asks how it is set. */
  | { kind: "notify"; set: Partial<NotificationSettings> }
  | { kind: "catchup" }
  | { kind: "export" }
  | { kind: "forget"; isSure: boolean }
  | { kind: "help" };

/** Another conversation, or the listed one of that number, from 1. */
export type LinkChoice = "new" | { join: number };

export type CommandName = Command["kind"];

export type ParsedCommand =
  | Command
  /** A command's word with something behind it that it does not take. */
  | { kind: "usage"; command: CommandName }
  /** No command's word; `nearest` is the one that may have been meant. */
  | { kind: "unknown"; word: string; nearest: CommandName | null };

/** What stands behind a command's word. */
export interface Arguments {
  words: readonly string[];
  /** As it was written, without the white space around it. */
  rest: string;
}

/** `everyone`: a system message of the thread. `person`: for the one who asked alone. */
export interface CommandAnswer {
  audience: "person" | "everyone";
  markdown: string;
}

export interface CommandDefinition<C extends Command = Command> {
  name: CommandName;
  /** Such as `accept N`. */
  usage: string;
  /** What it does, for the list of commands. */
  summary: string;
  /**
   * Reads the arguments. `usage` where the command is meant and something is missing or wrong, null where the
   * words read as a sentence that only begins like a command.
   */
  parse(given: Arguments): C | "usage" | null;
  /** Null when the answer is on its way to the thread already. @throws UserError */
  run(command: C, context: CommandContext): Promise<CommandAnswer | null>;
}

/** An answer for the person alone. */
export function forPerson(markdown: string): CommandAnswer {
  return { audience: "person", markdown };
}

/** An answer that all in the thread see. */
export function forEveryone(markdown: string): CommandAnswer {
  return { audience: "everyone", markdown };
}

/** Of commands that take nothing. */
export function takesNothing<C extends Command>(command: C): (given: Arguments) => C | null {
  return ({ words }) => (words.length === 0 ? command : null);
}

/** Number of a change, such as `3` or `#3`; null for anything else. */
export function parseNumber(word: string | undefined): number | null {
  const digits = /^#?(\d{1,9})$/.exec(word ?? "")?.[1];
  return digits === undefined || Number(digits) === 0 ? null : Number(digits);
}
