import type { FastifyInstance, FastifyRequest } from "fastify";
import type { MergeProposal } from "../../../src/concerns/concern.ts";
import type { Engine } from "../../../src/engine.ts";
import { idempotencyKey } from "../idempotency-key.ts";
import { mergeProposalBody, mergeWordBody } from "../schemas.ts";
import type { Viewers } from "../viewers.ts";
import { mergeProposalView } from "../views/people-view.ts";

interface ById {
  Params: { id: string };
}

const DOOR = "http";

/** The way of an RFC to its merge. */
export function mergeRoutes(app: FastifyInstance, engine: Engine, viewers: Viewers): void {
  const { people, merges } = engine;
  const shown = async (request: FastifyRequest, merge: MergeProposal, by: { id: string }) => {
    const sight = viewers.sightWithin(request, merge.rfcSlug);
    return mergeProposalView(await merges.inSight(merge, sight), by.id);
  };

  app.post<ById>("/api/threads/:id/merge-proposals", async (request, reply) => {
    const waitDays = mergeProposalBody.parse(request.body).wait_days ?? undefined;
    const given = { waitDays, dedupKey: idempotencyKey(request.headers) };
    const [by, { thread }] = await Promise.all([
      viewers.person(request),
      engine.threads.view(request.params.id),
    ]);
    const about = { rfcSlug: thread.rfcSlug, act: "propose_merge", subject: null };
    await people.assertMayDecide(by.id, DOOR, about);
    const merge = await merges.propose(thread.id, given, by);
    return reply.code(201).send(await shown(request, merge, by));
  });

  app.post<ById>("/api/merge-proposals/:id/word", async (request) => {
    const { word } = mergeWordBody.parse(request.body);
    const [by, { id: subject, rfcSlug }] = await Promise.all([
      viewers.person(request),
      merges.get(request.params.id),
    ]);
    const about = { rfcSlug, act: "merge_word", subject, why: "not asked" };
    const said = await people.noting(by.id, DOOR, about, () => merges.say(subject, word, by));
    return shown(request, said, by);
  });

  app.post<ById>("/api/merge-proposals/:id/withdraw", async (request) => {
    const [by, merge] = await Promise.all([viewers.person(request), merges.get(request.params.id)]);
    const { id: subject, proposedById, rfcSlug } = merge;
    // Whoever proposed it may take it back, also when they decide no more.
    if (proposedById !== by.id) {
      await people.assertMayDecide(by.id, DOOR, { rfcSlug, act: "withdraw_merge", subject });
    }
    return shown(request, await merges.withdraw(subject, by), by);
  });
}
