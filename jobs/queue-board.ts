/** Bull Board: pages on which an operator sees the queues, and mends them. */
import type { FastifyAdapter } from "@bull-board/fastify";
import type { JobBackend } from "./backend.ts";
import { QUEUE_NAMES } from "./queues.ts";
import type { QueueName } from "./queues.ts";

const ABOUT: Record<QueueName, string> = {
  turns: "Wake-ups for threads with a turn to run; what is to be done stands in Postgres.",
  commits: "Accepted changes that are to become commits.",
  reviews: "Wake-ups for branches whose pull request is to be looked at.",
  events: "Wake-ups for what came in from chat platforms.",
};

export interface BoardLink {
  text: string;
  url: string;
}

/**
 * Makes the board, as a plugin for Fastify; its code is loaded by the first call. Whoever serves it says who may
 * come in: it lets everybody do everything.
 * @param path under which it is served, without a slash at its end
 * @param links beside its own
 */
export async function createQueueBoard(
  backend: JobBackend,
  path: string,
  links: BoardLink[],
): Promise<ReturnType<FastifyAdapter["registerPlugin"]>> {
  const [{ createBullBoard }, { BullMQAdapter }, { FastifyAdapter: Server }] = await Promise.all([
    import("@bull-board/api"),
    import("@bull-board/api/bullMQAdapter"),
    import("@bull-board/fastify"),
  ]);
  const serverAdapter = new Server().setBasePath(path);
  type BoardQueue = ConstructorParameters<typeof BullMQAdapter>[0];
  createBullBoard({
    queues: QUEUE_NAMES.map((name) => {
      const queue = backend.queue(name) as unknown as BoardQueue;
      return new BullMQAdapter(queue, { description: ABOUT[name] });
    }),
    serverAdapter,
    options: { uiConfig: { boardTitle: "Redline’s queues", miscLinks: links, hideDocsLink: true } },
  });
  const board = serverAdapter.registerPlugin();
  return (app, options, done) => {
    app.addHook("onSend", async (_request, _reply, body) =>
      typeof body === "string" && body.startsWith("<!DOCTYPE html>") ? withoutOthers(body) : body,
    );
    board(app, options, done);
  };
}

/** The board's page as it needs nothing from another host, and no style of its own beside its files. */
function withoutOthers(page: string): string {
  return page
    .replace(/<link[^>]+href="https:[^>]*>/g, "")
    .replace(/(<div id="root">)[\s\S]*?<\/style>\s*(<\/div>)/, "$1Loading…$2");
}
