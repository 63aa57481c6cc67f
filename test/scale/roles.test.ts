/** One role a process: what each does reaches all others by the database and the queue alone. */
import { describe, expect, it } from "vitest";
import { proseOf } from "../adapters/web/sse-reader.ts";
import { changeBlock } from "../fakes/reply-script.ts";
import { brokenInvariants } from "../support/invariants.ts";
import { until } from "../support/test-app.ts";
import { SplitRig } from "./split-rig.ts";

const EDIT = { original: "after one minute", proposed: "after two minutes" };

describe.each(["Postgres", "Redis Cluster"] as const)(
  "ingest, two workers and web, on %s",
  (backend) => {
    it("take a conversation from Slack to a commit", async (context) => {
      await using split = await SplitRig.start(backend);
      if (split === null) return context.skip("no redis-server is installed");
      const { rig, slack, team } = split;
      const ada = team.addUser("ada", { isAdmin: true });
      const channel = team.addChannel("rfcs", { members: [ada] });
      const shown = (threadTs: string): string =>
        JSON.stringify(slack.visible(channel, threadTs).filter(({ isBot }) => isBot));
      const shows = (words: string) =>
        until(async () => shown(ts).includes(words), `“${words}” in Slack`);

      // Slack → ingest → worker → Slack.
      const { ts } = ada.says(channel, `${team.mention} link rfc new`);
      await until(async () => slack.visible(channel, ts).length === 2, "the greeting");
      rig.model.reply(({ tag }) => ["I would wait longer.\n", changeBlock(tag, EDIT)]);
      ada.says(channel, `${team.mention} is a minute enough?`, { threadTs: ts });
      await shows(EDIT.proposed);

      // Web → worker → web, live, and → Slack.
      const [thread] = await rig.sql<{ id: string }[]>`select id from threads`;
      rig.model.reply(["Said in the console."]);
      const reader = await rig.post(thread!.id, "and what does the console say?");
      const frames = await reader.until(({ data }) => data === "DONE");
      expect(proseOf(frames)).toContain("Said in the console.");
      await shows("Said in the console.");

      // Web → outbox → worker → Git, and → Slack.
      const [change] = await rig.sql<{ id: string }[]>`select id from changes`;
      expect(await rig.client.accept(change!.id)).toMatchObject({ state: "accepting" });
      await until(
        async () => (await rig.client.change(change!.id)).state === "accepted",
        "the commit",
      );
      await shows("accepted");
      await rig.settled();
      expect(await brokenInvariants(rig)).toEqual([]);
    });
  },
);
