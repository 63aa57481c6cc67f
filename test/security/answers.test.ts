/** Answers of services that never end, or that are far larger than they come. */
import { once } from "node:events";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";

import { wholeAnswers } from "../../adapters/github/whole-answers.ts";
import { watchedFetch } from "../../src/models/watched-fetch.ts";

const MIB = 1024 * 1024;
/** 100 MiB in some 100 KB. */
const BOMB = gzipSync(Buffer.alloc(100 * MIB));

let server: Server;
let url: string;
let hungUp: Promise<unknown>;
beforeAll(async () => {
  server = createServer((request, response) => {
    hungUp = once(response, "close");
    if (request.url === "/bomb") {
      response.writeHead(200, { "content-encoding": "gzip" });
      response.end(BOMB);
      return;
    }
    const chunk = Buffer.alloc(MIB, "x");
    const more = (): void => {
      while (!response.destroyed && response.write(chunk)) {
        // As fast as it is taken.
      }
    };
    response.on("drain", more);
    more();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const pulse = { bytes: () => {}, progress: () => {} };

it.each(["/bomb", "/endless"])("of a model are read to a limit: %s", async (path) => {
  const answer = await watchedFetch(pulse, () => true)(url + path);
  let read = 0;
  const all = async (): Promise<void> => {
    for await (const chunk of answer.body ?? []) read += (chunk as Uint8Array).length;
  };
  await expect(all()).rejects.toThrow(/answer has over/);
  expect(read).toBeLessThanOrEqual(64 * MIB);
  await hungUp;
});

it.each(["/bomb", "/endless"])("of GitHub are read to a limit: %s", async (path) => {
  await expect(wholeAnswers(60_000)(url + path)).rejects.toThrow(/answer has over/);
  await hungUp;
});
