import type { Summaries } from "../conversation/summaries.ts";
import type { Engine } from "../engine.ts";
import type { Logger } from "../log.ts";
import type { PullRequestHost, StreamRelay } from "../ports.ts";
import type { Links } from "../reviews/links.ts";
import type { Permissions } from "../rfcs/permissions.ts";
import type { Sql } from "../store/database.ts";
import type { ChatPlatformName } from "./chat-event.ts";
import type { ChatPlatform } from "./chat-platform.ts";
import type { Connecting } from "./connecting.ts";

/** What the handling of chat is made of. */
export interface ChatServices {
  sql: Sql;
  relay: StreamRelay;
  logger: Logger;
  engine: Pick<
    Engine,
    | "rfcs"
    | "threads"
    | "turns"
    | "changes"
    | "models"
    | "notifications"
    | "concerns"
    | "merges"
    | "record"
    | "budgets"
  >;
  /** Makes a branch of an RFC known before a conversation about it begins. @throws UserError */
  ensureBranch(rfcSlug: string, branchName: string): Promise<void>;
  pullRequestHosts: readonly PullRequestHost[];
  platforms: ReadonlyMap<ChatPlatformName, ChatPlatform>;
  /** Those with one workspace, which may talk about every RFC. */
  openPlatforms: ReadonlySet<ChatPlatformName>;
  /** What the model tells of a conversation. */
  summaries: Summaries;
  /** Who may decide. */
  permissions: Permissions;
  /** Lets people connect their accounts on GitHub; null where that is not set up. */
  connecting: Connecting | null;
  links: Links;
  /** Tells the console's address as people reach it. */
  publicUrl(): string;
}
