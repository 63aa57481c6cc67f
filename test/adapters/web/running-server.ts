import { request, type IncomingHttpHeaders } from "node:http";
import { afterEach } from "vitest";
import type { SignInOptions, WebLogger, WebServerOptions } from "../../../adapters/web/options.ts";
import { createWebServer } from "../../../adapters/web/server.ts";
import type { AccessDesk } from "../../../src/sign-in/access.ts";
import type { SignedIn, SignInDesk } from "../../../src/sign-in/session.ts";
import { FakeEngine } from "../../fakes/fake-engine.ts";

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  text: string;
}

export interface RunningServer {
  engine: FakeEngine;
  url: string;
  /** What was logged as an error. */
  errors: object[];
  close(graceMs?: number): Promise<void>;
  /** Any method and headers, also those that `fetch` does not let one set. */
  send(method: string, path: string, options?: SendOptions): Promise<Answer>;
  json(method: string, path: string, body?: unknown): Promise<JsonAnswer>;
}

export interface JsonAnswer {
  status: number;
  body: Record<string, unknown>;
}

export interface SendOptions {
  headers?: Record<string, string>;
  body?: string;
}

const running: RunningServer[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.close(0)));
});

/** Somebody who is signed in. */
export const ADA: SignedIn = {
  user: { id: "1", displayName: "Ada", email: null },
  accountId: "1",
  login: "octo-ada",
  sessionId: "1",
};

/** People sign in, and have whatever sessions `find` says. */
export const signInWith = (find: SignInDesk["find"]): SignInOptions => ({
  publicUrl: "http://127.0.0.1",
  desk: { find } as unknown as SignInDesk,
  access: {} as AccessDesk,
});

/** A server on any free port, closed after the test. */
export async function startServer(
  options: Partial<Omit<WebServerOptions, "engine">> = {},
): Promise<RunningServer> {
  const engine = new FakeEngine();
  const errors: object[] = [];
  const logger: WebLogger = {
    error: (fields) => void errors.push(fields),
  };
  const web = await createWebServer({
    engine,
    host: "127.0.0.1",
    port: 0,
    token: null,
    logger,
    ...options,
  });
  // A server on all addresses is reached here through this machine's own.
  const url = web.url.replace("0.0.0.0", "127.0.0.1");
  const send = (method: string, path: string, { headers = {}, body }: SendOptions = {}) =>
    new Promise<Answer>((resolve, reject) => {
      const call = request(url + path, { method, headers }, (response) => {
        let text = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, headers: response.headers, text }),
        );
        response.on("error", reject);
      });
      call.on("error", reject);
      call.end(body);
    });
  const server: RunningServer = {
    engine,
    url,
    errors,
    close: (graceMs) => web.close(graceMs),
    send,
    async json(method: string, path: string, body?: unknown) {
      const answer = await send(
        method,
        path,
        body === undefined
          ? {}
          : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) },
      );
      return { status: answer.status, body: JSON.parse(answer.text) as JsonAnswer["body"] };
    },
  };
  running.push(server);
  return server;
}
