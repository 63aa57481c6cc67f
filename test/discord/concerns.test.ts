import { describeConcerns } from "../contract/chat-concerns.ts";
import { discordKit } from "./scene.ts";

describeConcerns(discordKit);
