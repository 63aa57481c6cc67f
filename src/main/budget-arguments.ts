/** What the words after `redline budget` and `redline models` ask for. Pure. */
import type { Limit } from "../budgets/limit.ts";
import { readLimit } from "../budgets/limit.ts";
import { CONSOLE_SHARE, isShare, shareName } from "../budgets/share.ts";

/** Whose: a workspace by its share, or a person by their id or by `platform/workspace/person`. */
export type Whose = { scope: "workspace" | "person"; scopeId: string };

/** `limits` is null to clear all of them. */
export type BudgetChange = Whose & { limits: readonly Limit[] | null };

export interface ModelChange {
  allowed: boolean;
  share: string;
  /** An id, or its beginning with a `*` behind it. */
  pattern: string;
}

const PATTERN = /^[^*\s]{1,200}\*?$/;

/** Undefined for what is not in the usage. */
export function readBudgetChange(words: readonly string[]): BudgetChange | undefined {
  const [verb, ...rest] = words;
  const whose = readWhose(rest);
  if (!whose) return undefined;
  const { rest: given, ...scope } = whose;
  if (verb === "clear") return given.length === 0 ? { ...scope, limits: null } : undefined;
  if (verb !== "set" || given.length === 0) return undefined;
  const limits = given.map(readLimit).filter((limit) => limit !== null);
  return limits.length === given.length ? { ...scope, limits } : undefined;
}

/** Undefined for what is not in the usage. */
export function readModelChange(words: readonly string[]): ModelChange | undefined {
  const [verb, ...rest] = words;
  if (verb !== "allow" && verb !== "disallow") return undefined;
  const whose = readWhose(rest);
  const [pattern, ...more] = whose?.rest ?? [];
  if (whose?.scope !== "workspace" || pattern === undefined || more.length > 0) return undefined;
  if (!PATTERN.test(pattern)) return undefined;
  return { allowed: verb === "allow", share: whose.scopeId, pattern };
}

/** `console`, `slack <team>`, `discord <server id>`, `github <owner>` or `person <id>`, and what is behind. */
function readWhose([kind, id, ...rest]: readonly string[]):
  | (Whose & { rest: readonly string[] })
  | null {
  if (kind === CONSOLE_SHARE) {
    const behind = id === undefined ? rest : [id, ...rest];
    return { scope: "workspace", scopeId: CONSOLE_SHARE, rest: behind };
  }
  if (kind === undefined || id === undefined) return null;
  if (kind === "person") return { scope: "person", scopeId: id, rest };
  const share = shareName({ platform: kind, workspaceId: id });
  return isShare(share) ? { scope: "workspace", scopeId: share, rest } : null;
}
