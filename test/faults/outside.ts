/** Everything around an installation of Redline, with a wire to each part that can be cut. */
import type { FakeAnthropic } from "../fakes/fake-anthropic.ts";
import { startFakeAnthropic } from "../fakes/fake-anthropic.ts";
import { FakeDiscord } from "../fakes/discord/fake-discord.ts";
import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import { GitRepository } from "../support/git-repository.ts";
import type { TestRedis } from "../support/redis.ts";
import { TcpProxy } from "../support/tcp-proxy.ts";
import { PostgresServer } from "./postgres-server.ts";

export type OutsideWire = "postgres" | "redis" | "model" | "slack" | "discord";

export interface OutsideOptions {
  /** Its starter's to stop; without one its wire leads to Postgres, and nobody uses it. */
  redis: TestRedis | null;
  /** Of Slack's and Discord's limits, as a share of the real time. */
  pace: number;
  /** What `rfc.md` of the repository says. */
  document: string;
}

interface Parts {
  redis: TestRedis | null;
  pace: number;
  postgres: PostgresServer;
  model: FakeAnthropic;
  slack: FakeSlack;
  discord: FakeDiscord;
  repository: GitRepository;
  wires: Readonly<Record<OutsideWire, TcpProxy>>;
}

/** A wire to where an address leads. */
export const wireTo = (url: string): Promise<TcpProxy> => TcpProxy.to(Number(new URL(url).port));

export class Outside implements AsyncDisposable {
  readonly postgres: PostgresServer;
  readonly model: FakeAnthropic;
  readonly slack: FakeSlack;
  readonly discord: FakeDiscord;
  readonly repository: GitRepository;
  readonly wires: Readonly<Record<OutsideWire, TcpProxy>>;
  readonly #redis: TestRedis | null;
  readonly #pace: number;

  private constructor(parts: Parts) {
    this.postgres = parts.postgres;
    this.model = parts.model;
    this.slack = parts.slack;
    this.discord = parts.discord;
    this.repository = parts.repository;
    this.wires = parts.wires;
    this.#redis = parts.redis;
    this.#pace = parts.pace;
  }

  static async start({ redis, pace, document }: OutsideOptions): Promise<Outside> {
    const [postgres, model, slack, discord, repository] = await Promise.all([
      PostgresServer.start(),
      startFakeAnthropic(),
      FakeSlack.start({
        rates: { window: 60_000 * pace, postInterval: 1_000 * pace },
        // Slack's own pauses are minutes, and an outage here is of seconds: what came back within them would be
        // Slack's to bring again.
        timing: { retryDelays: Array.from({ length: 60 }, () => 1_000) },
      }),
      FakeDiscord.start({ rates: { pace }, gateway: { identifyInterval: 5_000 * pace } }),
      GitRepository.create({ "rfc.md": document }),
    ]);
    const wires = {
      postgres: await wireTo(postgres.url),
      redis: await wireTo(redis?.url ?? postgres.url),
      model: await wireTo(model.url),
      slack: await wireTo(slack.url),
      discord: await wireTo(discord.apiUrl),
    };
    slack.standBehind(wires.slack.through(slack.url));
    discord.standBehind(new URL(wires.discord.through(discord.apiUrl)).origin);
    return new Outside({ redis, pace, postgres, model, slack, discord, repository, wires });
  }

  /** What a process of Redline is told of all this. @param team where it is installed in Slack */
  environment(team: FakeTeam): Record<string, string> {
    const { postgres, model, slack, discord, wires } = this;
    return {
      DATABASE_URL: wires.postgres.through(postgres.url),
      ...(this.#redis && { REDIS_URL: wires.redis.through(this.#redis.url) }),
      LOG_LEVEL: "warn",
      ANTHROPIC_API_KEY: model.apiKey,
      ANTHROPIC_BASE_URL: wires.model.through(model.url),
      SLACK_API_URL: slack.apiUrl,
      SLACK_BOT_TOKEN: team.botToken,
      SLACK_APP_TOKEN: slack.app.appToken,
      TEST_SLACK_PACE: String(this.#pace),
      DISCORD_API_URL: discord.apiUrl,
      DISCORD_TOKEN: discord.token,
      TEST_DISCORD_PACE: String(this.#pace),
    };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(Object.values(this.wires).map((wire) => wire[Symbol.asyncDispose]()));
    await Promise.all([this.slack.close(), this.discord.close(), this.model.close()]);
    await this.postgres[Symbol.asyncDispose]();
    await this.repository.remove();
  }
}
