/** Finds the installation of the App that has a repository, and remembers it. */
import type { Octokit } from "@octokit/rest";
import { UserError } from "../../src/errors.ts";
import { explaining, isUnknownApp, statusOf, suspended } from "./failures.ts";

/** Permissions may be granted, and repositories taken away, at any time. */
const KNOWN_FOR_MS = 10 * 60_000;
/** A 404 mostly means a missing branch or file; only after this long does it make us look again. */
const DOUBT_AFTER_MS = 60_000;

export interface Installation {
  id: number;
  /** Such as `{ contents: "write", pull_requests: "write" }`. */
  permissions: Readonly<Record<string, string | undefined>>;
  /** Where its owner can change it, in a browser. */
  url: string;
}

interface Known {
  asked: number;
  installation: Promise<Installation>;
  id?: number;
}

export class Installations {
  readonly #app: Octokit;
  readonly #known = new Map<string, Known>();

  /** @param app speaks for the App itself */
  constructor(app: Octokit) {
    this.#app = app;
  }

  /** @throws UserError where there is none, or it is suspended; HostBusy */
  async find({ owner, repo }: { owner: string; repo: string }): Promise<Installation> {
    const key = `${owner}/${repo}`.toLowerCase();
    let known = this.#known.get(key);
    if (known === undefined || Date.now() > known.asked + KNOWN_FOR_MS) {
      known = { asked: Date.now(), installation: this.#ask(owner, repo) };
      this.#known.set(key, known);
    }
    try {
      const installation = await known.installation;
      known.id = installation.id;
      return installation;
    } catch (error) {
      if (this.#known.get(key) === known) this.#known.delete(key);
      throw error;
    }
  }

  /** Takes in that a request of an installation was refused: it may not have the repository any more. */
  doubt(id: number, status: number | null): void {
    const isRefused = status === 401 || status === 403;
    if (!isRefused && status !== 404) return;
    const limit = Date.now() - DOUBT_AFTER_MS;
    for (const [key, known] of this.#known) {
      if (known.id === id && (isRefused || known.asked < limit)) this.#known.delete(key);
    }
  }

  async #ask(owner: string, repo: string): Promise<Installation> {
    const repository = `${owner}/${repo}`;
    return await explaining(repository, async () => {
      try {
        const { data } = await this.#app.rest.apps.getRepoInstallation({ owner, repo });
        if (data.suspended_at) throw new UserError("forbidden", suspended(repository));
        return { id: data.id, permissions: data.permissions, url: data.html_url };
      } catch (error) {
        if (statusOf(error) !== 404 || isUnknownApp(error)) throw error;
        throw new UserError(
          "repository-unavailable",
          `Redline's GitHub App is not installed on ${repository}, or there is no such repository: check the name, or install the App there.`,
          { cause: error },
        );
      }
    });
  }
}
