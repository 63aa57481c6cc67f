import { figure, printTable, quantile } from "./report.ts";
import { now } from "./support/bench-server.ts";
import type { BenchServer, QueueKind } from "./support/start-server.ts";
import { post, startServer } from "./support/start-server.ts";

export const title = "From a provider's delta to an SSE client, 30 deltas a second a stream";

const QUEUES: QueueKind[] = ["PostgreSQL", "Redis"];
const STREAMS = [1, 50, 200];
const RATE = 30;
const SECONDS = 6;

export async function run(): Promise<void> {
  const rows: string[][] = [];
  for (const queue of QUEUES) {
    await using server = await startServer(queue);
    if (!server) {
      rows.push([queue, "", "not installed"]);
      continue;
    }
    await measure(server, 4);
    const idle = await server.memory();
    for (const streams of STREAMS) {
      const { delays, memory } = await measure(server, streams);
      const each = (memory - idle) / streams / 1024;
      const quantiles = [0.5, 0.95, 0.99, 1].map((q) => figure(quantile(delays, q)));
      rows.push([queue, String(streams), ...quantiles, figure(Math.max(0, each))]);
    }
  }
  printTable(["queue", "streams", "p50 ms", "p95 ms", "p99 ms", "max ms", "KiB a stream"], rows);
}

async function measure(
  server: BenchServer,
  streams: number,
): Promise<{ delays: number[]; memory: number }> {
  const threads = await Promise.all(Array.from({ length: streams }, () => server.newThread()));
  const delays: number[] = [];
  const work = threads.map(async (threadId, index) => {
    // Not all in the same millisecond: people do not ask in step.
    await new Promise((resolve) => setTimeout(resolve, (index * 1000) / RATE / streams));
    const response = await post(server.url, threadId, `stream ${RATE} ${SECONDS}`);
    await readDelays(response, delays);
  });
  await new Promise((resolve) => setTimeout(resolve, (SECONDS * 1000) / 2));
  const memory = await server.memory();
  await Promise.all(work);
  return { delays, memory };
}

async function readDelays(response: Response, delays: number[]): Promise<void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const bytes of response.body!) {
    const arrived = now();
    const lines = (rest + decoder.decode(bytes, { stream: true })).split("\n\n");
    rest = lines.pop()!;
    for (const frame of lines) {
      if (frame.includes("event:") || frame.endsWith("DONE")) continue;
      const data = /^data: (.*)$/m.exec(frame)?.[1];
      if (!data) continue;
      const text = Buffer.from(data, "base64").toString();
      for (const stamp of text.trim().split(" ")) delays.push(arrived - Number(stamp));
    }
  }
}
