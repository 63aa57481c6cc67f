/**
 * What the console keeps in a browser. By https the names begin with `__Host-`: then no other host, also none of the
 * same domain, can have set it, and it goes nowhere else. All are sent along when somebody comes back from GitHub, or
 * by a link in chat (`SameSite=Lax`), and never with another site's requests.
 */
import type { IncomingHttpHeaders } from "node:http";
import { readCookie } from "./security.ts";

export class SessionCookies {
  readonly #isSecure: boolean;

  constructor(publicUrl: string) {
    this.#isSecure = publicUrl.startsWith("https:");
  }

  /** @param maxAgeS 0 takes it away */
  session(token: string, maxAgeS: number): string {
    return this.#cookie("redline_person", token, maxAgeS);
  }

  flow(sealed: string, maxAgeS: number): string {
    return this.#cookie("redline_flow", sealed, maxAgeS);
  }

  sessionIn(headers: IncomingHttpHeaders): string | null {
    return readCookie(headers.cookie ?? "", this.#name("redline_person")) || null;
  }

  flowIn(headers: IncomingHttpHeaders): string | null {
    return readCookie(headers.cookie ?? "", this.#name("redline_flow")) || null;
  }

  #name(name: string): string {
    return this.#isSecure ? `__Host-${name}` : name;
  }

  #cookie(name: string, value: string, maxAgeS: number): string {
    const secure = this.#isSecure ? "; Secure" : "";
    return `${this.#name(name)}=${value}; Path=/; Max-Age=${maxAgeS}; HttpOnly; SameSite=Lax${secure}`;
  }
}
