import { describeBudget } from "../budgets/describe.ts";
import { shareName } from "../budgets/share.ts";
import { heldLink, reachOf } from "../chat/command-context.ts";
import { describeStatus } from "../chat/descriptions.ts";
import { concernsHere } from "../chat/raising.ts";
import { listDeciders } from "../store/maintainers.ts";
import { listPullRequests } from "../store/pull-requests.ts";
import { findRfc } from "../store/rfcs.ts";
import { countReachableChanges } from "../store/workspaces.ts";
import type { CommandContext } from "../chat/command-context.ts";
import { isAdmin, isNowhere } from "../chat/permissions.ts";
import type { Command, CommandDefinition } from "./command.ts";
import { forPerson, takesNothing } from "./command.ts";

export const status: CommandDefinition<Extract<Command, { kind: "status" }>> = {
  name: "status",
  usage: "status",
  summary: "tells what is discussed here, and how far it is",
  parse: takesNothing({ kind: "status" }),
  async run(_command, context) {
    const { sql, links, engine } = context.services;
    const held = await heldLink(context);
    const { link, thread } = held;
    const [concerns, merge, rfc, pulls, counts, deciders, models, budget] = await Promise.all([
      concernsHere(context, held),
      engine.merges.current(thread.rfcSlug, thread.branchName),
      findRfc(sql, thread.rfcSlug),
      listPullRequests(sql, thread.rfcSlug, thread.branchName),
      countReachableChanges(sql, reachOf(context, held), thread.rfcSlug),
      listDeciders(sql, link),
      engine.models.list(),
      budgetLines(context),
    ]);
    const text = describeStatus({
      rfc: rfc!,
      thread,
      mode: context.isPrivate ? null : link.mode,
      pull: pulls[0] ?? null,
      counts,
      concerns,
      merge,
      deciders,
      model: thread.modelId ?? models.default,
      budget,
      url: links.thread(thread.rfcSlug, thread.id),
      platform: context.platform,
    });
    return forPerson(text);
  },
};

/** What the workspace uses, for those who run it. */
async function budgetLines({ services, platform, by }: CommandContext): Promise<string[]> {
  if (isNowhere(by) || !(await isAdmin(platform, by))) return [];
  return describeBudget(await services.engine.budgets.ofWorkspace(shareName(by)));
}
