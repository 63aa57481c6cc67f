import { assertMayDecide } from "../chat/permissions.ts";
import { changeByNumber, heldLink } from "../chat/command-context.ts";
import { isDecided } from "../chat/repeats.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, parseNumber } from "./command.ts";

export const decline: CommandDefinition<Extract<Command, { kind: "decline" }>> = {
  name: "decline",
  usage: "decline N reason",
  summary: "turns change N down",
  parse({ words, rest }) {
    if (words.length === 0) return "usage";
    const number = parseNumber(words[0]);
    if (number === null) return null;
    return { kind: "decline", number, reason: rest.slice(words[0]!.length).trim() };
  },
  async run({ number, reason }, context) {
    const change = await changeByNumber(context, await heldLink(context), number);
    const { services, user, since } = context;
    if (!(await isDecided(services, { userId: user.id, since }, change.id, "decline"))) {
      const { rfcSlug, id: subject } = change;
      const about = { rfcSlug, act: "decline", subject, eventKey: context.key };
      await assertMayDecide(services, context.platform, context.by, user, about);
      await services.engine.changes.decline(change.id, reason, user);
    }
    return forPerson(`You declined change #${number}.`);
  },
};
