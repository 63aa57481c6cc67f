/** Who asks, and what that one may do: tokens, Apps, installations. */
import { createHmac, generateKeyPairSync, randomBytes, verify } from "node:crypto";
import type { KeyObject } from "node:crypto";

import { ApiError, badCredentials, notFound } from "./api-error.ts";
import { sameLogin, timestamp } from "./model.ts";
import type { Account, Json, Permission, Repository } from "./model.ts";
import type { World } from "./world.ts";

export type Level = "read" | "write";
export type Permissions = Record<string, Level>;

export interface App {
  id: number;
  slug: string;
  clientId: string;
  owner: Account;
  bot: Account;
  /** PEM in PKCS#1, as GitHub hands it out. */
  privateKey: string;
  publicKey: KeyObject;
  permissions: Permissions;
  createdAt: string;
}

export interface Installation {
  id: number;
  app: App;
  account: Account;
  repositories: Set<Repository>;
  permissions: Permissions;
  suspendedAt: string | null;
  createdAt: string;
}

export interface TokenOptions {
  /** Of a classic token; default `["repo"]`. */
  scopes?: readonly string[];
  /** Makes it a fine-grained token with these. */
  permissions?: Permissions;
  /** Of a fine-grained token; default all. */
  repositories?: readonly string[];
}

/** Who a request comes from. `permissions` null: a classic token, with `scopes`. */
export interface Actor {
  kind: "anonymous" | "user" | "app" | "installation";
  account: Account | null;
  app: App | null;
  installation: Installation | null;
  permissions: Permissions | null;
  scopes: readonly string[];
  /** What the token is limited to; null for everything that the account sees. */
  repositories: ReadonlySet<Repository> | null;
  /** Counts requests under this name. */
  bucket: string;
}

interface Token {
  actor: Actor;
  expiresAt: number;
}

export const DEFAULT_PERMISSIONS: Permissions = {
  contents: "write",
  issues: "write",
  metadata: "read",
  pull_requests: "write",
};

/** Installation tokens live for an hour. */
const TOKEN_LIFE = 3_600_000;
const RANK: readonly Permission[] = ["none", "read", "triage", "write", "maintain", "admin"];

const ANONYMOUS: Actor = {
  kind: "anonymous",
  account: null,
  app: null,
  installation: null,
  permissions: null,
  scopes: [],
  repositories: null,
  bucket: "anonymous",
};

export class Auth {
  readonly apps = new Map<number, App>();
  readonly installations = new Map<number, Installation>();
  readonly #world: World;
  readonly #tokens = new Map<string, Token>();

  constructor(world: World) {
    this.#world = world;
  }

  createToken(login: string, options: TokenOptions = {}): string {
    const account = this.#world.account(login);
    const isFine = options.permissions !== undefined;
    const token = `${isFine ? "github_pat_" : "ghp_"}${randomBytes(18).toString("hex")}`;
    const { repositories } = options;
    const actor: Actor = {
      ...ANONYMOUS,
      kind: "user",
      account,
      permissions: options.permissions ? { metadata: "read", ...options.permissions } : null,
      scopes: options.scopes ?? ["repo"],
      repositories: repositories
        ? new Set(repositories.map((name) => this.#world.repository(name)))
        : null,
      bucket: `user ${account.id}`,
    };
    this.#tokens.set(token, { actor, expiresAt: Infinity });
    return token;
  }

  /**
   * What an App speaks with for a person who let it in: of an OAuth App without a scope (it does not expire) for what
   * is public; of a GitHub App for what is there of the repositories where it is installed, too.
   */
  createUserToken(account: Account, seconds: number | null, clientId: string): string {
    const token = `ghu_${randomBytes(18).toString("hex")}`;
    const bucket = `user ${account.id}`;
    const app = [...this.apps.values()].find((one) => one.clientId === clientId);
    const installed = [...this.installations.values()].filter((one) => one.app === app);
    const actor: Actor = {
      ...ANONYMOUS,
      kind: "user",
      account,
      permissions: seconds === null ? null : { metadata: "read" },
      repositories: app ? new Set(installed.flatMap((one) => [...one.repositories])) : null,
      bucket,
    };
    const expiresAt = seconds === null ? Infinity : Date.now() + seconds * 1_000;
    this.#tokens.set(token, { actor, expiresAt });
    return token;
  }

  revoke(token: string): void {
    this.#tokens.delete(token);
  }

  /** Ends every installation token that was handed out, as their hour does. */
  expireInstallationTokens(): void {
    for (const [token, { actor }] of this.#tokens) {
      if (actor.kind === "installation") this.#tokens.delete(token);
    }
  }

  createApp(slug: string, permissions: Permissions): App {
    const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
    const app: App = {
      id: this.#world.nextId(),
      slug,
      clientId: `Iv23li${randomBytes(7).toString("hex")}`,
      owner: this.#world.addAccount(`${slug}-owner`),
      bot: this.#world.addAccount(`${slug}[bot]`, { type: "Bot" }),
      privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
      publicKey,
      permissions: { metadata: "read", ...permissions },
      createdAt: timestamp(),
    };
    this.apps.set(app.id, app);
    return app;
  }

  install(app: App, repositories: readonly Repository[], permissions?: Permissions): Installation {
    const account = repositories[0]?.owner;
    if (!account) throw new Error("an installation needs a repository");
    const installation: Installation = {
      id: this.#world.nextId(),
      app,
      account,
      repositories: new Set(repositories),
      permissions: { metadata: "read", ...(permissions ?? app.permissions) },
      suspendedAt: null,
      createdAt: timestamp(),
    };
    this.installations.set(installation.id, installation);
    return installation;
  }

  /** The installation of an App that covers a repository. */
  installationOf(app: App, repository: Repository): Installation | null {
    const all = [...this.installations.values()];
    return all.find((one) => one.app === app && one.repositories.has(repository)) ?? null;
  }

  /** A token of the installation, perhaps for fewer repositories or permissions. */
  createInstallationToken(
    installation: Installation,
    limits: { repositories?: ReadonlySet<Repository>; permissions?: Permissions },
  ): { token: string; expiresAt: string; actor: Actor } {
    if (installation.suspendedAt !== null) throw suspended();
    const token = `ghs_${randomBytes(18).toString("hex")}`;
    const expiresAt = Date.now() + TOKEN_LIFE;
    const actor: Actor = {
      ...ANONYMOUS,
      kind: "installation",
      account: installation.app.bot,
      app: installation.app,
      installation,
      permissions: limits.permissions ?? null,
      repositories: limits.repositories ?? null,
      bucket: `installation ${installation.id}`,
    };
    this.#tokens.set(token, { actor, expiresAt });
    return { token, expiresAt: timestamp(new Date(expiresAt)), actor };
  }

  /** @throws ApiError 401 | 403 */
  authenticate(header: string | undefined): Actor {
    if (header === undefined) return ANONYMOUS;
    const [, value] = /^(?:bearer|token)\s+(\S+)$/i.exec(header) ?? [];
    if (value === undefined) throw badCredentials();
    if (value.split(".").length === 3) return this.#authenticateApp(value);
    const token = this.#tokens.get(value);
    if (!token || token.expiresAt <= Date.now()) throw badCredentials();
    const { installation } = token.actor;
    if (installation && !this.installations.has(installation.id)) throw badCredentials();
    if (installation?.suspendedAt) throw suspended();
    return token.actor;
  }

  #authenticateApp(jwt: string): Actor {
    const [head = "", payload = "", signature = ""] = jwt.split(".");
    const claims = parsePart(payload);
    const app = [...this.apps.values()].find(
      (one) => String(one.id) === String(claims["iss"]) || one.clientId === claims["iss"],
    );
    if (!app) throw notFound("Integration not found");
    const isSigned =
      parsePart(head)["alg"] === "RS256" &&
      verify(
        "sha256",
        Buffer.from(`${head}.${payload}`),
        app.publicKey,
        Buffer.from(signature, "base64url"),
      );
    if (!isSigned) throw badCredentials("A JSON web token could not be decoded");
    const now = Date.now() / 1000;
    const exp = Number(claims["exp"]);
    const iat = Number(claims["iat"]);
    if (!(exp > now)) {
      throw badCredentials(
        "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires",
      );
    }
    if (exp > now + 660)
      throw badCredentials("'Expiration time' claim ('exp') is too far in the future");
    if (!(iat <= now + 30)) {
      throw badCredentials(
        "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued",
      );
    }
    return { ...ANONYMOUS, kind: "app", app, bucket: `app ${app.id}` };
  }
}

function parsePart(part: string): Json {
  try {
    return JSON.parse(Buffer.from(part, "base64url").toString("utf8")) as Json;
  } catch {
    throw badCredentials("A JSON web token could not be decoded");
  }
}

const suspended = (): ApiError => new ApiError(403, "This installation has been suspended");

/** What a user may do in a repository, tokens apart. */
export function permissionOf(repository: Repository, account: Account | null): Permission {
  const given = account && repository.permissions.get(account.login.toLowerCase());
  return given ?? (repository.isPrivate ? "none" : "read");
}

export const reaches = (has: Permission, needs: Permission): boolean =>
  RANK.indexOf(has) >= RANK.indexOf(needs);

/** The permissions that a fine-grained or installation token has now; null for other actors. */
function granted(actor: Actor): Permissions | null {
  if (actor.kind === "user") return actor.permissions;
  if (!actor.installation) return null;
  const own = actor.installation.permissions;
  const asked = actor.permissions;
  if (!asked) return own;
  return Object.fromEntries(Object.entries(asked).filter(([name]) => own[name] !== undefined));
}

/** Whether an actor sees the repository at all. */
export function sees(actor: Actor, repository: Repository): boolean {
  if (!repository.isPrivate) return true;
  if (actor.installation) return covers(actor, repository);
  if (actor.repositories && !actor.repositories.has(repository)) return false;
  if (granted(actor) === null && !actor.scopes.includes("repo")) return false;
  return permissionOf(repository, actor.account) !== "none";
}

function covers(actor: Actor, repository: Repository): boolean {
  const installed = actor.installation?.repositories.has(repository) ?? true;
  return installed && (actor.repositories?.has(repository) ?? true);
}

/**
 * Holds an actor against what a call needs: one of `names` at `level`. Reading a public repository needs
 * nothing; people without push rights get GitHub's 404 or 403.
 * @throws ApiError 401 | 403 | 404
 */
export function authorize(
  actor: Actor,
  repository: Repository,
  names: readonly string[],
  level: Level,
): void {
  if (!sees(actor, repository)) throw notFound();
  const isPublicRead = level === "read" && !repository.isPrivate;
  if (actor.kind === "anonymous") {
    if (isPublicRead) return;
    throw new ApiError(401, "Requires authentication");
  }
  if (actor.kind === "app") throw badCredentials("A JSON web token could not be decoded");
  if (isPublicRead && !covers(actor, repository)) return;
  const permissions = granted(actor);
  const kind = actor.kind === "installation" ? "integration" : "personal access token";
  const refused = new ApiError(
    403,
    `Resource not accessible by ${kind}`,
    {},
    {
      "x-accepted-github-permissions": names.map((name) => `${name}=${level}`).join("; "),
    },
  );
  if (permissions) {
    const has = names.some((name) => permissions[name] === level || permissions[name] === "write");
    if (!covers(actor, repository) || !has) throw refused;
  } else if (level === "write" && !hasScope(actor, repository)) {
    throw notFound();
  }
  if (actor.kind !== "user") return;
  const needs: Permission = level === "write" && names.includes("contents") ? "write" : "read";
  if (!reaches(permissionOf(repository, actor.account), needs)) {
    throw permissions ? refused : notFound();
  }
}

const hasScope = (actor: Actor, repository: Repository): boolean =>
  actor.scopes.includes("repo") || (!repository.isPrivate && actor.scopes.includes("public_repo"));

/** A repository by its name, for an actor that sees it. @throws ApiError 404 */
export function visibleRepository(world: World, actor: Actor, name: string): Repository {
  const repository = world.repositories.get(name.toLowerCase());
  if (!repository || !sees(actor, repository)) throw notFound();
  return repository;
}

/** How an account stands to a repository, as comments tell it. */
export function associationOf(repository: Repository, account: Account): string {
  if (sameLogin(repository.owner.login, account.login)) return "OWNER";
  const given = repository.permissions.get(account.login.toLowerCase());
  return given !== undefined && reaches(given, "write") ? "COLLABORATOR" : "NONE";
}

/** The signature of a webhook's body. */
export const signatureOf = (secret: string, body: string): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
