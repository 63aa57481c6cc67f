/**
 * Makes a stream of text storable and cuttable: a surrogate pair that was split over two deltas is put
 * together, what is no pair and NUL (which Postgres cannot store) become U+FFFD.
 */
export class WellFormedText {
  private held = "";

  write(delta: string): string {
    const text = this.held + delta;
    const last = text.charCodeAt(text.length - 1);
    const split = last >= 0xd800 && last <= 0xdbff;
    this.held = split ? text.slice(-1) : "";
    return clean(split ? text.slice(0, -1) : text);
  }

  end(): string {
    const rest = this.held;
    this.held = "";
    return clean(rest);
  }
}

function clean(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}
