import { expect, it } from "vitest";

import { StreamOver } from "../../src/chat/chat-platform.ts";
import { AnswerText } from "../../src/deliveries/answer-text.ts";
import { StreamedSegment } from "../../src/deliveries/streamed-segment.ts";

it("leaves a text that turned out otherwise to be edited", async () => {
  const answer = new AnswerText(1);
  answer.append("The first words of it.\n\nMore of them, and ");
  const closed: string[] = [];
  const stream = {
    id: "m1",
    append: (take: () => string | null) => {
      take();
      answer.finish("Quite another text.");
      return Promise.resolve(true);
    },
    showTask: () => Promise.resolve(),
    close: (rest: string) => Promise.resolve(void closed.push(rest)),
  };
  const segment = new StreamedSegment({
    stream,
    answer,
    from: 0,
    budget: { limit: 4_000, measure: (text) => text.length },
    lifetimeMs: 60_000,
    takeTask: () => null,
    assertHeld: () => {},
    onShown: () => {},
    now: () => 0,
  });
  await expect(segment.write()).rejects.toThrow(StreamOver);
  expect(closed).toEqual([]);
});
