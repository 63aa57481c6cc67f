import { once } from "node:events";
import type { AddressInfo, Socket } from "node:net";
import { createServer } from "node:net";
import { expect, it } from "vitest";

import { runGatewayClient } from "../../../adapters/discord/gateway-client.ts";
import { FakeDiscord } from "../../fakes/discord/fake-discord.ts";
import { until } from "../../support/test-app.ts";

it("goes on where nobody answers its handshake", async () => {
  const discord = await FakeDiscord.start();
  const { apiUrl, token } = discord;
  const taken: Socket[] = [];
  const uncaught: unknown[] = [];
  const note = (error: unknown): number => uncaught.push(error);
  const server = createServer((socket) => taken.push(socket.resume())).listen(0, "127.0.0.1");
  await once(server, "listening");
  discord.standBehind(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  process.on("uncaughtException", note);
  const ended = new AbortController();
  const logger = { debug() {}, info() {}, warn() {}, error() {} };
  const more = { readsContent: true, logger, onDispatch() {}, onReady() {} };
  const running = runGatewayClient({ token, apiUrl, ...more }, ended.signal);
  try {
    await until(async () => taken.length > 1 && taken[0]!.destroyed, "the next try");
    expect(uncaught).toEqual([]);
  } finally {
    ended.abort();
    await running;
    process.off("uncaughtException", note);
    for (const socket of taken) socket.destroy();
    server.close();
    await discord.close();
  }
});
