import { assertMayDecide } from "../chat/permissions.ts";
import { changeByNumber, heldLink } from "../chat/command-context.ts";
import { orTold } from "../chat/host-busy.ts";
import { isDecided } from "../chat/repeats.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, parseNumber } from "./command.ts";

export const accept: CommandDefinition<Extract<Command, { kind: "accept" }>> = {
  name: "accept",
  usage: "accept N",
  summary: "writes change N into the document, as a commit",
  parse({ words }) {
    if (words.length === 0) return "usage";
    const number = words.length === 1 ? parseNumber(words[0]) : null;
    return number === null ? null : { kind: "accept", number };
  },
  async run({ number }, context) {
    const change = await changeByNumber(context, await heldLink(context), number);
    const { services, user, since } = context;
    if (!(await isDecided(services, { userId: user.id, since }, change.id, "accept"))) {
      const { rfcSlug, id: subject } = change;
      const about = { rfcSlug, act: "accept", subject, eventKey: context.key };
      await assertMayDecide(services, context.platform, context.by, user, about);
      await orTold(services.engine.changes.accept(change.id, user));
    }
    return forPerson(`You accepted change #${number}; it is being committed.`);
  },
};
