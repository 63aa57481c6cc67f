import { describePermission } from "../contract/chat-permission.ts";
import { discordKit } from "./scene.ts";

describePermission(discordKit, { mentionOf: ({ mention }) => mention });
