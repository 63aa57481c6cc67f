import type { ChatContent } from "../../src/chat/card.ts";
import type { ChatPerson } from "../../src/chat/chat-event.ts";
import { describeChatPlatform } from "../contract/chat-platform.ts";
import { FakeChatPlatform } from "./fake-chat-platform.ts";

function textOf(content: ChatContent): string {
  switch (content.kind) {
    case "text":
    case "note":
    case "remark":
      return content.markdown;
    case "card":
      return JSON.stringify(content.card);
    case "list":
      return JSON.stringify(content.list);
    case "merge":
      return JSON.stringify(content.merge);
  }
}

function describeFake(streamLifetimeMs: number | null): void {
  const hasStreams = streamLifetimeMs !== null;
  describeChatPlatform(
    `a platform in memory ${hasStreams ? "with" : "without"} streams`,
    async () => {
      const platform = new FakeChatPlatform({ streamLifetimeMs });
      const person = (id: string): ChatPerson => ({ platform: "slack", workspaceId: "T1", id });
      const [admin, member] = [person("UADMIN"), person("UMEMBER")];
      platform.admins.add(admin.id);
      platform.names.set(member.id, "Mel");
      platform.refusedPlaces.set("C9", "place");
      platform.unreachable.add("UAWAY").add("U0NOBODY");
      platform.timeZones.set(member.id, "Europe/Berlin");
      const place = (name: string) =>
        ({ platform: "slack", workspaceId: "T1", place: name }) as const;
      return {
        platform,
        at: place("C1/1.1"),
        refused: place("C9/9.9"),
        channel: "C1",
        admin,
        member,
        memberName: "Mel",
        mention: "<@UMEMBER>",
        hasStreams,
        keepsKeys: true,
        seen: (at) =>
          platform.shownIn(at.place).map(({ id, content, stream }) => ({
            id,
            text: textOf(content),
            isGrowing: stream === "open",
          })),
        told: ({ id }) => platform.toldTo(id),
        privately: ({ id }) =>
          platform.sentPrivately.filter(({ to }) => to.id === id).map(({ markdown }) => markdown),
        unreachable: person("UAWAY"),
        timeZone: "Europe/Berlin",
        // Nobody reads what is in memory.
        pings: () => [],
        lose: (call, moment) => platform.failNext(call, moment),
        [Symbol.asyncDispose]: async () => {},
      };
    },
  );
}

describeFake(300_000);
describeFake(null);
