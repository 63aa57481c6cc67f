import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Redis } from "ioredis";
import { freePort } from "./ports.ts";
import { findProgram } from "./programs.ts";
import type { Server } from "./redis.ts";
import { launch } from "./redis.ts";
import type { TlsFiles } from "./redis-tls.ts";
import { tlsOptions } from "./redis-tls.ts";
import { until } from "./test-app.ts";

const NODES = 3;
const SLOTS = 16_384;

/** Three Redis servers of one test's own that share the slots of a cluster, without replicas. */
export interface TestCluster extends AsyncDisposable {
  /** `${tls ? "rediss" : "redis"}+cluster://…` with two of the three nodes. */
  readonly url: string;
  /** Ends the node that has a key's slot, without a word to its clients, and starts it anew, empty. */
  restartNodeOf(key: string): Promise<void>;
}

/** Null where no `redis-server` is installed. @param tls then nothing goes without it */
export async function startRedisCluster(tls?: TlsFiles): Promise<TestCluster | null> {
  const program = findProgram("redis-server");
  if (program === null) return null;
  const folder = mkdtempSync(join(tmpdir(), "redline-cluster-"));
  const nodes = await Promise.all(
    Array.from({ length: NODES }, (_, index) => ClusterNode.start({ program, folder, index, tls })),
  );
  await Promise.all(nodes.map((node) => node.join(nodes)));
  return {
    url: `${tls ? "rediss" : "redis"}+cluster://${nodes
      .slice(0, 2)
      .map(({ port }) => `127.0.0.1:${port}`)
      .join(",")}`,
    async restartNodeOf(key) {
      const slot = await nodes[0]!.slotOf(key);
      const node = nodes[Math.floor((slot * NODES) / SLOTS)]!;
      await node.restart();
      await Promise.all(nodes.map((one) => one.ready()));
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(nodes.map((node) => node.stop()));
      rmSync(folder, { recursive: true });
    },
  };
}

interface NodeOptions {
  program: string;
  folder: string;
  index: number;
  tls: TlsFiles | undefined;
}

class ClusterNode {
  readonly port: number;
  readonly #index: number;
  readonly #launch: () => Promise<Server>;
  readonly #client: Redis;
  #server: Server;

  private constructor(
    given: { index: number; port: number; client: Redis; launch: () => Promise<Server> },
    server: Server,
  ) {
    this.#index = given.index;
    this.port = given.port;
    this.#launch = given.launch;
    this.#client = given.client;
    this.#server = server;
    // While it is started anew.
    this.#client.on("error", () => {});
  }

  static async start({ program, folder, index, tls }: NodeOptions): Promise<ClusterNode> {
    const [port, bus] = [await freePort(), await freePort()];
    const options = Object.entries({
      "cluster-enabled": "yes",
      "cluster-config-file": `node-${index}.conf`,
      "cluster-port": String(bus),
      "cluster-node-timeout": "2000",
      dir: folder,
    });
    const more = options.flatMap(([name, value]) => [`--${name}`, value]);
    if (tls) more.push(...tlsOptions(tls, port), "--tls-cluster", "yes");
    const begin = (): Promise<Server> => launch(program, port, more);
    const server = await begin();
    const client = new Redis({
      host: "127.0.0.1",
      port,
      retryStrategy: () => 50,
      ...(tls && { tls: { ca: tls.ca } }),
    });
    return new ClusterNode({ index, port, client, launch: begin }, server);
  }

  /** Takes its part of the slots, meets the others, and waits until all know all. */
  async join(nodes: readonly ClusterNode[]): Promise<void> {
    const first = Math.ceil((SLOTS * this.#index) / NODES);
    const last = Math.ceil((SLOTS * (this.#index + 1)) / NODES) - 1;
    await this.#client.call("CLUSTER", "ADDSLOTSRANGE", first, last);
    for (const { port, bus } of await Promise.all(nodes.map((node) => node.#address()))) {
      if (port !== this.port) {
        await this.#client.call("CLUSTER", "MEET", "127.0.0.1", port, bus);
      }
    }
    await this.ready();
  }

  /** Resolves once all slots are served, as far as it knows. */
  async ready(): Promise<void> {
    await until(async () => {
      const info = String(await this.#client.call("CLUSTER", "INFO"));
      return info.includes("cluster_state:ok") && info.includes(`cluster_known_nodes:${NODES}`);
    }, "the cluster");
  }

  async slotOf(key: string): Promise<number> {
    return Number(await this.#client.call("CLUSTER", "KEYSLOT", key));
  }

  async restart(): Promise<void> {
    process.kill(this.#server.pid, "SIGKILL");
    await this.#server.stop();
    this.#server = await this.#launch();
  }

  async stop(): Promise<void> {
    this.#client.disconnect();
    await this.#server.stop();
  }

  async #address(): Promise<{ port: number; bus: string }> {
    const [, bus] = (await this.#client.call("CONFIG", "GET", "cluster-port")) as string[];
    return { port: this.port, bus: bus! };
  }
}
