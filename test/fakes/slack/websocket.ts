/** The server's side of RFC 6455, as much as Socket Mode needs: text frames, ping and pong, close. */
import { createHash } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";

const GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";
const OPCODE = { continuation: 0, text: 1, close: 8, ping: 9, pong: 10 } as const;

export class ServerSocket {
  onText: (text: string) => void = () => undefined;
  onClosed: () => void = () => undefined;
  readonly #socket: Duplex;
  #buffered: Buffer = Buffer.alloc(0);
  #fragments: Buffer[] = [];
  #isOver = false;

  /** Answers the upgrade. @throws Error for a request that is none. */
  constructor(request: IncomingMessage, socket: Duplex, head: Buffer) {
    const key = request.headers["sec-websocket-key"];
    if (request.headers.upgrade?.toLowerCase() !== "websocket" || key === undefined) {
      throw new Error("not a WebSocket");
    }
    const accept = createHash("sha1")
      .update(key + GUID)
      .digest("base64");
    socket.write(
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
        `Sec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    this.#socket = socket;
    socket.on("data", (bytes: Buffer) => this.#read(bytes));
    socket.on("error", () => this.#finish());
    // What is left of a client that died.
    socket.on("end", () => this.drop());
    socket.on("close", () => this.#finish());
    if (head.length > 0) this.#read(head);
  }

  send(text: string): void {
    this.#frame(OPCODE.text, Buffer.from(text, "utf8"));
  }

  ping(): void {
    this.#frame(OPCODE.ping, Buffer.from("Ping from applink"));
  }

  close(code = 1000): void {
    const payload = Buffer.alloc(2);
    payload.writeUInt16BE(code);
    this.#frame(OPCODE.close, payload);
  }

  /** Without a word. */
  drop(): void {
    this.#socket.destroy();
    this.#finish();
  }

  #finish(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.onClosed();
  }

  #frame(opcode: number, payload: Buffer): void {
    if (this.#isOver || this.#socket.destroyed) return;
    const { length } = payload;
    const size = length < 126 ? 0 : length < 65_536 ? 2 : 8;
    const head = Buffer.alloc(2 + size);
    head[0] = 0x80 | opcode;
    head[1] = size === 0 ? length : size === 2 ? 126 : 127;
    if (size === 2) head.writeUInt16BE(length, 2);
    if (size === 8) head.writeBigUInt64BE(BigInt(length), 2);
    this.#socket.write(Buffer.concat([head, payload]));
  }

  #read(bytes: Buffer): void {
    this.#buffered = Buffer.concat([this.#buffered, bytes]);
    for (let frame = this.#take(); frame; frame = this.#take()) this.#handle(frame);
  }

  #take(): { opcode: number; isLast: boolean; payload: Buffer } | null {
    const bytes = this.#buffered;
    if (bytes.length < 2) return null;
    const [first = 0, second = 0] = bytes;
    const short = second & 0x7f;
    const size = short === 126 ? 2 : short === 127 ? 8 : 0;
    const isMasked = (second & 0x80) !== 0;
    const start = 2 + size + (isMasked ? 4 : 0);
    if (bytes.length < start) return null;
    const length =
      size === 0 ? short : size === 2 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2));
    if (bytes.length < start + length) return null;
    const payload = Buffer.from(bytes.subarray(start, start + length));
    if (isMasked) {
      const mask = bytes.subarray(2 + size, start);
      for (let at = 0; at < length; at += 1) payload[at]! ^= mask[at % 4]!;
    }
    this.#buffered = bytes.subarray(start + length);
    return { opcode: first & 0x0f, isLast: (first & 0x80) !== 0, payload };
  }

  #handle({ opcode, isLast, payload }: { opcode: number; isLast: boolean; payload: Buffer }): void {
    if (opcode === OPCODE.ping) this.#frame(OPCODE.pong, payload);
    if (opcode === OPCODE.close) {
      this.#frame(OPCODE.close, payload);
      this.#socket.end();
    }
    if (opcode !== OPCODE.text && opcode !== OPCODE.continuation) return;
    this.#fragments.push(payload);
    if (!isLast) return;
    const text = Buffer.concat(this.#fragments).toString("utf8");
    this.#fragments = [];
    this.onText(text);
  }
}
