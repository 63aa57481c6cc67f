import type { App, AppOverrides } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import { readConfig } from "../../src/config.ts";
import type { RfcView, ThreadView, User } from "../../src/engine.ts";
import type { Installation } from "../fakes/github/auth.ts";
import type { FakeGitHub, FakeRepository } from "../fakes/github/fake-github.ts";
import { startFakeGitHub } from "../fakes/github/fake-github.ts";
import type { ReviewComment } from "../fakes/github/model.ts";
import { block, ScriptedProvider } from "../fakes/scripted-provider.ts";
import { parseMarker } from "../../src/reviews/comment-marker.ts";
import type { TestDatabase } from "./database.ts";
import { createTestDatabase } from "./database.ts";
import { collect, DOCUMENT, memoryLogger, until } from "./test-app.ts";
import type { LogLine } from "./test-app.ts";

export const REPOSITORY = "acme/rfcs";
export const PATH = "text/0001-retries.md";
export const WEBHOOK_SECRET = "a-secret-of-the-tests";

/** GitHub's own pauses are for GitHub's own limits. */
const MIN_TIMES = { write: 0, notification: 0, retry: 10 };

export interface GitHubAppOptions {
  /** On the base branch; the document is added by the pull request unless it is here. */
  files?: Record<string, string>;
  document?: string;
  private?: boolean;
  credentials?: "token" | "app";
  environment?: Record<string, string>;
  /** Whether webhooks arrive; without them everything is found by asking. */
  webhooks?: boolean;
  /** Prepares another pull request than that of the branch `feature`; its number. */
  prepare?: (repository: FakeRepository, github: FakeGitHub) => Promise<number>;
  register?: boolean;
  overrides?: AppOverrides;
}

/** Redline as it runs, with the fake GitHub and a pull request that adds the document. */
export class GitHubApp implements AsyncDisposable {
  readonly app: App;
  readonly github: FakeGitHub;
  readonly repository: FakeRepository;
  readonly pull: number;
  readonly provider: ScriptedProvider;
  readonly database: TestDatabase;
  readonly log: LogLine[];
  readonly user: User;
  readonly environment: Record<string, string>;
  /** Of the App, where its credentials are used. */
  readonly installation: Installation | null;

  private constructor(parts: GitHubAppParts) {
    this.app = parts.app;
    this.github = parts.github;
    this.repository = parts.repository;
    this.pull = parts.pull;
    this.provider = parts.provider;
    this.database = parts.database;
    this.log = parts.log;
    this.user = parts.user;
    this.environment = parts.environment;
    this.installation = parts.installation;
  }

  static async start(options: GitHubAppOptions = {}): Promise<GitHubApp> {
    const database = await createTestDatabase();
    const github = await startFakeGitHub();
    const files = { "README.md": "# RFCs\n", ...options.files };
    const repository = await github.createRepository(REPOSITORY, {
      files,
      private: options.private ?? false,
    });
    github.addUser("redline-bot", { permission: "write" });
    github.addUser("olive", { permission: "write" });
    const pull = options.prepare
      ? await options.prepare(repository, github)
      : await openPull(repository, options.document ?? DOCUMENT);
    const given = credentials(github, options.credentials ?? "token");
    const environment: Record<string, string> = {
      DATABASE_URL: database.url,
      PORT: "0",
      TURN_LEASE_SECONDS: "2",
      SHUTDOWN_GRACE_SECONDS: "2",
      GITHUB_API_URL: github.url,
      GITHUB_POLL_SECONDS: "1",
      ...given.environment,
      ...(options.webhooks && { GITHUB_WEBHOOK_SECRET: WEBHOOK_SECRET }),
      ...options.environment,
    };
    const provider = new ScriptedProvider();
    const log: LogLine[] = [];
    const { config, secrets } = readConfig(environment);
    const app = await startApp(config, secrets, memoryLogger(log), {
      providers: [provider],
      turns: { saveMs: 50, backoffMs: 20, patienceMs: 0 },
      gitHubMinTimes: MIN_TIMES,
      ...options.overrides,
    });
    if (options.webhooks) github.webhooks.to(`${app.url}/webhooks/github`, WEBHOOK_SECRET);
    const user = await app.engine.people.localMaintainer();
    const { installation } = given;
    const parts = { app, github, repository, pull, provider, database, log, user };
    const world = new GitHubApp({ ...parts, environment, installation });
    if (options.register !== false) await world.register();
    return world;
  }

  get engine(): App["engine"] {
    return this.app.engine;
  }

  async register(): Promise<void> {
    const address = `${this.github.htmlUrl}/${REPOSITORY}/pull/${this.pull}`;
    await this.engine.rfcs.register({ repository: address, slug: "rfc" });
  }

  view(): Promise<RfcView> {
    return this.engine.rfcs.view("rfc");
  }

  async newThread(): Promise<string> {
    const { branch } = await this.view();
    const input = { rfcSlug: "rfc", branchName: branch, kind: "discussion" as const };
    return (await this.engine.threads.create(input, this.user)).id;
  }

  /** Has the model propose these edits, and waits for the end of the turn. */
  async propose(
    threadId: string,
    edits: readonly { original: string; proposed: string; reason?: string }[],
  ): Promise<void> {
    this.provider.script = (request) => [
      "Done.\n\n",
      ...edits.map(({ original, proposed, reason }) => block(request, original, proposed, reason)),
    ];
    const { turnId } = await this.engine.threads.post(threadId, { text: "Please." }, this.user);
    await collect(await this.engine.streams.turn(turnId));
  }

  thread(threadId: string): Promise<ThreadView> {
    return this.engine.threads.view(threadId);
  }

  /** System messages of the thread, oldest first. */
  async notes(threadId: string): Promise<string[]> {
    const { messages } = await this.thread(threadId);
    return messages.filter(({ role }) => role === "system").map(({ text }) => text);
  }

  /** Redline's own review comments on changes, with what their markers say. */
  suggestions(): { comment: ReviewComment; changeId: string; revision: number }[] {
    return this.repository.reviewComments(this.pull).flatMap((comment) => {
      const marker = parseMarker(comment.body);
      return marker?.kind === "change" ? [{ comment, ...marker }] : [];
    });
  }

  /** Waits until as many changes are shown, and nothing is under way. */
  async shown(count: number): Promise<ReviewComment[]> {
    return until(async () => {
      const found = this.suggestions();
      return found.length === count && found.map(({ comment }) => comment);
    }, `${count} comments on changes`);
  }

  /** A whole look at the pull request that began after now, and found nothing more to do. */
  async looked(): Promise<void> {
    const { sql } = this.app;
    const [before] = await sql<{ asked: number; epoch: number }[]>`
      update pull_request_looks set due_at = now(), asked = asked + 1
      returning asked, lease_epoch as epoch`;
    await until(async () => {
      const [now] = await sql<{ epoch: number; busy: boolean }[]>`
        select lease_epoch as epoch, lease_owner is not null or due_at <= now() as busy
        from pull_request_looks`;
      return now!.epoch > before!.epoch && !now!.busy;
    }, "a look at the pull request");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop();
    const { violations } = this.github;
    await this.github.close();
    await this.database.drop();
    if (violations.length > 0) throw new Error(`not as GitHub has it:\n${violations.join("\n")}`);
  }
}

interface GitHubAppParts {
  app: App;
  github: FakeGitHub;
  repository: FakeRepository;
  pull: number;
  provider: ScriptedProvider;
  database: TestDatabase;
  log: LogLine[];
  user: User;
  environment: Record<string, string>;
  installation: Installation | null;
}

async function openPull(repository: FakeRepository, document: string): Promise<number> {
  await repository.commit("feature", { [PATH]: document }, { by: "olive" });
  return repository.openPull({ head: "feature", title: "Retries", author: "olive" });
}

function credentials(
  github: FakeGitHub,
  kind: "token" | "app",
): { environment: Record<string, string>; installation: Installation | null } {
  if (kind === "token") {
    const environment = { GITHUB_TOKEN: github.createToken("redline-bot") };
    return { environment, installation: null };
  }
  const app = github.createApp();
  const installation = github.install(app, [REPOSITORY]);
  const environment = { GITHUB_APP_ID: String(app.id), GITHUB_PRIVATE_KEY: app.privateKey };
  return { environment, installation };
}
