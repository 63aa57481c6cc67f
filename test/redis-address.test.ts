import { describe, expect, test } from "vitest";
import { readRedisAddress } from "../src/redis-address.ts";

const ONE = {
  isCluster: false,
  isTls: false,
  nodes: [{ host: "redis", port: 6_379 }],
  username: null,
  password: null,
  database: 0,
};

describe("readRedisAddress", () => {
  test.each([
    ["redis://redis", ONE],
    ["redis://redis:7000/3", { ...ONE, nodes: [{ host: "redis", port: 7_000 }], database: 3 }],
    ["rediss://:p%40ss@redis", { ...ONE, isTls: true, password: "p@ss" }],
    ["redis://app:50%off@redis", { ...ONE, username: "app", password: "50%off" }],
    ["redis://[::1]:7000", { ...ONE, nodes: [{ host: "::1", port: 7_000 }] }],
    ["redis+cluster://redis", { ...ONE, isCluster: true }],
    [
      "rediss+cluster://app:a,b@one:7000, two,[::1]:7002",
      {
        isCluster: true,
        isTls: true,
        nodes: [
          { host: "one", port: 7_000 },
          { host: "two", port: 6_379 },
          { host: "::1", port: 7_002 },
        ],
        username: "app",
        password: "a,b",
        database: 0,
      },
    ],
  ])("reads %s", (text, address) => {
    expect(readRedisAddress(text)).toEqual(address);
  });

  test.each([
    "",
    "redis",
    "redis://",
    "http://redis",
    "redis://one,two",
    "redis://redis/name",
    "redis+cluster://one:7000,",
    "redis+cluster://one:7000,two:port",
    "redis+cluster://one:7000/1",
  ])("refuses “%s”", (text) => {
    expect(readRedisAddress(text)).toBe(null);
  });
});
