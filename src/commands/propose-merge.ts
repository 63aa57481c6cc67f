import { heldLink } from "../chat/command-context.ts";
import { proposeHere, sayHere, withdrawProposalHere } from "../chat/merging.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson } from "./command.ts";

const ACTS = ["agree", "object", "withdraw"] as const;

export const proposeMerge: CommandDefinition<Extract<Command, { kind: "propose-merge" }>> = {
  name: "propose-merge",
  usage: "propose-merge [agree|object|withdraw]",
  summary:
    "asks the maintainers for their word on the merge, which concerns hold; `propose-merge N` waits for N days",
  parse({ words }) {
    const [first, second = "days"] = words;
    if (first === undefined) return { kind: "propose-merge", act: "propose", days: null };
    const isDays = /^\d{1,4}$/.test(first) && /^days?$/i.test(second) && words.length <= 2;
    if (isDays) return { kind: "propose-merge", act: "propose", days: Number(first) };
    const act = words.length === 1 && ACTS.find((known) => known === first.toLowerCase());
    return act ? { kind: "propose-merge", act } : "usage";
  },
  async run(command, context) {
    const held = await heldLink(context);
    switch (command.act) {
      case "propose":
        return forPerson(await proposeHere(context, held, command.days));
      case "withdraw":
        return forPerson(await withdrawProposalHere(context, held));
      case "agree":
      case "object":
        return forPerson(await sayHere(context, held, command.act));
    }
  },
};
