import { heldLink } from "../chat/command-context.ts";
import { raiseHere, resolveHere, withdrawHere } from "../chat/raising.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, parseNumber } from "./command.ts";

export const concern: CommandDefinition<Extract<Command, { kind: "concern" }>> = {
  name: "concern",
  usage: "concern <text>",
  summary:
    "says what speaks against the document, or the passage that you quote; `concern resolve N why` and `concern withdraw N` settle it",
  parse({ words, rest }) {
    const [first = "", second] = words;
    if (first === "") return "usage";
    const act = first.toLowerCase();
    const number = parseNumber(second);
    if (act === "resolve" && number !== null) {
      const why = rest.slice(first.length).trim().slice(second!.length).trim();
      return { kind: "concern", act, number, why };
    }
    if (act === "withdraw" && number !== null && words.length === 2) {
      return { kind: "concern", act, number };
    }
    if ((act === "resolve" || act === "withdraw") && words.length === 1) return "usage";
    return { kind: "concern", act: "raise", text: rest };
  },
  async run(command, context) {
    const held = await heldLink(context);
    switch (command.act) {
      case "raise":
        return forPerson(await raiseHere(context, held, command.text));
      case "resolve":
        return forPerson(await resolveHere(context, held, command));
      case "withdraw":
        return forPerson(await withdrawHere(context, held, command.number));
    }
  },
};
