import { createHash, randomBytes } from "node:crypto";
import { NO_LIMITS } from "../../src/budgets/limit.ts";
import { buildEngine } from "../../src/build-engine.ts";
import type { BuiltEngine } from "../../src/build-engine.ts";
import type { ChatEvent, ChatMessage, ChatPerson, Reply } from "../../src/chat/chat-event.ts";
import { ChatDesk } from "../../src/chat/desk.ts";
import type { Message } from "../../src/conversation/thread.ts";
import type { User } from "../../src/engine.ts";
import { Encryption } from "../../src/encryption.ts";
import type { Logger } from "../../src/log.ts";
import { noMetrics } from "../../src/metrics.ts";
import { noTracing } from "../../src/tracing.ts";
import type { AccountHost, DocumentHost, PullRequest, PullRequestHost } from "../../src/ports.ts";
import { ConnectedAccounts } from "../../src/rfcs/connected-accounts.ts";
import { consoleLinks } from "../../src/reviews/links.ts";
import type { Sql } from "../../src/store/database.ts";
import { connect } from "../../src/store/database.ts";
import { insertMaintainer } from "../../src/store/maintainers.ts";
import { ensureUser } from "../../src/store/people.ts";
import type { ThreadLink } from "../../src/store/thread-links.ts";
import { findLink } from "../../src/store/thread-links.ts";
import { FakeChatPlatform } from "../fakes/fake-chat-platform.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { TestDatabase } from "../support/database.ts";
import { pullWith } from "../support/pull-request.ts";
import { memoryLogger } from "../support/test-app.ts";

const BODY = "# The RFC\n\nRetries are sent after one minute. The fox jumps.\n";
export const PLACE = "C1/1.1";
export const ADMIN = "UADMIN";
export const MEMBER = "UMEMBER";
export const MAINTAINER = "UMAINT";

/** The engine on a real database, without workers: what is asked for stays as it was asked. */
export class DeskWorld implements AsyncDisposable {
  readonly sql: Sql;
  readonly built: BuiltEngine;
  readonly platform = new FakeChatPlatform();
  readonly provider = new ScriptedProvider();
  readonly pulls: PullRequest[] = [];
  /** By `repository branch path`. */
  readonly documents = new Map<string, string>();
  readonly open = new Set<"slack" | "discord">(["slack"]);
  readonly desk: ChatDesk;
  /** Null where people cannot connect accounts. */
  readonly accounts: ConnectedAccounts | null;
  private counter = 0;

  private constructor(database: TestDatabase, accounts: AccountHost | null) {
    this.sql = connect(database.url, { max: 6 });
    const relay = { publish: () => {}, subscribe: async () => () => {} };
    const logger = memoryLogger([]);
    const pullRequestHosts = [this.pullRequestHost()];
    this.accounts = accounts && this.accountsOf(accounts, logger);
    this.built = buildEngine({
      sql: this.sql,
      relay,
      jobs: { wakeThread() {}, wakeDispatcher() {}, wakeEvents() {} },
      logger,
      metrics: noMetrics,
      tracing: noTracing,
      hosts: [this.documentHost()],
      pullRequestHosts,
      accounts: this.accounts,
      providers: [this.provider],
      defaultModel: null,
      maintainer: { name: "Local", email: "local@example.org" },
      defaultLimits: NO_LIMITS,
      prices: {},
      turnSettings: {
        leaseMs: 1_000,
        saveMs: 50,
        maxAttempts: 1,
        backoffMs: 20,
        patienceMs: 0,
        historyTokens: 10_000,
        slots: 64,
        perWorkspace: null,
        maxTokens: 1_000,
      },
      mergeWaitDays: 3,
      reviewSettings: { pollMs: 60_000, leaseMs: 1_000 },
      publicUrl: () => "https://redline.example",
    });
    this.desk = new ChatDesk({
      sql: this.sql,
      relay,
      logger,
      engine: this.built.engine,
      ensureBranch: this.built.ensureBranch,
      pullRequestHosts,
      summaries: this.built.summaries,
      permissions: this.built.permissions,
      connecting: null,
      platforms: new Map([["slack", this.platform]]),
      openPlatforms: this.open,
      links: consoleLinks(() => "https://redline.example"),
      publicUrl: () => "https://redline.example",
    });
    this.platform.admins.add(ADMIN);
    this.platform.names.set(ADMIN, "Ada").set(MEMBER, "Mel").set(MAINTAINER, "Max");
  }

  /** @param database one that worlds before this one may have left things in */
  static async start(
    database: TestDatabase,
    accounts: AccountHost | null = null,
  ): Promise<DeskWorld> {
    const world = new DeskWorld(database, accounts);
    await world.sql`
      truncate users, rfcs, document_blobs, chat_messages, discussed_messages, workspace_repositories,
        owed_answers
      cascade`;
    await world.register("rfc");
    await insertMaintainer(
      world.sql,
      T1,
      (await world.user(MAINTAINER)).id,
      (await world.user(ADMIN)).id,
    );
    return world;
  }

  async register(slug: string, repository = "acme/rfcs"): Promise<void> {
    this.documents.set(`${repository} main ${slug}.md`, BODY);
    const rfc = { slug, title: `Title of ${slug}`, repository, path: `${slug}.md`, branch: "main" };
    await this.built.engine.rfcs.register(rfc);
  }

  /** A pull request that adds a document. */
  pull(number: number, path: string, headBranch = `branch-${number}`): string {
    this.documents.set(`acme/rfcs ${headBranch} ${path}`, BODY);
    const more = { number, headBranch, headRepository: "acme/rfcs", title: path };
    this.pulls.push({ ...pullWith(more), url: `https://github.test/acme/rfcs/pull/${number}` });
    return `https://github.test/acme/rfcs/pull/${number}`;
  }

  user(id: string): Promise<User> {
    const identity = { platform: "slack", workspaceId: "T1", platformUserId: id };
    return ensureUser(this.sql, identity, {
      displayName: this.platform.names.get(id) ?? id,
      email: null,
    });
  }

  /** A message with an id of its own, unless one is given. */
  message(text: string, more: Partial<ChatMessage> = {}): ChatMessage {
    this.counter += 1;
    return {
      at: { platform: "slack", workspaceId: "T1", place: PLACE },
      id: `1700000000.${this.counter}`,
      by: person(MEMBER),
      text,
      quote: null,
      addressed: true,
      addressesOther: false,
      isPrivate: false,
      isPublic: true,
      startsThread: false,
      ...more,
    };
  }

  async say(text: string, more: Partial<ChatMessage> = {}): Promise<ChatMessage> {
    const message = this.message(text, more);
    await this.desk.handle({ kind: "message", message });
    return message;
  }

  /** `/rfc …` in a channel, or in a thread. */
  async slash(text: string, by: string, place: string | null = null): Promise<ChatEvent> {
    this.counter += 1;
    const event: ChatEvent = {
      kind: "command",
      at: place === null ? null : { platform: "slack", workspaceId: "T1", place },
      channel: "C1",
      by: person(by),
      text,
      isPrivate: place?.startsWith("D") ?? false,
      isPublic: true,
      reply: replyWith(`trigger-${this.counter}`),
    };
    await this.desk.handle(event);
    return event;
  }

  async linked(slug = "rfc"): Promise<ThreadLink> {
    await this.say(`link ${slug} new`, { by: person(ADMIN) });
    return (await this.link())!;
  }

  link(place = PLACE): Promise<ThreadLink | null> {
    return findLink(this.sql, { platform: "slack", workspaceId: "T1", place });
  }

  async messages(threadId: string): Promise<Message[]> {
    return (await this.built.engine.threads.view(threadId)).messages;
  }

  /** What people have said, as `Name: text`, with `*` where an answer was asked for. */
  async said(threadId: string): Promise<string[]> {
    return (await this.messages(threadId))
      .filter(({ role }) => role === "user")
      .map(({ author, text, turnId }) => `${author}: ${text}${turnId === null ? "" : " *"}`);
  }

  async notes(threadId: string): Promise<string[]> {
    return (await this.messages(threadId))
      .filter(({ role }) => role === "system")
      .map(({ text }) => text);
  }

  /** A change, and the card that shows it in the link's place. */
  async card(link: ThreadLink): Promise<{ ref: string; changeId: string; number: number }> {
    const by = await this.user(MEMBER);
    const edit = { original: "one minute", proposed: "two minutes", reason: "Gentler." };
    const change = await this.built.engine.changes.propose(link.threadId, edit, by);
    const [row] = await this.sql<{ id: string }[]>`
      insert into deliveries (link_id, subject_id, kind, state, platform_message_id)
      values (${link.id}, ${change.id}, 'card', 'live', 'm') returning id`;
    return { ref: row!.id, changeId: change.id, number: change.number };
  }

  press(action: string, ref: string, by: string, choice: number | null = null): Promise<void> {
    this.counter += 1;
    const reply = replyWith(`trigger-${this.counter}`);
    return this.desk.handle({ kind: "pressed", action, ref, choice, by: person(by), reply });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.built.summaries[Symbol.asyncDispose]();
    await this.sql.end();
  }

  private accountsOf(host: AccountHost, logger: Logger): ConnectedAccounts {
    const encryption = new Encryption(randomBytes(32));
    return new ConnectedAccounts({ sql: this.sql, host, encryption, logger });
  }

  private tipOf(repository: string, branch: string): string | null {
    const at = `${repository} ${branch} `;
    const there = [...this.documents].filter(([key]) => key.startsWith(at));
    return there.length === 0 ? null : sha(there.flat().join("\0"));
  }

  private documentHost(): DocumentHost {
    const { documents } = this;
    const host: Omit<DocumentHost, "commit" | "findChangeCommit"> = {
      serves: () => true,
      tips: async (repository, branches) =>
        new Map(
          branches.map((branch) => {
            return [branch, this.tipOf(repository, branch)];
          }),
        ),
      read: async ({ repository, branch, path }) => {
        const body = documents.get(`${repository} ${branch} ${path}`);
        if (body === undefined) throw new Error(`there is no ${path} on ${branch}`);
        return { headSha: this.tipOf(repository, branch)!, blobSha: sha(body), body };
      },
      assertWritable: async () => {},
      lastCommit: async () => null,
      commitsBetween: async () => [],
      readAt: async () => null,
      findRename: async () => null,
    };
    return host as DocumentHost;
  }

  private pullRequestHost(): PullRequestHost {
    const { pulls } = this;
    const host: Pick<PullRequestHost, "serves" | "parseUrl" | "get" | "files" | "listOpen"> = {
      serves: (repository) => !repository.startsWith("file:"),
      parseUrl: (address) => {
        const parts = /^https:\/\/github\.test\/([^/]+\/[^/]+)\/pull\/(\d+)/.exec(address);
        return parts && { repository: parts[1]!, number: Number(parts[2]) };
      },
      get: async (_repository, number) => pulls.find((pull) => pull.number === number)!,
      files: async (_repository, number) =>
        pulls
          .filter((pull) => pull.number === number)
          .flatMap(({ title }) => title.split(" "))
          .map((path) => {
            const counts = { additions: 10, deletions: 0 };
            return { path, previousPath: null, status: "added", ...counts, patch: null } as const;
          }),
      listOpen: async () => pulls,
    };
    return host as PullRequestHost;
  }
}

export const T1 = { platform: "slack", workspaceId: "T1" } as const;

export function person(id: string, workspaceId = "T1"): ChatPerson {
  return { platform: "slack", workspaceId, id };
}

export function replyWith(trigger: string): Reply {
  return { channel: "C1", thread: null, trigger, responseUrl: null };
}

function sha(text: string): string {
  return createHash("sha1").update(text).digest("hex");
}
