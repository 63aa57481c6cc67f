import { FakeSlack } from "../fakes/slack/fake-slack.ts";
import type { FakeTeam } from "../fakes/slack/fake-team.ts";
import { Rig } from "../faults/rig.ts";
import { createTestDatabase } from "../support/database.ts";
import { markLeg } from "../support/legs.ts";
import { startRedisCluster } from "../support/redis-cluster.ts";
import { startRedis } from "../support/redis.ts";
import type { RedlineProcess } from "../support/redline-process.ts";

const PACE = 0.01;

export type Backend = "Postgres" | "Redis" | "Redis Cluster";

/** Where the queue lives. */
interface Queue extends AsyncDisposable {
  environment: Record<string, string>;
}

/**
 * Redline in processes of one role each, on one database, as over several machines: `rig.redline` is the web
 * console. Nothing but the database and Redis is shared, and the repository, which stands in for a host.
 */
export class SplitRig implements AsyncDisposable {
  readonly rig: Rig;
  readonly slack: FakeSlack;
  readonly team: FakeTeam;
  readonly workers: RedlineProcess[] = [];
  ingest!: RedlineProcess;
  readonly #queue: Queue;

  private constructor(parts: { rig: Rig; slack: FakeSlack; team: FakeTeam; queue: Queue }) {
    this.rig = parts.rig;
    this.slack = parts.slack;
    this.team = parts.team;
    this.#queue = parts.queue;
  }

  /** Null where the queue's server is not installed. */
  static async start(
    backend: Backend,
    environment: Record<string, string> = {},
  ): Promise<SplitRig | null> {
    const queue = await openQueue(backend);
    if (queue === null) return null;
    const slack = await FakeSlack.start({
      rates: { window: 60_000 * PACE, postInterval: 1_000 * PACE },
    });
    const team = slack.addTeam("Acme");
    const rig = await Rig.prepare(
      { database: await createTestDatabase() },
      {
        ROLES: "web",
        ...queue.environment,
        SLACK_API_URL: slack.apiUrl,
        SLACK_BOT_TOKEN: team.botToken,
        SLACK_APP_TOKEN: slack.app.appToken,
        TEST_SLACK_PACE: String(PACE),
        ...environment,
      },
    );
    const split = new SplitRig({ rig, slack, team, queue });
    const [, ingest] = await Promise.all([
      rig.start(),
      split.startOne("ingest"),
      split.startWorker(),
      split.startWorker(),
    ]);
    split.ingest = ingest;
    await rig.client.registerRfc(rig.repository);
    return split;
  }

  startOne(roles: string): Promise<RedlineProcess> {
    return this.rig.startAnother({ ROLES: roles });
  }

  async startWorker(): Promise<void> {
    this.workers.push(await this.startOne("worker"));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.rig[Symbol.asyncDispose]();
    await this.slack.dispose();
    await this.#queue[Symbol.asyncDispose]();
  }
}

async function openQueue(backend: Backend): Promise<Queue | null> {
  if (backend === "Postgres") return { environment: {}, [Symbol.asyncDispose]: async () => {} };
  markLeg("redis");
  if (backend === "Redis") {
    const redis = await startRedis();
    return (
      redis && { environment: { REDIS_URL: redis.url }, [Symbol.asyncDispose]: () => redis.stop() }
    );
  }
  const cluster = await startRedisCluster();
  return (
    cluster && {
      environment: { REDIS_URL: cluster.url },
      [Symbol.asyncDispose]: async () => cluster[Symbol.asyncDispose](),
    }
  );
}
