/**
 * Where people let an App speak for them: GitHub's device flow, beside the API and outside of its description.
 * Source: docs.github.com, "Generating a user access token for a GitHub App", "Refreshing user access tokens".
 */
import { randomBytes } from "node:crypto";

import type { Auth } from "./auth.ts";
import { sameLogin } from "./model.ts";
import type { Account, Json } from "./model.ts";

/** An App that people may let in. */
export interface Client {
  clientId: string;
  /** Null: no browser may be sent for it. */
  clientSecret: string | null;
  /** Where browsers may be sent back to; the first one is the default. */
  callbackUrls: readonly string[];
  hasDeviceFlow: boolean;
  /** Seconds that a token lives; null: for ever, as those of OAuth Apps do. */
  tokenSeconds: number | null;
}

interface Code {
  client: Client;
  userCode: string;
  expiresAt: number;
  interval: number;
  askedAt: number;
  state: "pending" | "denied" | "used" | { account: Account };
}

interface Grant {
  client: Client;
  account: Account;
  token: string;
  refreshToken: string | null;
  /** Came out of the web flow: then it is refreshed with the client's secret. */
  isWeb: boolean;
}

/** Half a year, as GitHub's. */
const REFRESH_SECONDS = 15_897_600;
const DEVICE = "urn:ietf:params:oauth:grant-type:device_code";

export class DeviceFlows {
  /** Seconds that must lie between two questions, and that a code may be entered for. */
  interval = 5;
  codeSeconds = 900;
  readonly #auth: Auth;
  readonly #htmlUrl: () => string;
  readonly #clients = new Map<string, Client>();
  readonly #codes = new Map<string, Code>();
  readonly #grants = new Set<Grant>();
  readonly #violations: string[];
  /** Of what browsers come back with. */
  exchange: (client: Client, body: Json) => Json = () => failure("bad_verification_code");

  constructor(auth: Auth, htmlUrl: () => string, violations: string[]) {
    this.#auth = auth;
    this.#htmlUrl = htmlUrl;
    this.#violations = violations;
  }

  client(clientId: string): Client | null {
    return this.#clients.get(clientId) ?? null;
  }

  addClient(client: Client): void {
    this.#clients.set(client.clientId, client);
  }

  /** What a person does on GitHub with the code that they were given. */
  enter(userCode: string, account: Account | null): void {
    const code = [...this.#codes.values()].find((one) => one.userCode === userCode);
    if (!code || code.expiresAt <= Date.now() || code.state !== "pending") {
      throw new Error(`GitHub takes no code ${userCode}`);
    }
    code.state = account === null ? "denied" : { account };
  }

  /** As an account's owner does in its settings. */
  revoke(login: string): void {
    for (const grant of this.#grants) {
      if (sameLogin(grant.account.login, login)) this.#end(grant);
    }
  }

  /** Ends the tokens that were handed out, as their hours do; what refreshes them stays. */
  expireTokens(): void {
    for (const { token } of this.#grants) this.#auth.revoke(token);
  }

  expireCodes(): void {
    for (const code of this.#codes.values()) code.expiresAt = 0;
  }

  /** Null for what is none of its addresses. */
  answer(method: string, path: string, body: Json): { status: number; json: Json } | null {
    if (method !== "POST") return null;
    if (path === "/login/device/code") return this.#begin(body);
    if (path === "/login/oauth/access_token") return { status: 200, json: this.#token(body) };
    return null;
  }

  #begin(body: Json): { status: number; json: Json } {
    this.#check("device/code", body, ["client_id"], ["scope"]);
    const client = this.#clients.get(String(body["client_id"]));
    if (!client) return { status: 404, json: { error: "Not Found" } };
    if (!client.hasDeviceFlow) return { status: 200, json: failure("device_flow_disabled") };
    const letters = randomBytes(4).toString("hex").toUpperCase();
    const userCode = `${letters.slice(0, 4)}-${letters.slice(4)}`;
    const deviceCode = randomBytes(20).toString("hex");
    this.#codes.set(deviceCode, {
      client,
      userCode,
      expiresAt: Date.now() + this.codeSeconds * 1_000,
      interval: this.interval,
      askedAt: 0,
      state: "pending",
    });
    const json = {
      device_code: deviceCode,
      user_code: userCode,
      verification_uri: `${this.#htmlUrl()}/login/device`,
      expires_in: this.codeSeconds,
      interval: this.interval,
    };
    return { status: 200, json };
  }

  #token(body: Json): Json {
    const client = this.#clients.get(String(body["client_id"]));
    if (!client) return failure("incorrect_client_credentials");
    if (body["grant_type"] === "refresh_token") return this.#refresh(client, body);
    if (body["device_code"] === undefined && body["code"] !== undefined) {
      return this.exchange(client, body);
    }
    this.#check("access_token", body, ["client_id", "device_code", "grant_type"], []);
    if (body["grant_type"] !== DEVICE) return failure("unsupported_grant_type");
    const code = this.#codes.get(String(body["device_code"]));
    if (!code || code.client !== client || code.state === "used") {
      return failure("incorrect_device_code");
    }
    if (code.expiresAt <= Date.now()) return failure("expired_token");
    const isTooSoon = Date.now() - code.askedAt < code.interval * 1_000;
    code.askedAt = Date.now();
    if (isTooSoon) {
      code.interval += 5;
      return { ...failure("slow_down"), interval: code.interval };
    }
    if (code.state === "pending") return failure("authorization_pending");
    if (code.state === "denied") return failure("access_denied");
    const { account } = code.state;
    code.state = "used";
    return this.grant(client, account, false);
  }

  /** What came out of a device flow is refreshed without the client's secret; each refresh token serves once. */
  #refresh(client: Client, body: Json): Json {
    const needs = ["client_id", "grant_type", "refresh_token"];
    this.#check("access_token", body, needs, ["client_secret"]);
    const secret = body["client_secret"];
    if (secret !== undefined && secret !== client.clientSecret) {
      return failure("incorrect_client_credentials");
    }
    const all = [...this.#grants];
    const grant = all.find(({ refreshToken }) => refreshToken === body["refresh_token"]);
    if (!grant || grant.client !== client) return failure("bad_refresh_token");
    if (grant.isWeb && secret === undefined) return failure("incorrect_client_credentials");
    this.#end(grant);
    return this.grant(client, grant.account, grant.isWeb);
  }

  end(token: string): void {
    for (const grant of this.#grants) if (grant.token === token) this.#end(grant);
  }

  grant(client: Client, account: Account, isWeb: boolean): Json {
    const seconds = client.tokenSeconds;
    const token = this.#auth.createUserToken(account, seconds, client.clientId);
    const refreshToken = seconds === null ? null : `ghr_${randomBytes(18).toString("hex")}`;
    this.#grants.add({ client, account, token, refreshToken, isWeb });
    return {
      access_token: token,
      token_type: "bearer",
      scope: "",
      ...(seconds !== null && {
        expires_in: seconds,
        refresh_token: refreshToken,
        refresh_token_expires_in: REFRESH_SECONDS,
      }),
    };
  }

  #end(grant: Grant): void {
    this.#auth.revoke(grant.token);
    this.#grants.delete(grant);
  }

  #check(call: string, body: Json, needs: readonly string[], takes: readonly string[]): void {
    const missing = needs.filter((name) => typeof body[name] !== "string");
    const unknown = Object.keys(body).filter((name) => ![...needs, ...takes].includes(name));
    for (const name of missing) this.#violations.push(`login/${call}: ${name} is missing`);
    for (const name of unknown) this.#violations.push(`login/${call}: ${name} is not known`);
  }
}

export function failure(error: string): Json {
  return {
    error,
    error_description: `The request failed: ${error}.`,
    error_uri: "https://docs.github.com/apps",
  };
}
