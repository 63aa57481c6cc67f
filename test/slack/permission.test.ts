import { describePermission } from "../contract/chat-permission.ts";
import { slackKit } from "./scene.ts";

describePermission(slackKit, {
  mentionOf: ({ mention }) => mention,
  async again({ slack }) {
    for (const delivery of [...slack.deliveries.all]) await slack.deliveries.again(delivery, 1);
  },
});
