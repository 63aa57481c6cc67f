import { describeConcerns } from "../contract/chat-concerns.ts";
import { slackKit } from "./scene.ts";

describeConcerns(slackKit);
