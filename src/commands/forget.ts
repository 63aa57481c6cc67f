import { countSaidBy } from "../store/person-words.ts";
import { asCode } from "../chat/wording.ts";
import type { PlatformWords } from "../chat/chat-platform.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";

export const forget: CommandDefinition<Extract<Command, { kind: "forget" }>> = {
  name: "forget",
  usage: "forget me",
  summary: "erases what you wrote, everywhere",
  parse({ words }) {
    const [first, second, ...more] = words.map((word) => word.toLowerCase());
    if (first === undefined) return "usage";
    if (first !== "me" || more.length > 0) return null;
    if (second === undefined) return { kind: "forget", isSure: false };
    return second === "yes" ? { kind: "forget", isSure: true } : null;
  },
  async run({ isSure }, { services, user, platform }) {
    const { engine, sql } = services;
    if (!isSure) return forPerson(describeAsk(await countSaidBy(sql, user.id), platform.words));
    return forPerson(describeErased(await engine.record.forget(user.id)));
  },
};

function describeAsk(said: number, words: PlatformWords): string {
  const messages = said === 1 ? "1 message" : `${said} messages`;
  return [
    `I have ${messages} of yours, from all places where we are both. ${asCode(words, "forget me yes")} erases them for good:`,
    "- Their texts and quotes, your concerns, and the reasons that you gave for changes and decisions; a mark stays where they were, and the record stays whole.",
    "- Copies of them that I showed in other places and on pull requests.",
    "- Not: changes that you proposed and decisions that you took, what I answered, what I told others in private already, what is in Git, and your own messages where you wrote them. Those only you can delete.",
  ].join("\n");
}

function describeErased(said: number): string {
  const messages = said === 1 ? "1 message is" : `${said} messages are`;
  return `${messages} erased, with the concerns and reasons that you gave. What you wrote yourself in chat or on GitHub still stands there until you delete it.`;
}
