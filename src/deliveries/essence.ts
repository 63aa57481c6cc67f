/**
 * What a card has to say anew where its message takes no more changes. Names of people and sections, addresses
 * and what surrounds the passage may be out of date on an old card; what can be done about it may not. Pure.
 */
import { createHash } from "node:crypto";

import type { Card, ChatContent } from "../chat/card.ts";

/** A digest; contents with the same one need no message of their own. */
export function essenceOf(content: ChatContent): string {
  return createHash("sha256")
    .update(JSON.stringify(gist(content)))
    .digest("base64url")
    .slice(0, 22);
}

function gist(content: ChatContent): unknown {
  switch (content.kind) {
    case "text":
    case "note":
    case "remark":
      return content;
    case "card":
      return gistOf(content.card);
    case "list": {
      const { page, total, cards } = content.list;
      return { page, total, cards: cards.map(gistOf) };
    }
    case "merge": {
      const { ref, tone, status, actions, words, concerns } = content.merge;
      return { ref, tone, status, actions, words, concerns };
    }
  }
}

function gistOf({ ref, tone, status, actions, redline, present }: Card): unknown {
  const isOver = tone === "good" || tone === "closed" || tone === "working";
  return {
    // Where places are to be chosen from it names them, and pressing an outdated one would do nothing.
    ref,
    tone,
    // Of what is decided it names people, who may be called otherwise by now.
    status: isOver ? null : status,
    actions,
    edit: isOver ? null : redline.filter(({ kind }) => kind !== "same"),
    present,
  };
}
