/** What the words after `redline` ask for. Pure. */
import { parseArgs } from "node:util";

import type { ChatPlatformName } from "../chat/chat-event.ts";
import type { BudgetChange, ModelChange } from "./budget-arguments.ts";
import { readBudgetChange, readModelChange } from "./budget-arguments.ts";
import type { RecordMode } from "../store/record.ts";
import type { WorkspaceKey } from "../store/workspaces.ts";

export const USAGE = `redline start [path/to/RFC.md]      the console and everything behind it; opens the document
redline migrate                     brings the database to this version's schema
redline doctor                      checks every configured part
redline check [--commits] [--json]  whether all that must hold does; safe while it runs
redline rotate-key [--check]        encrypts anew, with ENCRYPTION_KEY, what an older key encrypted
redline backup <file>               everything in the database, also while it runs (-: a pipe)
redline restore <file>              brings a backup into an empty database (-: a pipe)
redline retention [set slack|discord <workspace> <days>|off] [--yes]   how long ended talk is kept
redline delete-workspace slack|discord <workspace> [--yes]   a workspace with everything in it
redline budget [--json]             what workspaces and people use, and may use
redline budget set <whose> <limit…>   such as: set slack T01 usd/day=20 tokens/month=5M
redline budget clear <whose>        whose: console, slack <team>, discord <server id>, person <id>
redline models [allow|disallow <whose> <id or prefix*>]   which models a workspace may use
redline stop-answers [reason]       ends running answers and begins no other; all else goes on
redline resume-answers              answers are given again
redline jobs [retry <queue> <id>]   jobs that have failed for good
redline setup slack                 the Slack app's manifest, and the link that creates the app
redline setup discord [server id]   the bot's invite link; registers its commands
redline repositories [allow|disallow slack <team> <owner/name>]   what each workspace may talk about
redline repositories [allow|disallow discord <server id> <owner/name>]   and each server
redline repositories record kept|committed <owner/name>   whether records are committed beside RFCs
redline transcript <slug> [--json]  messages, changes, decisions and commits of an RFC
redline verify-transcript <file> [hash]   whether a transcript in JSON is whole, and holds that hash
`;

export type Command =
  | { name: "help" }
  | { name: "start"; path: string | null }
  | { name: "migrate" }
  | { name: "doctor" }
  | { name: "check"; commits: boolean; json: boolean }
  | { name: "rotate-key"; check: boolean }
  | { name: "backup"; path: string }
  | { name: "restore"; path: string }
  | { name: "retention"; change: RetentionChange | null }
  | { name: "delete-workspace"; workspace: WorkspaceKey; yes: boolean }
  | { name: "budget"; change: BudgetChange | null; json: boolean }
  | { name: "models"; change: ModelChange | null; json: boolean }
  | { name: "stop-answers"; reason: string | null }
  | { name: "resume-answers" }
  | { name: "jobs" }
  | { name: "retry job"; queue: string; id: string }
  | { name: "setup slack" }
  | { name: "setup discord"; guildId: string | null }
  | { name: "repositories"; change: RepositoryChange | null }
  | { name: "repositories record"; mode: RecordMode; repository: string }
  | { name: "transcript"; slug: string; json: boolean }
  | { name: "verify-transcript"; path: string; hash: string | null };

/** What an operator lets a workspace talk about, or no more. */
export interface RepositoryChange {
  allowed: boolean;
  platform: ChatPlatformName;
  workspaceId: string;
  repository: string;
}

/** After how many days the words of a workspace's ended conversations go; null: never. */
export interface RetentionChange {
  workspace: WorkspaceKey;
  days: number | null;
  /** Whether it need not be asked for. */
  yes: boolean;
}

const JSON_COMMANDS: ReadonlySet<string> = new Set(["transcript", "check", "budget", "models"]);
const MOST_DAYS = 36_500;
const HASH = /^[0-9a-f]{64}$/;
const SERVER_ID = /^\d{1,20}$/;

/** Null for what is not in `USAGE`. */
export function readArguments(args: readonly string[]): Command | null {
  const parsed = parse(args);
  if (!parsed) return null;
  const { words, yes, json, commits, check, help } = parsed;
  const [name, ...rest] = words;
  if (help || name === undefined) return { name: "help" };
  if (json && !JSON_COMMANDS.has(name)) return null;
  if (commits && name !== "check") return null;
  if (yes && name !== "delete-workspace" && name !== "retention") return null;
  if (check && name !== "rotate-key") return null;
  const [first, second, third] = rest;
  switch (name) {
    case "start":
      return rest.length <= 1 ? { name, path: first ?? null } : null;
    case "migrate":
    case "doctor":
      return rest.length === 0 ? { name } : null;
    case "check":
      return rest.length === 0 ? { name, commits, json } : null;
    case "rotate-key":
      return rest.length === 0 ? { name, check } : null;
    case "backup":
    case "restore":
      return first !== undefined && rest.length === 1 ? { name, path: first } : null;
    case "retention":
      return readRetention(rest, yes);
    case "delete-workspace": {
      const workspace = rest.length === 2 ? readWorkspace(first, second) : null;
      return workspace && { name, workspace, yes };
    }
    case "budget": {
      const change = rest.length === 0 ? null : readBudgetChange(rest);
      return change === undefined ? null : { name, change, json };
    }
    case "models": {
      const change = rest.length === 0 ? null : readModelChange(rest);
      return change === undefined ? null : { name, change, json };
    }
    case "stop-answers":
      return { name, reason: rest.length === 0 ? null : rest.join(" ") };
    case "resume-answers":
      return rest.length === 0 ? { name } : null;
    case "jobs":
      if (rest.length === 0) return { name };
      if (first !== "retry" || second === undefined || third === undefined) return null;
      return rest.length === 3 ? { name: "retry job", queue: second, id: third } : null;
    case "setup":
      return readSetup(rest);
    case "repositories":
      return readRepositories(rest);
    case "transcript":
      return first !== undefined && rest.length === 1 ? { name, slug: first, json } : null;
    case "verify-transcript":
      if (first === undefined || rest.length > 2) return null;
      if (second !== undefined && !HASH.test(second)) return null;
      return { name, path: first, hash: second ?? null };
    default:
      return null;
  }
}

function readSetup([platform, guildId, ...more]: readonly string[]): Command | null {
  if (more.length > 0) return null;
  if (platform === "slack") return guildId === undefined ? { name: "setup slack" } : null;
  if (platform !== "discord") return null;
  const isId = guildId === undefined || SERVER_ID.test(guildId);
  return isId ? { name: "setup discord", guildId: guildId ?? null } : null;
}

/** Null for what names no workspace of a chat platform. */
function readWorkspace(platform?: string, workspaceId?: string): WorkspaceKey | null {
  if (platform !== "slack" && platform !== "discord") return null;
  if (workspaceId === undefined || workspaceId === "") return null;
  if (platform === "discord" && !SERVER_ID.test(workspaceId)) return null;
  return { platform, workspaceId };
}

function readRetention(words: readonly string[], yes: boolean): Command | null {
  if (words.length === 0) return yes ? null : { name: "retention", change: null };
  const [verb, platform, workspaceId, days = "", ...more] = words;
  const workspace = readWorkspace(platform, workspaceId);
  if (verb !== "set" || !workspace || more.length > 0) return null;
  if (days === "off") return { name: "retention", change: { workspace, days: null, yes } };
  if (!/^\d{1,5}$/.test(days) || Number(days) < 1 || Number(days) > MOST_DAYS) return null;
  return { name: "retention", change: { workspace, days: Number(days), yes } };
}

function readRepositories(words: readonly string[]): Command | null {
  if (words.length === 0) return { name: "repositories", change: null };
  const [verb, platform, workspaceId, repository, ...more] = words;
  if (verb === "record") {
    const isMode = platform === "kept" || platform === "committed";
    if (!isMode || workspaceId === undefined || repository !== undefined) return null;
    return { name: "repositories record", mode: platform, repository: workspaceId };
  }
  if (verb !== "allow" && verb !== "disallow") return null;
  if (platform !== "slack" && platform !== "discord") return null;
  if (workspaceId === undefined || repository === undefined || more.length > 0) return null;
  if (platform === "discord" && !SERVER_ID.test(workspaceId)) return null;
  const change = { allowed: verb === "allow", platform, workspaceId, repository } as const;
  return { name: "repositories", change };
}

interface Parsed {
  words: string[];
  yes: boolean;
  json: boolean;
  commits: boolean;
  check: boolean;
  help: boolean;
}

/** Null where there is an option that nobody knows. */
function parse(args: readonly string[]): Parsed | null {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        yes: { type: "boolean", default: false },
        json: { type: "boolean", default: false },
        commits: { type: "boolean", default: false },
        check: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
      },
    });
    return { words: positionals, ...values };
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code?.startsWith("ERR_PARSE_ARGS")) return null;
    throw error;
  }
}
