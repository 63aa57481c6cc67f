import type { MirrorWorld } from "../mirroring/mirror-world.ts";
import { HOUR, willPropose } from "../support/chat-scene.ts";
import { until } from "../support/test-app.ts";

/** Redline in Slack, on Discord and in the console, with a question asked and a change accepted in each way. */
export async function drive(world: MirrorWorld): Promise<void> {
  const { app, chats, provider } = world;
  const at = await world.linkBoth();
  chats.slack.fail({ method: "chat.postMessage", retryAfter: 1 });
  chats.discord.fail({ route: "POST /channels/{channel_id}/messages", retryAfter: 1 });
  willPropose(world, [HOUR]);
  chats.ada.says(chats.slackChannel, `${chats.team.mention} make it two minutes`, {
    threadTs: at.ts,
  });
  await until(async () => (await pending(world)).length === 1, "the change");
  await world.settled();
  provider.script = () => ["It is ", "so."];
  chats.dirk.says(at.thread, `${chats.discord.mention} is it so?`);
  await chats.shows(at.thread, "It is so.");
  await world.settled();
  const [changeId] = await pending(world);
  const accepted = await post(app.url!, `/api/changes/${changeId}/accept`, {});
  if (!accepted.ok) throw new Error(await accepted.text());
  await until(async () => (await pending(world)).length === 0, "the commit");
  const asked = await post(app.url!, `/api/threads/${at.threadId}/messages`, {
    text: "What about the console?",
  });
  await asked.text();
  await world.settled();
}

export function post(url: string, path: string, body: object): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(body),
  });
}

async function pending({ app }: MirrorWorld): Promise<string[]> {
  const rows = await app.sql<{ id: string }[]>`
    select id from changes where state in ('pending', 'accepting')`;
  return rows.map(({ id }) => id);
}
