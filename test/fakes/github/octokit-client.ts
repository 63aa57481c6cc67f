/** The real Octokit for the fake's own tests, without its retries and without words on the console. */
import { createAppAuth } from "@octokit/auth-app";
import { Octokit } from "@octokit/rest";

import type { App } from "./auth.ts";
import type { FakeGitHub } from "./fake-github.ts";

const quiet = (): void => undefined;
const common = {
  log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
};

export const octokitOfToken = (github: FakeGitHub, token?: string): Octokit =>
  new Octokit({ ...common, baseUrl: github.url, ...(token !== undefined && { auth: token }) });

/** As one of the App's installations, or without one as the App itself. */
export const octokitOfApp = (github: FakeGitHub, app: App, installationId?: number): Octokit =>
  new Octokit({
    ...common,
    baseUrl: github.url,
    authStrategy: createAppAuth,
    auth: {
      appId: app.id,
      privateKey: app.privateKey,
      ...(installationId !== undefined && { installationId }),
    },
  });

/** What a request that must fail failed with. */
export async function failureOf(
  request: Promise<unknown>,
): Promise<{ status: number; message: string; data: Record<string, unknown> }> {
  const error = (await request.then(
    () => null,
    (reason: unknown) => reason,
  )) as { status: number; message: string; response?: { data: unknown } } | null;
  if (error === null) throw new Error("the request was answered");
  const data = (error.response?.data ?? {}) as Record<string, unknown>;
  return { status: error.status, message: error.message, data };
}

/** Lines that say their number. */
export const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, index) => `Line ${index + 1}`);

export const textOf = (lines: readonly string[]): string => `${lines.join("\n")}\n`;
