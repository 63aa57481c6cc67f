/** The SDK's helper used plainly: each delta is appended as it comes. */
import { WebClient } from "@slack/web-api";

import { account, serve } from "../support/program.ts";
import { play } from "../support/token-stream.ts";
import type { MadeAt } from "../support/token-stream.ts";
import type { Asked, SlackAccount } from "./account.ts";

const { apiUrl, botToken } = account() as SlackAccount;
const client = new WebClient(botToken, { slackApiUrl: apiUrl });
const made: MadeAt = {};

serve(made, async (asked) => {
  const { stream, teamId, channel, threadTs, userId } = asked as Asked;
  const streamer = client.chatStream({
    channel,
    thread_ts: threadTs,
    recipient_team_id: teamId,
    recipient_user_id: userId,
  });
  for await (const markdown_text of play(stream, made)) await streamer.append({ markdown_text });
  await streamer.stop();
});
