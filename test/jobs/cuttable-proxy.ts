import { createServer, connect } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** A TCP server in front of another one, so that a test can take the other one away and bring it back. */
export interface CuttableProxy {
  /** The target's URL with the proxy's address. */
  url: string;
  /** Open connections through the proxy. */
  readonly connections: number;
  /** Breaks every connection and refuses new ones. */
  cut(): Promise<void>;
  /** Breaks every connection, and every new one as soon as it is made; answers how many those were. */
  hangUp(): () => number;
  /** Keeps connections open and passes nothing on. */
  freeze(): void;
  /** Ends whatever was done to the connections. */
  restore(): Promise<void>;
  close(): Promise<void>;
}

export async function startProxy(targetUrl: string): Promise<CuttableProxy> {
  const target = new URL(targetUrl);
  const pairs = new Set<[Socket, Socket]>();
  let frozen = false;
  let hungUp: number | null = null;
  let server = await listen(0, accept);
  const { port } = server.address() as AddressInfo;

  function accept(near: Socket): void {
    if (hungUp !== null) {
      hungUp += 1;
      near.destroy();
      return;
    }
    const far = connect(Number(target.port), target.hostname);
    const pair: [Socket, Socket] = [near, far];
    pairs.add(pair);
    for (const socket of pair) {
      const other = socket === near ? far : near;
      socket.on("data", (chunk) => other.write(chunk));
      socket.on("error", () => {});
      socket.on("close", () => {
        pairs.delete(pair);
        other.destroy();
      });
      if (frozen) socket.pause();
    }
  }
  const cut = async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    for (const socket of [...pairs].flat()) socket.destroy();
    await closed;
  };
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${port}`;
  return {
    url: url.href,
    get connections() {
      return pairs.size;
    },
    cut,
    hangUp() {
      hungUp = 0;
      for (const socket of [...pairs].flat()) socket.destroy();
      return () => hungUp ?? 0;
    },
    freeze() {
      frozen = true;
      for (const socket of [...pairs].flat()) socket.pause();
    },
    async restore() {
      frozen = false;
      hungUp = null;
      for (const socket of [...pairs].flat()) socket.resume();
      if (!server.listening) server = await listen(port, accept);
    },
    async close() {
      if (server.listening) await cut();
    },
  };
}

function listen(port: number, accept: (socket: Socket) => void): Promise<Server> {
  const server = createServer(accept);
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, "127.0.0.1", () => resolve(server));
  });
}
