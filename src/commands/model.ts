import { shareName } from "../budgets/share.ts";
import { heldLink } from "../chat/command-context.ts";
import { describeModels } from "../chat/descriptions.ts";
import { assertMayConfigure } from "../chat/permissions.ts";
import { UserError } from "../errors.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forEveryone, forPerson } from "./command.ts";

export const model: CommandDefinition<Extract<Command, { kind: "model" }>> = {
  name: "model",
  usage: "model [id]",
  summary: "lists the models, or chooses the one that answers here",
  parse({ words }) {
    if (words.length > 1) return null;
    return { kind: "model", model: words[0] ?? null };
  },
  async run({ model: chosen }, context) {
    const { engine } = context.services;
    const { thread } = await heldLink(context);
    const { words } = context.platform;
    if (chosen === null) {
      return forPerson(describeModels(await engine.models.list(), thread.modelId, words));
    }
    await assertMayConfigure(context, thread.rfcSlug, "choose the model");
    try {
      await engine.threads.chooseModel(thread.id, chosen, shareName(context.by));
    } catch (error) {
      if (!(error instanceof UserError) || error.type !== "unknown-model") throw error;
      const list = describeModels(await engine.models.list(), thread.modelId, words);
      return forPerson(`There is no such model.\n\n${list}`);
    }
    return forEveryone(`\`${chosen.replaceAll("`", "")}\` answers here from now on.`);
  },
};
