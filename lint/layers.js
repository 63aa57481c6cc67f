/**
 * The oxlint rule `redline/layers`: which part of the project may import what. The first layer whose
 * `files` match a path holds for that file; a file that no layer matches (tests, configuration, scripts) is
 * free. Paths are relative to the project's root, with forward slashes.
 */
import { isBuiltin } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Layer
 * @property {string} name how messages call it
 * @property {RegExp} files
 * @property {RegExp[]} modules own files that it may import
 * @property {RegExp[]} [types] own files of which it may import types as well
 * @property {(name: string) => boolean} packages
 * @property {(name: string) => boolean} builtins named without `node:`
 *
 * @typedef {{ type: string; source?: unknown; importKind?: string; exportKind?: string }} ImportNode
 */

const any = () => true;
const none = () => false;
/** @type {(names: string[]) => (name: string) => boolean} */
const oneOf = (names) => (name) => names.includes(name);
/** @type {(test: (name: string) => boolean) => (name: string) => boolean} */
const not = (test) => (name) => !test(name);

/** All of src but the composition root. */
const ENGINE = /^src\/(?!app\.ts$|main\.ts$|main\/)/;

const ENGINE_PACKAGES = ["approx-string-match", "diff", "marked", "pino", "zod"];
const QUEUE_PACKAGES = ["bullmq", "ioredis", "pg"];
const PLATFORM_SDKS = ["discord.js", "openai", "fastify", "preact"];
const PLATFORM_SCOPES = /^@(slack|octokit|discordjs|anthropic-ai|fastify)\//;
/** Processes and sockets: what the engine reaches only through its seams. */
const OUTSIDE_WORLD = oneOf("child_process cluster dgram http http2 https net tls".split(" "));

/** @type {(name: string) => boolean} */
const isPlatformSdk = (name) => PLATFORM_SDKS.includes(name) || PLATFORM_SCOPES.test(name);

/** @type {Layer[]} */
const LAYERS = [
  {
    name: "the composition root",
    files: /^src\/(app\.ts$|main\.ts$|main\/)/,
    modules: [/./],
    packages: any,
    builtins: any,
  },
  {
    name: "src/store",
    files: /^src\/store\//,
    modules: [ENGINE],
    packages: oneOf(["postgres", ...ENGINE_PACKAGES]),
    // Of the connections to the database.
    builtins: (name) => name === "net" || !OUTSIDE_WORLD(name),
  },
  {
    name: "src",
    files: /^src\//,
    modules: [ENGINE],
    packages: oneOf(ENGINE_PACKAGES),
    builtins: not(OUTSIDE_WORLD),
  },
  {
    name: "jobs",
    files: /^jobs\//,
    modules: [ENGINE, /^jobs\//],
    packages: not(isPlatformSdk),
    builtins: any,
  },
  {
    // Runs in the browser: beside its own folder only pure code of the engine, and types, which are erased.
    name: "adapters/web/client",
    files: /^adapters\/web\/client\//,
    modules: [/^adapters\/web\/client\//, /^src\/(changes|rendering)\//, /^src\/errors\.ts$/],
    types: [ENGINE, /^adapters\/web\//],
    packages: oneOf(["@speed-highlight/core", "diff", "dompurify", "marked", "preact"]),
    builtins: none,
  },
];

/** @type {(folder: string) => Layer} */
const adapterLayer = (folder) => ({
  name: `adapters/${folder}`,
  files: new RegExp(`^adapters/${folder}/`),
  modules: [ENGINE, new RegExp(`^adapters/${folder}/`)],
  packages: not(oneOf(QUEUE_PACKAGES)),
  builtins: any,
});

/** @type {(file: string) => Layer | undefined} */
function layerOf(file) {
  const layer = LAYERS.find(({ files }) => files.test(file));
  if (layer) return layer;
  const folder = /^adapters\/([\w-]+)\//.exec(file)?.[1];
  return folder === undefined ? undefined : adapterLayer(folder);
}

/**
 * @param {Layer} layer
 * @param {string} file the importing file
 * @param {string} specifier
 * @param {boolean} typeOnly whether the import as a whole is erased
 */
function mayImport(layer, file, specifier, typeOnly) {
  if (specifier.startsWith(".")) {
    const target = path.posix.join(path.posix.dirname(file), specifier);
    const allowed = typeOnly ? [...layer.modules, ...(layer.types ?? [])] : layer.modules;
    return allowed.some((pattern) => pattern.test(target));
  }
  if (isBuiltin(specifier)) {
    return layer.builtins(specifier.replace(/^node:/, "").replace(/\/.*/, ""));
  }
  return layer.packages(/^(@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier);
}

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/**
 * The text of a specifier; undefined when it is computed.
 * @param {any} node a literal, a template or any other expression
 * @returns {string | undefined}
 */
function textOf(node) {
  if (node.type === "TemplateLiteral" && node.expressions.length === 0) {
    return node.quasis[0].value.cooked;
  }
  return typeof node.value === "string" ? node.value : undefined;
}

const layers = {
  /** @param {{ filename: string; report(problem: { node: unknown; message: string }): void }} context */
  create(context) {
    const file = path.relative(root, context.filename).replaceAll(path.sep, "/");
    const layer = layerOf(file);
    if (!layer) return {};

    /** @type {(node: unknown, source: unknown, typeOnly: boolean) => void} */
    const judge = (node, source, typeOnly) => {
      const specifier = textOf(source);
      if (specifier === undefined) {
        if (layer.packages === any) return;
        context.report({ node, message: `${layer.name} may not compute what it imports.` });
      } else if (!mayImport(layer, file, specifier, typeOnly)) {
        const message = `${layer.name} may not import ${specifier}; lint/layers.js lists what it may.`;
        context.report({ node, message });
      }
    };
    /** @type {(node: ImportNode) => void} */
    const declaration = (node) => {
      if (node.source) judge(node, node.source, (node.importKind ?? node.exportKind) === "type");
    };
    return {
      ImportDeclaration: declaration,
      ExportNamedDeclaration: declaration,
      ExportAllDeclaration: declaration,
      ImportExpression: declaration,
      /** @param {ImportNode} node */
      TSImportType: (node) => judge(node, node.source, true),
      /** @param {{ callee: { name?: string }; arguments: unknown[] }} node */
      CallExpression: (node) => {
        if (node.callee.name === "require") judge(node, node.arguments[0] ?? {}, false);
      },
    };
  },
};

export default { meta: { name: "redline" }, rules: { layers } };
