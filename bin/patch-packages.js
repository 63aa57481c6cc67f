/**
 * Mends one installed package, after every installation: `postgres` 3.4.9 writes to a socket that is gone when
 * a connection is lost within a transaction, which ends the whole process; a connection that was lost with
 * something left to write never writes again; what is asked of one between its error and its end is never
 * answered; and what is asked first after a session was ended is answered with that session's error. Source:
 * porsager/postgres issues 1154 and 1208, pull requests 1168 and 1209; the third and the fourth are our own
 * find. Does nothing to a file that is mended; refuses one that it does not know.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const FILES = ["src", "cjs/src"].map((folder) =>
  fileURLToPath(new URL(`../node_modules/postgres/${folder}/connection.js`, import.meta.url)),
);
const MENDS = [
  [
    `    const x = socket.write(chunk, fn)
    nextWriteTimer !== null && clearImmediate(nextWriteTimer)
    chunk = nextWriteTimer = null
`,
    `    nextWriteTimer !== null && clearImmediate(nextWriteTimer)
    nextWriteTimer = null
    if (!socket) {
      chunk = null
      error(Errors.connection('CONNECTION_CLOSED', options))
      return false
    }
    const x = socket.write(chunk, fn)
    chunk = null
`,
  ],
  [
    `    clearImmediate(nextWriteTimer)
    socket.removeListener('data', data)
`,
    `    clearImmediate(nextWriteTimer)
    chunk = nextWriteTimer = null
    socket.removeListener('data', data)
`,
  ],
  [
    `    !hadError && (query || sent.length) && error(Errors`,
    `    ;(query || sent.length) && error(Errors`,
  ],
  [
    `    closedTime = performance.now()
    hadError &&`,
    `    query = results = errorResponse = null
    closedTime = performance.now()
    hadError &&`,
  ],
];

for (const file of FILES) {
  if (!existsSync(file)) continue;
  let text = readFileSync(file, "utf8");
  for (const [broken = "", mended = ""] of MENDS) {
    if (text.includes(mended)) continue;
    if (!text.includes(broken)) {
      throw new Error(`${file} is not the version that is to be mended; see decisions/0008.`);
    }
    text = text.replace(broken, () => mended);
  }
  writeFileSync(file, text);
}
