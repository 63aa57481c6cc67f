import type { App, AppOverrides } from "../../src/app.ts";
import { startApp } from "../../src/app.ts";
import type { Config, Secrets } from "../../src/config.ts";
import { readConfig } from "../../src/config.ts";
import type { User } from "../../src/engine.ts";
import type { Logger } from "../../src/log.ts";
import type { ModelProvider } from "../../src/ports.ts";
import type { StreamFrame } from "../../src/conversation/stream-frames.ts";
import type { StreamSource } from "../../src/engine.ts";
import { ScriptedProvider } from "../fakes/scripted-provider.ts";
import type { TestDatabase } from "./database.ts";
import { createTestDatabase } from "./database.ts";
import { GitRepository } from "./git-repository.ts";

export interface LogLine {
  level: string;
  fields: object;
  message: string;
}

export interface TestAppOptions {
  provider?: ModelProvider;
  document?: string;
  environment?: Record<string, string>;
  overrides?: AppOverrides;
}

/** Redline as it runs, on a database and a repository of its own, with a model that the test writes. */
export class TestApp implements AsyncDisposable {
  readonly app: App;
  readonly provider: ScriptedProvider;
  readonly repository: GitRepository;
  readonly database: TestDatabase;
  readonly log: LogLine[];
  readonly user: User;

  private constructor(
    parts: Pick<TestApp, "app" | "provider" | "repository" | "database" | "log" | "user">,
  ) {
    this.app = parts.app;
    this.provider = parts.provider;
    this.repository = parts.repository;
    this.database = parts.database;
    this.log = parts.log;
    this.user = parts.user;
  }

  /** What `invariants.ts` looks at. */
  get world() {
    return { sql: this.app.sql, repository: this.repository };
  }

  static async start(options: TestAppOptions = {}): Promise<TestApp> {
    const database = await createTestDatabase();
    const repository = await GitRepository.create({ "rfc.md": options.document ?? DOCUMENT });
    const provider = new ScriptedProvider();
    const log: LogLine[] = [];
    const app = await startApp(...settings(database.url, options.environment), memoryLogger(log), {
      providers: [options.provider ?? provider],
      turns: { saveMs: 50, backoffMs: 20, patienceMs: 0 },
      ...options.overrides,
    });
    const user = await app.engine.people.localMaintainer();
    await app.engine.rfcs.register({
      slug: "rfc",
      title: "The RFC",
      repository: repository.url,
      path: "rfc.md",
      branch: repository.branch,
    });
    return new TestApp({ app, provider, repository, database, log, user });
  }

  get engine(): App["engine"] {
    return this.app.engine;
  }

  async newThread(): Promise<string> {
    const input = {
      rfcSlug: "rfc",
      branchName: this.repository.branch,
      kind: "discussion" as const,
    };
    return (await this.engine.threads.create(input, this.user)).id;
  }

  /** Posts a message and reads its turn to the end. */
  async ask(threadId: string, text: string): Promise<StreamFrame[]> {
    const { turnId } = await this.engine.threads.post(threadId, { text }, this.user);
    return collect(await this.engine.streams.turn(turnId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.app.stop();
    await this.database.drop();
    await this.repository[Symbol.asyncDispose]();
  }
}

export const DOCUMENT = `# The RFC

Retries are sent after one minute. The quick brown fox jumps over the lazy dog.

## Design

Each delivery carries a header. It stays the same over all attempts.

- first item
- second item
`;

function settings(
  databaseUrl: string,
  environment: Record<string, string> = {},
): [Config, Secrets] {
  const { config, secrets } = readConfig({
    DATABASE_URL: databaseUrl,
    PORT: "0",
    TURN_LEASE_SECONDS: "2",
    SHUTDOWN_GRACE_SECONDS: "2",
    ...environment,
  });
  return [config, secrets];
}

export function memoryLogger(lines: LogLine[]): Logger {
  const at = (level: string) => (fields: object, message: string) =>
    void lines.push({ level, fields, message });
  return { debug: at("debug"), info: at("info"), warn: at("warn"), error: at("error") };
}

/** Reads a stream to its end, or until `enough` says so. */
export async function collect(
  source: StreamSource,
  enough: (frames: StreamFrame[]) => boolean = () => false,
): Promise<StreamFrame[]> {
  const frames: StreamFrame[] = [];
  for await (const frame of source) {
    frames.push(frame);
    if (enough(frames)) break;
  }
  return frames;
}

/** The prose that text frames carry. */
export function textOf(frames: readonly StreamFrame[]): string {
  return frames
    .filter((frame) => frame.event === undefined && frame.data !== "DONE")
    .map((frame) => Buffer.from(frame.data, "base64").toString("utf8"))
    .join("");
}

/** Polls until the condition holds; the limit is for a test that would never end, not for speed. */
export async function until<T>(
  look: () => Promise<T | false | null | undefined>,
  what = "the condition",
): Promise<T> {
  const limit = Date.now() + 90_000;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > limit) throw new Error(`${what} did not come about`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}
