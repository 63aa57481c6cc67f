/** Reads a `text/event-stream` as the specification says, frame by frame. */
export interface ReadFrame {
  id: string;
  event: string | null;
  data: string;
}

export interface SseReader {
  response: Response;
  /** The next frame; null at the end. Comments are skipped. */
  next(): Promise<ReadFrame | null>;
  /** Frames up to and with the first for which `isLast` holds, or to the end. */
  until(isLast: (frame: ReadFrame) => boolean): Promise<ReadFrame[]>;
  leave(): Promise<void>;
}

export async function openSse(url: string, init: RequestInit = {}): Promise<SseReader> {
  const leaving = new AbortController();
  const response = await fetch(url, { ...init, signal: leaving.signal });
  const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  const next = async (): Promise<ReadFrame | null> => {
    for (;;) {
      const end = buffer.indexOf("\n\n");
      if (end >= 0) {
        const block = buffer.slice(0, end);
        buffer = buffer.slice(end + 2);
        const frame = parseFrame(block);
        if (frame) return frame;
        continue;
      }
      const { value, done } = await reader.read();
      if (done) return null;
      buffer += value;
    }
  };
  return {
    response,
    next,
    async until(isLast) {
      const frames: ReadFrame[] = [];
      for (let frame = await next(); frame; frame = await next()) {
        frames.push(frame);
        if (isLast(frame)) break;
      }
      return frames;
    },
    async leave() {
      leaving.abort();
      await reader.cancel().catch(() => {});
    },
  };
}

function parseFrame(block: string): ReadFrame | null {
  const frame: ReadFrame = { id: "", event: null, data: "" };
  const data: string[] = [];
  for (const line of block.split("\n")) {
    const [, field, value] = /^(\w+): (.*)$/s.exec(line) ?? [];
    if (field === "id") frame.id = value!;
    if (field === "event") frame.event = value!;
    if (field === "data") data.push(value!);
  }
  if (data.length === 0) return null;
  return { ...frame, data: data.join("\n") };
}

/** The prose of a stream's text frames. */
export function proseOf(frames: readonly ReadFrame[]): string {
  return frames
    .filter((frame) => frame.event === null && frame.data !== "DONE")
    .map((frame) => Buffer.from(frame.data, "base64").toString("utf8"))
    .join("");
}
