import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";

import {
  MessageGone,
  PlaceRefused,
  SendUncertain,
  StreamOver,
  StreamStopped,
} from "../../../src/chat/chat-platform.ts";
import { HostBusy } from "../../../src/ports.ts";
import type { Fault } from "../../fakes/slack/limits.ts";
import { OutWorld } from "./out-world.ts";

/** How posting in a thread fails; null where it does not. */
async function failure(world: OutWorld, fault: Fault | null): Promise<unknown> {
  if (fault) world.slack.fail({ method: "chat.postMessage", ...fault });
  try {
    await world.platform.post(world.at, { kind: "text", markdown: "Hello" }, "k1");
    return null;
  } catch (error) {
    return error;
  }
}

describe("a call that may have taken effect", () => {
  it.each<[string, Fault]>([
    ["the connection was cut after it", { cut: "after" }],
    ["the connection was cut before it", { cut: "before" }],
    ["the server failed", { status: 503 }],
    ["the answer is no JSON", { status: 502 }],
    ["Slack failed midway", { error: "fatal_error" }],
    ["Slack failed inside", { error: "internal_error" }],
  ])("is uncertain: %s", async (_, fault) => {
    await using world = await OutWorld.start();
    expect(await failure(world, fault)).toBeInstanceOf(SendUncertain);
    expect(world.slack.callsOf("chat.postMessage")).toHaveLength(1);
  });

  it("is none while nothing listens", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    await using world = await OutWorld.start({ apiUrl: `http://127.0.0.1:${port}/api/` });
    expect(await failure(world, null)).toBeInstanceOf(HostBusy);
  });

  it("is no question for what only reads", async () => {
    await using world = await OutWorld.start();
    world.slack.fail({ method: "conversations.replies", cut: "after" });
    await expect(world.platform.listOwn(world.at, new Date())).rejects.toBeInstanceOf(HostBusy);
  });
});

describe("a refusal", () => {
  it.each([
    ["is_archived", "place", /archived/],
    ["channel_not_found", "place", /\/invite/],
    ["not_in_channel", "place", /\/invite/],
    ["thread_not_found", "place", /deleted/],
    ["restricted_action", "place", /settings/],
    ["restricted_action_thread_locked", "place", /settings/],
    ["invalid_auth", "access", /install/],
    ["token_revoked", "access", /install/],
    ["account_inactive", "access", /install/],
    ["too_many_attachments", "content", /too_many_attachments/],
  ])("for %s concerns the %s", async (error, scope, words) => {
    await using world = await OutWorld.start();
    const failed = await failure(world, { error });
    expect(failed).toBeInstanceOf(PlaceRefused);
    expect(failed).toMatchObject({ scope, message: expect.stringMatching(words) as string });
  });

  it("names the scope that is missing", async () => {
    await using world = await OutWorld.start({ scopes: ["users:read"] });
    expect(await failure(world, null)).toMatchObject({
      scope: "access",
      message: expect.stringContaining("chat:write") as string,
    });
  });

  it("is told where the app is not installed", async () => {
    await using world = await OutWorld.start();
    const at = { ...world.at, workspaceId: "T0OTHER" };
    const posted = world.platform.post(at, { kind: "text", markdown: "Hello" }, "k1");
    await expect(posted).rejects.toMatchObject({ name: "PlaceRefused", scope: "access" });
    expect(world.slack.callsOf()).toEqual([]);
  });

  it("keeps the token out of the log", async () => {
    await using world = await OutWorld.start();
    await failure(world, { error: "invalid_auth" });
    await failure(world, { cut: "after" });
    expect(world.log).not.toEqual([]);
    expect(JSON.stringify(world.log)).not.toContain(world.team.botToken);
  });
});

describe("a limit", () => {
  it("says when to go on, and lets nobody call before that", async () => {
    await using world = await OutWorld.start();
    const before = Date.now();
    const failed = await failure(world, { retryAfter: 60 });
    expect(failed).toBeInstanceOf(HostBusy);
    const { retryAt } = failed as HostBusy;
    expect(retryAt.getTime()).toBeGreaterThanOrEqual(before + 60_000);
    expect(await failure(world, null)).toBeInstanceOf(HostBusy);
    expect(world.slack.callsOf("chat.postMessage")).toHaveLength(1);
  });
});

describe("a message that is there no more", () => {
  it.each(["message_not_found", "cant_update_message", "edit_window_closed"])(
    "%s",
    async (error) => {
      await using world = await OutWorld.start();
      const id = await world.platform.post(world.at, { kind: "text", markdown: "A" }, "k1");
      world.slack.fail({ method: "chat.update", error });
      const edited = world.platform.edit(
        world.at,
        id,
        () => ({ kind: "text", markdown: "B" }),
        "final",
      );
      await expect(edited).rejects.toBeInstanceOf(MessageGone);
    },
  );

  it("need not be removed", async () => {
    await using world = await OutWorld.start();
    const id = await world.platform.post(world.at, { kind: "text", markdown: "A" }, "k1");
    await world.platform.remove(world.at, id);
    expect(world.seen).toEqual([]);
    await world.platform.remove(world.at, id);
  });
});

describe("a stream that takes no more", () => {
  it.each([
    ["message_not_in_streaming_state", StreamOver],
    ["msg_too_long", StreamOver],
    ["msg_blocks_too_long", StreamOver],
    ["stopped_by_user", StreamStopped],
  ])("%s", async (error, kind) => {
    await using world = await OutWorld.start();
    const stream = await world.platform.openStream(world.at, world.person);
    world.slack.fail({ method: "chat.appendStream", error });
    await expect(stream?.append(() => "text")).rejects.toBeInstanceOf(kind);
  });
});
