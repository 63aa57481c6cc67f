import { expect, it } from "vitest";
import { countedRequests } from "../../../adapters/github/counted-requests.ts";
import type { Metrics } from "../../../src/metrics.ts";
import { noMetrics } from "../../../src/metrics.ts";

type Wrap = Parameters<typeof countedRequests>[0]["hook"]["wrap"];
type Wrapped = (request: () => Promise<unknown>, options: object) => Promise<unknown>;

const counted: string[] = [];
const metrics: Metrics = {
  ...noMetrics,
  count: (name, labels, by = 1) =>
    void counted.push([name, ...Object.values<string>(labels), by].join(" ")),
};

/** What is counted of a request that ends so. */
async function countedOf(url: string, end: () => Promise<unknown>): Promise<string[]> {
  let wrapped: Wrapped = (request) => request();
  const wrap = ((_name: string, work: Wrapped) => (wrapped = work)) as unknown as Wrap;
  countedRequests({ hook: { wrap } } as unknown as Parameters<typeof countedRequests>[0]);
  counted.length = 0;
  await wrapped(end, { method: "GET", url, request: { metrics } }).catch(() => {});
  return [...counted];
}

const failure = (status: number, headers: object | null) => () =>
  Promise.reject(
    Object.assign(new Error("no"), {
      name: "HttpError",
      status,
      request: { headers: {} },
      ...(headers && { response: { headers, data: {} } }),
    }),
  );

it("counts a request by its pattern and its result", async () => {
  const call = "platform_calls_total github GET";
  expect(await countedOf("/repos/{owner}/{repo}", () => Promise.resolve({}))).toEqual([
    `${call} /repos/{owner}/{repo} ok 1`,
  ]);
  expect(await countedOf("/user", failure(304, {}))).toEqual([`${call} /user ok 1`]);
  expect(await countedOf("/user", failure(502, {}))).toEqual([`${call} /user 502 1`]);
  expect(await countedOf("/user", failure(500, null))).toEqual([`${call} /user unreachable 1`]);
  expect(await countedOf("https://api.github.com/x?page=2", failure(404, {}))).toEqual([
    `${call} (next page) 404 1`,
  ]);
});

it("counts what GitHub puts off, and for how long", async () => {
  const [call, limited, seconds] = await countedOf("/user", failure(429, { "retry-after": "7" }));
  expect(call).toBe("platform_calls_total github GET /user 429 1");
  expect(limited).toBe("platform_limited_total github 1");
  expect(seconds).toBe("platform_limited_seconds_total github 7");
});
