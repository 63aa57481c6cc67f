/** Every address that people can give: none is connected to that is not the operator's own choice. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { connect as openSocket } from "node:net";
import { once } from "node:events";
import { Webhooks } from "@octokit/webhooks";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";

import { createGitDocumentHost } from "../../adapters/git/document-host.ts";
import { parsePullUrl } from "../../adapters/github/pull-requests.ts";
import { createWebhookReceiver } from "../../adapters/github/webhooks.ts";
import { wholeAnswers } from "../../adapters/github/whole-answers.ts";
import { isAnswerAddress } from "../../adapters/slack/answer-address.ts";
import { assertMayName } from "../../adapters/web/local-repositories.ts";
import { UserError } from "../../src/errors.ts";
import { OutWorld } from "../adapters/slack/out-world.ts";
import { startServer } from "../adapters/web/running-server.ts";
import { ADMIN, DeskWorld, person } from "../chat/desk-world.ts";
import { FakeEngine } from "../fakes/fake-engine.ts";
import type { TestDatabase } from "../support/database.ts";
import { createTestDatabase } from "../support/database.ts";
import { HttpClient } from "../support/http-client.ts";
import { memoryLogger, TestApp } from "../support/test-app.ts";
import { Canary } from "./canary.ts";

let canary: Canary;
beforeEach(async () => {
  canary = await Canary.start();
});
afterEach(async () => {
  const { visits } = canary;
  await canary[Symbol.asyncDispose]();
  if (visits > 0) throw new Error(`${visits} connections were made to an address that was given`);
});

const GITHUB = { apiUrl: "https://api.github.com", webUrl: "https://github.com" };

it("the canary hears whoever comes", async () => {
  await using other = await Canary.start();
  const socket = openSocket(other.port, "127.0.0.1");
  await once(socket, "close");
  expect(other.visits).toBe(1);
});

describe("the address of a pull request", () => {
  it("is one of the host that the operator has set, and of no other", () => {
    for (const address of canary.addresses) {
      expect(parsePullUrl(address, GITHUB), address).toBeNull();
    }
    const known = { repository: "acme/rfcs", number: 1 };
    expect(parsePullUrl("https://github.com/acme/rfcs/pull/1", GITHUB)).toEqual(known);
    for (const name of ["..%2f..", "%2e%2e", "a%0d%0ab", "a?b", "a#b", "..", "a b", "a/b"]) {
      expect(parsePullUrl(`https://github.com/acme/${name}/pull/1`, GITHUB), name).toBeNull();
    }
  });

  it("leads nowhere else when it is linked in chat", async () => {
    const database: TestDatabase = await createTestDatabase();
    try {
      await using world = await DeskWorld.start(database);
      for (const address of canary.addresses) {
        await world.say(`link ${address} new`, { by: person(ADMIN) });
        await world.say(`link <${address}>`, { by: person(ADMIN) });
      }
      expect(await world.link()).toBeNull();
      expect((await world.built.engine.rfcs.list(null)).map(({ slug }) => slug)).toEqual(["rfc"]);
    } finally {
      await database.drop();
    }
  });
});

describe("what is given to the running server", () => {
  let test: TestApp;
  let client: HttpClient;
  beforeAll(async () => {
    test = await TestApp.start();
    client = new HttpClient(test.app.url!);
  });
  afterAll(() => test[Symbol.asyncDispose]());

  it("is no repository, and is asked for nothing", async () => {
    for (const repository of canary.addresses) {
      for (const more of [{}, { path: "rfc.md", branch: "main" }]) {
        const answer = await fetch(`${test.app.url}/api/rfcs`, {
          method: "POST",
          headers: { "content-type": "application/json" },
          body: JSON.stringify({ repository, ...more }),
        });
        expect(answer.status, repository).toBeGreaterThanOrEqual(400);
        expect(answer.status, repository).toBeLessThan(500);
      }
    }
    const { path, branch } = { path: `http://${canary.hosts[0]}/rfc.md`, branch: "main" };
    const { url: repository } = test.repository;
    const asked = [
      { repository, path, branch },
      { repository, path: "rfc.md", branch: path },
    ];
    for (const body of asked) {
      await expect(test.engine.rfcs.register(body)).rejects.toBeInstanceOf(UserError);
    }
  });

  it("is not followed in messages, quotes and answers", async () => {
    const threadId = await client.newThread();
    const links = canary.addresses.slice(0, 4);
    const text = links.map((link) => `![x](${link}) <${link}> [y](${link})`).join("\n");
    test.provider.script = () => [text];
    await test.ask(threadId, text);
    const { messages } = await test.engine.threads.view(threadId);
    expect(messages.at(-1)!.text).toContain(links[0]);
  });
});

describe("a repository on the server's own disk", () => {
  const body = JSON.stringify({ repository: "file:///etc", path: "passwd", branch: "main" });
  const headers = { "content-type": "application/json" };

  it("is not opened for those who come from elsewhere, with the token too", async () => {
    const token = "a-token-of-some-length";
    const away = await startServer({ host: "0.0.0.0", token });
    const given = { ...headers, authorization: `Bearer ${token}` };
    const answer = await away.send("POST", "/api/rfcs", { headers: given, body });
    expect(answer.status).toBe(403);
    expect(JSON.parse(answer.text)).toMatchObject({
      detail: expect.stringContaining("is made known there") as string,
    });
    expect(away.engine.documents.size).toBe(0);
    const here = await startServer();
    expect((await here.send("POST", "/api/rfcs", { headers, body })).status).not.toBe(403);
  });

  it("is, where the person at the machine has shown it to Redline", async () => {
    const engine = new FakeEngine();
    engine.addDocument({ slug: "plan", repository: "file:///srv/rfcs" }, "# Plan\n");
    await assertMayName(engine, "file:///srv/rfcs", false);
    await assertMayName(engine, "acme/rfcs", false);
    await assertMayName(engine, "file:///etc", true);
    const others = ["file:///etc", " FILE:///etc", "file:/srv/rfcs", "file:///srv/rfcs/../other"];
    for (const repository of others) {
      await expect(assertMayName(engine, repository, false)).rejects.toMatchObject({
        type: "forbidden",
      });
    }
  });

  it("is never on another machine", async () => {
    const host = createGitDocumentHost();
    for (const repository of canary.addresses.filter((address) => host.serves(address))) {
      const location = { repository, path: "rfc.md", branch: "main" };
      await expect(host.read(location), repository).rejects.toBeInstanceOf(UserError);
    }
    for (const address of ["https://github.com/a/b", "git://x/y", "ext::sh -c x", "../x", "-x"]) {
      expect(host.serves(address)).toBe(false);
    }
  });
});

describe("what platforms send", () => {
  it("is not followed: no address of a webhook's payload is asked", async () => {
    const secret = "s";
    const stored: object[] = [];
    const store = async (event: object) => {
      stored.push(event);
      return "stored" as const;
    };
    const receive = createWebhookReceiver({ secret, store, logger: memoryLogger([]) });
    const to = `http://${canary.hosts[0]}/x`;
    const urls = { url: to, html_url: to, avatar_url: to, comments_url: to, clone_url: to };
    const user = { id: 7, login: "octo-cat", ...urls };
    const repository = { full_name: "acme/rfcs", ...urls, owner: user };
    const head = { ref: "ideas", sha: "a".repeat(40), repo: repository };
    const pull = { number: 12, head, base: head, user, ...urls, _links: { self: { href: to } } };
    const payloads = {
      push: {
        ref: "refs/heads/main",
        created: false,
        deleted: false,
        forced: false,
        compare: to,
        repository,
        sender: user,
        head_commit: urls,
      },
      pull_request: { action: "opened", pull_request: pull, repository, sender: user },
      installation: { action: "created", installation: { id: 1, ...urls, account: user } },
    };
    for (const [name, payload] of Object.entries(payloads)) {
      const raw = JSON.stringify({ ...payload, hook: { config: urls } });
      const headers = {
        "x-github-event": name,
        "x-github-delivery": `d-${name}`,
        "x-hub-signature-256": await new Webhooks({ secret }).sign(raw),
      };
      expect((await receive(headers, Buffer.from(raw))).status).toBe(202);
    }
    expect(stored.length).toBeGreaterThanOrEqual(2);
    expect(JSON.stringify(stored)).not.toContain(canary.hosts[0]);
  });

  it("is answered at Slack's own addresses alone", async () => {
    const slack = "https://slack.com/api/";
    for (const address of [
      ...canary.addresses,
      "http://hooks.slack.com/x",
      "https://hooks.slack.com.evil.example/x",
      "https://a:b@hooks.slack.com/x",
      "",
    ]) {
      expect(isAnswerAddress(address, slack), address).toBe(false);
    }
    expect(isAnswerAddress("https://hooks.slack.com/commands/T1/2/x", slack)).toBe(true);
    await using world = await OutWorld.start();
    world.team.leave(world.channel, world.team.botUserId);
    for (const responseUrl of canary.addresses.slice(0, 6)) {
      const told = world.platform.tell(world.person, world.reply({ responseUrl }), "Hello");
      await expect(told).rejects.toThrow();
    }
  });

  it("cannot send GitHub's client to another machine, or twice to write", async () => {
    let asked = 0;
    const server = createServer((request, response) => {
      asked += 1;
      const own = request.url === "/old";
      response.writeHead(request.url === "/new" ? 200 : 301, {
        location: own ? "/new" : `http://${canary.hosts[0]}/x`,
      });
      response.end(request.url === "/new" ? "there" : "");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const get = wholeAnswers(5_000);
      expect(await (await get(`${url}/old`)).text()).toBe("there");
      await expect(get(`${url}/away`)).rejects.toThrow("leads elsewhere");
      asked = 0;
      expect((await get(`${url}/old`, { method: "POST", body: "{}" })).status).toBe(301);
      expect(asked).toBe(1);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
