/** Webhooks, with the verification of @octokit/webhooks on the other side. */
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";

import { Webhooks } from "@octokit/webhooks";
import { afterEach, beforeEach, describe, expect, it } from "vitest";

import { startFakeGitHub } from "./fake-github.ts";
import type { FakeGitHub, FakeRepository } from "./fake-github.ts";

const SECRET = "It's a secret";
const verifier = new Webhooks({ secret: SECRET });

interface Received {
  event: string;
  id: string;
  payload: Record<string, unknown>;
}

let github: FakeGitHub;
let repository: FakeRepository;
let receiver: Server;
let received: Received[];

beforeEach(async () => {
  received = [];
  receiver = createServer((request, response) => {
    void text(request).then(async (body) => {
      const { headers } = request;
      const isGenuine = await verifier.verify(body, String(headers["x-hub-signature-256"]));
      if (isGenuine) {
        received.push({
          event: String(headers["x-github-event"]),
          id: String(headers["x-github-delivery"]),
          payload: JSON.parse(body) as Received["payload"],
        });
      }
      response.writeHead(isGenuine ? 202 : 401).end();
    });
  });
  await new Promise<void>((resolve) => receiver.listen(0, "127.0.0.1", resolve));
  github = await startFakeGitHub();
  repository = await github.createRepository("acme/rfcs", { files: { "rfc.md": "1\n" } });
  await repository.commit("idea", { "rfc.md": "1\n2\n" });
  const { port } = receiver.address() as AddressInfo;
  github.webhooks.to(`http://127.0.0.1:${port}/webhooks/github`, SECRET);
});
afterEach(async () => {
  await github.close();
  receiver.closeAllConnections();
  await new Promise((resolve) => receiver.close(resolve));
});

const names = (): string[] =>
  received.map(({ event, payload }) =>
    typeof payload["action"] === "string" ? `${event} ${payload["action"]}` : event,
  );

describe("webhooks", () => {
  it("tell what happens, in its order and signed", async () => {
    const app = github.createApp();
    const installation = github.install(app, ["acme/rfcs"]);
    const number = await repository.openPull({ head: "idea", author: "ada" });
    const before = await repository.tip("idea");
    const after = await repository.commit("idea", { "rfc.md": "1\n2\n3\n" }, { by: "ada" });
    const place = { path: "rfc.md", line: 3, body: "Text" };
    const { id } = await repository.commentOnLines(number, "bob", place);
    repository.replyTo(id, "ada", "Yes");
    repository.editComment(id, "bob", "Other text");
    repository.resolveThread(id, "bob");
    repository.unresolveThread(id, "bob");
    repository.deleteComment(id, "bob");
    repository.comment(number, "ada", "Hello");
    repository.closePull(number, "ada");
    await repository.reopenPull(number, "ada");
    await repository.mergePull(number, "acme");
    github.suspend(installation);
    await github.webhooks.settled();
    expect(names()).toEqual([
      "installation created",
      "pull_request opened",
      "push",
      "pull_request synchronize",
      "pull_request_review_comment created",
      "pull_request_review_comment created",
      "pull_request_review_comment edited",
      "pull_request_review_thread resolved",
      "pull_request_review_thread unresolved",
      "pull_request_review_comment deleted",
      "issue_comment created",
      "pull_request closed",
      "pull_request reopened",
      "push",
      "pull_request closed",
      "installation suspend",
    ]);
    const [, , push, synchronize, comment] = received.map(({ payload }) => payload);
    expect(push).toMatchObject({
      ref: "refs/heads/idea",
      before,
      after,
      forced: false,
      repository: { full_name: "acme/rfcs" },
      sender: { login: "ada" },
      installation: { id: installation.id },
      commits: [{ id: after, modified: ["rfc.md"], author: { username: "ada" } }],
    });
    expect(synchronize).toMatchObject({
      before,
      after,
      pull_request: { number, head: { sha: after } },
    });
    expect(comment).toMatchObject({ comment: { id, line: 3 }, pull_request: { number } });
    expect(received.at(-2)?.payload).toMatchObject({ pull_request: { merged: true } });
    expect(new Set(received.map((one) => one.id)).size).toBe(received.length);
    github.expectConforming();
  });

  it("come late, in another order, twice or never, as a test asks", async () => {
    const { webhooks } = github;
    webhooks.hold();
    await repository.commit("one", { "a.md": "A\n" });
    await repository.commit("two", { "a.md": "A\n" });
    await webhooks.settled();
    expect(received).toEqual([]);
    webhooks.release((held) => held.toReversed());
    await webhooks.settled();
    const refs = (): unknown[] => received.map(({ payload }) => payload["ref"]);
    expect(refs()).toEqual(["refs/heads/two", "refs/heads/one"]);
    const [first] = webhooks.deliveries;
    if (first) webhooks.redeliver(first);
    await webhooks.settled();
    expect(received.at(-1)?.id).toBe(received.at(-2)?.id);
    webhooks.drop(({ event }) => event === "push");
    await repository.deleteBranch("two");
    await webhooks.settled();
    expect(received).toHaveLength(3);
    expect(webhooks.deliveries.at(-1)).toMatchObject({ event: "push", status: null });
  });

  it("are not sent again when nobody takes them, and a wrong secret shows", async () => {
    const { port } = receiver.address() as AddressInfo;
    github.webhooks.stop();
    github.webhooks.to(`http://127.0.0.1:${port}/`, "Another secret");
    await repository.commit("one", { "a.md": "A\n" });
    await github.webhooks.settled();
    expect(received).toEqual([]);
    expect(github.webhooks.deliveries.map(({ status }) => status)).toEqual([401]);
  });

  it("tell a push by force, and a branch's end", async () => {
    const root = await repository.tip("main");
    const parents = [root ?? ""];
    await repository.commit("idea", { "rfc.md": "Else\n" }, { parents, force: true });
    await repository.deleteBranch("idea");
    await github.webhooks.settled();
    expect(received.map(({ payload }) => payload)).toMatchObject([
      { forced: true, deleted: false },
      { deleted: true, after: "0".repeat(40) },
    ]);
    const refused = repository.commit("main", { "rfc.md": "x\n" }, { parents: [] });
    await expect(refused).rejects.toThrow("force");
  });
});
