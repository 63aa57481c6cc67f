import type { FakeGitHub, FakeRepository } from "../fakes/github/fake-github.ts";
import { startFakeGitHub } from "../fakes/github/fake-github.ts";
import { freePort } from "./ports.ts";
import { DOCUMENT, TestApp } from "./test-app.ts";

export const CLIENT_ID = "Iv23liCONSOLE";
const CLIENT_SECRET = "the-secret-of-the-app";
export const TOKEN = "the-token-of-who-runs-it";

export interface SignInAppOptions {
  /** Of REDLINE_URL; by http it is where the console listens. */
  scheme?: "http" | "https";
  environment?: Record<string, string>;
  /** Seconds that a token of a person lives; null for ever. */
  tokenSeconds?: number | null;
}

/** Redline with a console at which people sign in. */
export class SignInApp implements AsyncDisposable {
  readonly redline: TestApp;
  readonly github: FakeGitHub;
  /** `acme/rfcs`, which is private. */
  readonly repository: FakeRepository;
  readonly publicUrl: string;
  readonly #isSecure: boolean;

  private constructor(
    parts: Pick<SignInApp, "redline" | "github" | "repository" | "publicUrl">,
    isSecure: boolean,
  ) {
    this.redline = parts.redline;
    this.github = parts.github;
    this.repository = parts.repository;
    this.publicUrl = parts.publicUrl;
    this.#isSecure = isSecure;
  }

  static async start(options: SignInAppOptions = {}): Promise<SignInApp> {
    const isSecure = options.scheme === "https";
    const port = await freePort();
    const publicUrl = isSecure ? "https://redline.example.org" : `http://127.0.0.1:${port}`;
    const github = await startFakeGitHub();
    const files = { "retries.md": DOCUMENT };
    const repository = await github.createRepository("acme/rfcs", { private: true, files });
    github.addUser("redline-bot", { permission: "write" });
    github.letPeopleIn(CLIENT_ID, {
      tokenSeconds: options.tokenSeconds ?? null,
      clientSecret: CLIENT_SECRET,
      callbackUrls: [`${publicUrl}/sign-in/github/callback`],
    });
    github.deviceFlows.interval = 0;
    const redline = await TestApp.start({
      environment: {
        PORT: String(port),
        ROLES: "web",
        REDLINE_URL: publicUrl,
        REDLINE_TOKEN: TOKEN,
        GITHUB_API_URL: github.url,
        GITHUB_TOKEN: github.createToken("redline-bot"),
        GITHUB_CLIENT_ID: CLIENT_ID,
        GITHUB_CLIENT_SECRET: CLIENT_SECRET,
        ENCRYPTION_KEY: "cd".repeat(32),
        ...options.environment,
      },
      overrides: { gitHubMinTimes: { write: 0, notification: 0, retry: 10 } },
    });
    const at = { repository: "acme/rfcs", path: "retries.md", branch: "main" };
    await redline.engine.rfcs.register({ slug: "retries", title: "Retries", ...at });
    return new SignInApp({ redline, github, repository, publicUrl }, isSecure);
  }

  get sql() {
    return this.redline.app.sql;
  }

  /** As a browser or a program does; redirects are not followed. */
  async send(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(this.redline.app.url + path, { redirect: "manual", ...init });
  }

  get sessionCookie(): string {
    return this.#isSecure ? "__Host-redline_person" : "redline_person";
  }

  get flowCookie(): string {
    return this.#isSecure ? "__Host-redline_flow" : "redline_flow";
  }

  /** Sent to GitHub: where to, and what the browser keeps. */
  async begin(to = "/"): Promise<{ address: string; flow: string }> {
    const answer = await this.send(`/sign-in/github?to=${encodeURIComponent(to)}`);
    const flow = cookiesOf(answer).get(this.flowCookie)?.value ?? "";
    return { address: answer.headers.get("location")!, flow };
  }

  /** Back from GitHub. @param back the whole address */
  async comeBack(back: string, flow: string): Promise<Response> {
    const { pathname, search } = new URL(back);
    return this.send(pathname + search, { headers: { cookie: `${this.flowCookie}=${flow}` } });
  }

  /** What the browser of somebody who has signed in sends along. */
  async signIn(login: string, agent = "A test"): Promise<{ cookie: string }> {
    const { address, flow } = await this.begin();
    const { pathname, search } = new URL(this.github.webFlow.consent(address, login));
    const answer = await this.send(pathname + search, {
      headers: { cookie: `${this.flowCookie}=${flow}`, "user-agent": agent },
    });
    const session = cookiesOf(answer).get(this.sessionCookie)?.value;
    if (!session)
      throw new Error(`${login} is not let in: ${answer.status} ${await answer.text()}`);
    return { cookie: `${this.sessionCookie}=${session}` };
  }

  async userOf(login: string): Promise<string> {
    const [row] = await this.sql<{ userId: string }[]>`
      select user_id from identities where platform = 'github' and display_name = ${login}`;
    return row!.userId;
  }

  /** Makes the person known in a workspace of Slack as well. */
  async joinWorkspace(login: string, workspaceId: string): Promise<void> {
    await this.sql`
      insert into identities (user_id, platform, workspace_id, platform_user_id, display_name)
      values (${await this.userOf(login)}, 'slack', ${workspaceId}, ${`U-${login}`}, ${login})`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.redline[Symbol.asyncDispose]();
    const violations = [...this.github.violations];
    await this.github.close();
    if (violations.length > 0) throw new Error(`not as GitHub has it:\n${violations.join("\n")}`);
  }
}

/** What an answer sets, by name. */
export function cookiesOf(answer: Response): Map<string, { value: string; attributes: string[] }> {
  return new Map(
    answer.headers.getSetCookie().map((line) => {
      const [pair = "", ...attributes] = line.split("; ");
      const [name = "", value = ""] = pair.split("=", 2);
      return [name, { value, attributes }];
    }),
  );
}
