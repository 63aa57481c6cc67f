import { brotliDecompressSync, gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { bundleClient, chooseEncoding } from "../../../adapters/web/client-bundle.ts";
import { startServer } from "./running-server.ts";

const BUDGET = 150 * 1024;

describe("the console's page", () => {
  it("is served at every address of the console, without inline script or style", async () => {
    const { send } = await startServer();
    for (const path of ["/", "/rfcs/plan", "/rfcs/plan/threads/1"]) {
      const { status, headers, text } = await send("GET", path);
      expect(status).toBe(200);
      expect(headers["content-type"]).toContain("text/html");
      // Its nonce is for once.
      expect(headers["cache-control"]).toBe("no-store");
      expect(text).not.toMatch(/<style|style=|<script(?![^>]* src=)|\son\w+=/);
      expect(text).not.toMatch(/https?:\/\//);
    }
  });

  it("names files that are cached for good, compressed, and checked by hash", async () => {
    const { send } = await startServer();
    const { text: html } = await send("GET", "/");
    const paths = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map((match) => match[1]!);
    expect(paths).toHaveLength(3);
    for (const path of paths) {
      const plain = await send("GET", path);
      expect(plain.status).toBe(200);
      expect(plain.headers["cache-control"]).toBe("public, max-age=31536000, immutable");
      const { etag = "" } = plain.headers;
      const again = await send("GET", path, { headers: { "if-none-match": etag } });
      expect(again).toMatchObject({ status: 304, text: "" });
      const packed = await fetch(new URL(path, (await startServer()).url), {
        headers: { "accept-encoding": "gzip" },
      });
      expect(packed.headers.get("content-encoding")).toBe("gzip");
      expect(await packed.text()).toBe(plain.text);
    }
  });
});

describe("the bundle", () => {
  it("fits its budget and is the same in every encoding", async () => {
    const { assets } = await bundleClient();
    let compressed = 0;
    for (const { bodies } of assets.values()) {
      compressed += bodies.gzip.length;
      expect(gunzipSync(bodies.gzip)).toEqual(bodies.identity);
      expect(brotliDecompressSync(bodies.br)).toEqual(bodies.identity);
    }
    expect(compressed).toBeLessThan(BUDGET);
  });

  it("is sent as the browser can read it", () => {
    expect(chooseEncoding("gzip, deflate, br, zstd")).toBe("br");
    expect(chooseEncoding("gzip;q=0.8")).toBe("gzip");
    expect(chooseEncoding("br;q=0, gzip")).toBe("gzip");
    expect(chooseEncoding("identity")).toBe("identity");
    expect(chooseEncoding(undefined)).toBe("identity");
  });
});
