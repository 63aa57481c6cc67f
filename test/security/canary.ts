import type { AddressInfo, Server } from "node:net";
import { createServer } from "node:net";

/** Listens on this machine, by both kinds of address, and counts who connects. */
export class Canary implements AsyncDisposable {
  /** How often somebody came. */
  visits = 0;
  readonly port: number;
  readonly #servers: Server[];

  private constructor(port: number, servers: Server[]) {
    this.port = port;
    this.#servers = servers;
    for (const server of servers) {
      server.on("connection", (socket) => {
        this.visits += 1;
        socket.destroy();
      });
    }
  }

  static async start(): Promise<Canary> {
    const first = await listen("127.0.0.1", 0);
    const { port } = first.address() as AddressInfo;
    // Some machines have no IPv6.
    const second = await listen("::1", port).catch(() => null);
    return new Canary(port, second ? [first, second] : [first]);
  }

  /** The ways to name this machine that lists of forbidden names forget. */
  get hosts(): string[] {
    const names = ["127.0.0.1", "localhost", "LOCALHOST", "2130706433", "0x7f000001", "0177.0.0.1"];
    names.push("127.1", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "127.0.0.1.");
    return names.map((name) => `${name}:${this.port}`);
  }

  /** Addresses of a pull request, or of anything, that lead here. */
  get addresses(): string[] {
    const path = "acme/rfcs/pull/1";
    const [host] = this.hosts;
    return [
      ...this.hosts.flatMap((name) => [`http://${name}/${path}`, `https://${name}/${path}`]),
      `http://github.com@${host}/${path}`,
      `http://github.com:x@${host}/${path}`,
      `https://${host}\\@github.com/${path}`,
      `https://github.com#@${host}/${path}`,
      `https://${host}/https://github.com/${path}`,
      `https://${host}/repos/acme/rfcs/pulls/1`,
      `http:${host}/${path}`,
      `//${host}/${path}`,
      `\\\\${host}\\${path}`,
      `git://${host}/acme/rfcs`,
      `ssh://git@${host}/acme/rfcs`,
      `git@127.0.0.1:acme/rfcs`,
      `ext::sh -c touch%20x`,
      `ftp://${host}/acme/rfcs`,
      `gopher://${host}/_x`,
      `file://${host}/etc`,
      `file:////127.0.0.1/etc`,
      `${host}/acme`,
      `../../${host}`,
    ];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.#servers.map((server) => new Promise<void>((done) => server.close(() => done()))),
    );
  }
}

function listen(host: string, port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(port, host, () => resolve(server));
  });
}
