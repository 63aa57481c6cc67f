/**
 * Where browsers come to let an App know who their person is: GitHub's web flow, outside of its API's description. It
 * shows a page of its own, on which a test presses who it is.
 * Source: docs.github.com, "Authorizing OAuth apps", "Generating a user access token for a GitHub App",
 * "Troubleshooting authorization request errors", "Troubleshooting OAuth app access token request errors".
 */
import { createHash, randomBytes } from "node:crypto";
import { failure } from "./device-flow.ts";
import type { Client, DeviceFlows } from "./device-flow.ts";
import type { Account, Json } from "./model.ts";

interface Asked {
  client: Client;
  redirectUri: string;
  state: string;
  challenge: string | null;
}

interface Code extends Asked {
  account: Account;
  expiresAt: number;
  /** What it was exchanged for: GitHub ends that when the code comes once more. */
  token: string | null;
}

export interface WebAnswer {
  status: number;
  location?: string;
  html?: string;
  json?: Json;
}

/** GitHub's ten minutes. */
const CODE_MS = 600_000;
const TAKES = [
  "client_id",
  "redirect_uri",
  "state",
  "login",
  "scope",
  "allow_signup",
  "prompt",
  "code_challenge",
  "code_challenge_method",
];

export class WebFlow {
  readonly #flows: DeviceFlows;
  readonly #people: () => readonly Account[];
  readonly #violations: string[];
  readonly #asked = new Map<string, Asked>();
  readonly #codes = new Map<string, Code>();

  constructor(flows: DeviceFlows, people: () => readonly Account[], violations: string[]) {
    this.#flows = flows;
    this.#people = people;
    this.#violations = violations;
  }

  /** What the person's browser is sent back to, without a browser. @param login null: they decline */
  consent(address: string, login: string | null): string {
    const page = this.#authorize(new URL(address).searchParams);
    const id = page.html && /[?&]ask=([0-9a-f]+)/.exec(page.html)?.[1];
    if (!id) {
      if (page.location !== undefined) return page.location;
      throw new Error(`GitHub shows no page to consent on: ${page.status}`);
    }
    return this.#answer(id, login).location!;
  }

  expireCodes(): void {
    for (const code of this.#codes.values()) code.expiresAt = 0;
  }

  /** Null for what is none of its addresses. */
  answer(method: string, path: string, query: URLSearchParams): WebAnswer | null {
    if (method !== "GET") return null;
    if (path === "/login/oauth/authorize") return this.#authorize(query);
    if (path !== "/login/oauth/consent") return null;
    return this.#answer(query.get("ask") ?? "", query.get("as"));
  }

  /** The token endpoint's part for codes of browsers. */
  exchange(client: Client, body: Json): Json {
    const known = ["client_id", "client_secret", "code", "redirect_uri", "code_verifier"];
    for (const name of Object.keys(body)) {
      if (!known.includes(name))
        this.#violations.push(`login/oauth/access_token: ${name} is not known`);
    }
    if (client.clientSecret === null || body["client_secret"] !== client.clientSecret) {
      return failure("incorrect_client_credentials");
    }
    const code = this.#codes.get(String(body["code"]));
    if (!code || code.client !== client || code.expiresAt <= Date.now()) {
      return failure("bad_verification_code");
    }
    if (code.token !== null) {
      this.#flows.end(code.token);
      return failure("bad_verification_code");
    }
    const { redirect_uri: redirectUri, code_verifier: verifier } = body;
    if (redirectUri !== undefined && redirectUri !== code.redirectUri) {
      return failure("redirect_uri_mismatch");
    }
    if (code.challenge !== null) {
      const hash = createHash("sha256").update(String(verifier)).digest("base64url");
      if (typeof verifier !== "string" || hash !== code.challenge) {
        return failure("bad_verification_code");
      }
    }
    const granted = this.#flows.grant(client, code.account, true);
    code.token = String(granted["access_token"]);
    return granted;
  }

  #authorize(query: URLSearchParams): WebAnswer {
    for (const name of query.keys()) {
      if (!TAKES.includes(name)) {
        this.#violations.push(`login/oauth/authorize: ${name} is not known`);
      }
    }
    const client = this.#flows.client(query.get("client_id") ?? "");
    if (!client || client.callbackUrls.length === 0) return { status: 404, html: "Not Found" };
    const given = query.get("redirect_uri");
    const state = query.get("state") ?? "";
    if (state === "") this.#violations.push("login/oauth/authorize: there is no state");
    const registered = client.callbackUrls[0]!;
    if (given !== null && !client.callbackUrls.some((url) => isBelow(given, url))) {
      return back(registered, { error: "redirect_uri_mismatch", ...DESCRIBED, state });
    }
    const challenge = query.get("code_challenge");
    const method = query.get("code_challenge_method");
    if (challenge !== null && (method !== "S256" || !/^[\w-]{43}$/.test(challenge))) {
      this.#violations.push("login/oauth/authorize: the challenge is none of S256");
    }
    const id = randomBytes(8).toString("hex");
    this.#asked.set(id, { client, redirectUri: given ?? registered, state, challenge });
    const link = (as: string | null, says: string): string => {
      const whose = as === null ? "" : `&as=${encodeURIComponent(as)}`;
      return `<p><a href="/login/oauth/consent?ask=${id}${whose}">${says}</a></p>`;
    };
    const people = this.#people().map(({ login }) => link(login, `Authorize as ${login}`));
    const html = `<!doctype html><html lang="en"><title>Authorize application</title><link rel="icon" href="data:,"><main><h1>Authorize</h1>${people.join("")}${link(null, "Cancel")}</main></html>`;
    return { status: 200, html };
  }

  #answer(id: string, login: string | null): WebAnswer {
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    if (!asked) return { status: 404, html: "Not Found" };
    const { redirectUri, state } = asked;
    const account = this.#people().find((one) => one.login === login);
    if (!account) return back(redirectUri, { error: "access_denied", ...DESCRIBED, state });
    const code = randomBytes(10).toString("hex");
    this.#codes.set(code, { ...asked, account, expiresAt: Date.now() + CODE_MS, token: null });
    return back(redirectUri, { code, state });
  }
}

const DESCRIBED = {
  error_description: "The request failed.",
  error_uri: "https://docs.github.com/apps",
};

function back(to: string, query: Record<string, string>): WebAnswer {
  const url = new URL(to);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return { status: 302, location: url.href };
}

/** Host and port are to be the same, the path is to be at or below the registered one. */
function isBelow(given: string, registered: string): boolean {
  if (!URL.canParse(given)) return false;
  const [a, b] = [new URL(given), new URL(registered)];
  const isInside = a.pathname === b.pathname || a.pathname.startsWith(`${b.pathname}/`);
  return a.origin === b.origin && isInside;
}
