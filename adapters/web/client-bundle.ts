/**
 * The console's files: bundled from `client/` when the server starts, kept in memory, compressed once.
 * There is no build output on the disk and nothing comes from another host.
 */
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import { build, type BuildOptions, type OutputFile, stop } from "esbuild";
import { ICON, type PagePaths } from "./page.ts";

export type Encoding = "br" | "gzip" | "identity";

/** One file as it is sent. */
export interface Asset {
  type: string;
  /** Of the content; also part of the address, so that a file is cached for good. */
  hash: string;
  bodies: Record<Encoding, Buffer>;
}

export interface ClientBundle {
  /** What the one HTML page loads; the browser decides from the address what it shows. */
  paths: PagePaths;
  /** By path, e.g. `/assets/console-1a2b3c.js`. */
  assets: ReadonlyMap<string, Asset>;
}

const CLIENT = fileURLToPath(new URL("./client/", import.meta.url));

/** What the browsers that are supported can run; what tsconfig.json says is for type checking alone. */
const OPTIONS = {
  outdir: "/",
  bundle: true,
  write: false,
  minify: true,
  target: ["es2022", "chrome111", "firefox115", "safari16.4"],
  legalComments: "none",
  logLevel: "silent",
  tsconfigRaw: {},
} as const satisfies BuildOptions;

let bundling = 0;

export async function bundleClient(): Promise<ClientBundle> {
  bundling += 1;
  try {
    return await bundleAll();
  } finally {
    bundling -= 1;
    // esbuild's process would stay, with some 40 MB.
    if (bundling === 0) await stop();
  }
}

async function bundleAll(): Promise<ClientBundle> {
  // Loaded by the page with the first code that it shows; the page has to know its name.
  const highlighter = await asset("text/javascript; charset=utf-8", await bundleHighlighter());
  const highlighterPath = `/assets/highlight-${highlighter.hash}.js`;
  const result = await build({
    ...OPTIONS,
    entryPoints: { console: `${CLIENT}main.tsx`, style: `${CLIENT}styles/main.css` },
    format: "esm",
    jsx: "automatic",
    jsxImportSource: "preact",
    define: { HIGHLIGHT_WORKER: JSON.stringify(highlighterPath) },
  });
  const [script, style, icon] = await Promise.all([
    asset("text/javascript; charset=utf-8", outputFile(result.outputFiles, ".js")),
    asset("text/css; charset=utf-8", outputFile(result.outputFiles, ".css")),
    asset("image/svg+xml", Buffer.from(ICON)),
  ]);
  const paths = {
    script: `/assets/console-${script.hash}.js`,
    style: `/assets/console-${style.hash}.css`,
    icon: `/assets/icon-${icon.hash}.svg`,
  };
  return {
    paths,
    assets: new Map([
      [paths.script, script],
      [paths.style, style],
      [paths.icon, icon],
      [highlighterPath, highlighter],
    ]),
  };
}

async function bundleHighlighter(): Promise<Buffer> {
  const { outputFiles } = await build({
    ...OPTIONS,
    entryPoints: { highlight: `${CLIENT}markdown/highlight-worker.ts` },
    format: "iife",
  });
  return outputFile(outputFiles, ".js");
}

function outputFile(files: readonly OutputFile[], extension: string): Buffer {
  const file = files.find(({ path }) => path.endsWith(extension));
  if (!file) throw new Error(`the bundle has no ${extension} file`);
  return Buffer.from(file.contents);
}

async function asset(type: string, content: Buffer): Promise<Asset> {
  // Quality 9 is within 2 % of 11 here and takes a tenth of the time.
  const params = { [constants.BROTLI_PARAM_QUALITY]: 9 };
  const [br, zipped] = await Promise.all([
    promisify(brotliCompress)(content, { params }),
    promisify(gzip)(content, { level: 9 }),
  ]);
  const hash = createHash("sha256").update(content).digest("hex").slice(0, 12);
  return { type, hash, bodies: { br, gzip: zipped, identity: content } };
}

/** The best encoding that an `Accept-Encoding` header names. */
export function chooseEncoding(header: string | undefined): Encoding {
  const offered = (header ?? "")
    .toLowerCase()
    .split(",")
    .map((part) => part.trim());
  const takes = (name: string): boolean =>
    offered.some((part) => part.split(";")[0] === name && !/;\s*q=0(\.0*)?$/.test(part));
  if (takes("br")) return "br";
  return takes("gzip") ? "gzip" : "identity";
}
