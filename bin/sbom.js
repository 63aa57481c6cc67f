/**
 * Writes the software bill of materials: every package that can be installed to run Redline, on any platform, in
 * CycloneDX's JSON. Works offline, from package-lock.json alone. `npm sbom --omit dev` is not enough: it leaves
 * out what runs where something for development uses it too (npm 11.19).
 *
 * usage: node bin/sbom.js [file], by default artifacts/sbom.cdx.json
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {{ version?: string, name?: string, dev?: boolean }} Entry of a lock file
 * @typedef {{
 *   metadata: { component: { name: string, type: string, "bom-ref": string } },
 *   components: { "bom-ref": string }[],
 *   dependencies: { ref: string, dependsOn?: string[] }[],
 * }} Bom as far as it is changed here
 */

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const target = path.resolve(process.argv[2] ?? path.join(root, "artifacts/sbom.cdx.json"));

/** @type {{ packages: Record<string, Entry> }} */
const lock = JSON.parse(readFileSync(path.join(root, "package-lock.json"), "utf8"));
const running = new Set(
  Object.entries(lock.packages)
    .filter(([at, { dev }]) => at !== "" && dev !== true)
    .map(([at, { name, version }]) => `${name ?? at.split("node_modules/").at(-1)}@${version}`),
);

const args = ["sbom", "--sbom-format", "cyclonedx", "--package-lock-only", "--offline"];
const output = execFileSync("npm", args, {
  cwd: root,
  encoding: "utf8",
  maxBuffer: 64 * 1024 * 1024,
  stdio: ["ignore", "pipe", "inherit"],
});
/** @type {Bom} */
const bom = JSON.parse(output);
const self = bom.metadata.component["bom-ref"];
// npm calls it as its folder is called.
Object.assign(bom.metadata.component, { name: "redline", type: "application" });
bom.components = bom.components.filter((component) => running.has(component["bom-ref"]));
bom.dependencies = bom.dependencies
  .filter(({ ref }) => ref === self || running.has(ref))
  .map(({ ref, dependsOn = [] }) => ({
    ref,
    dependsOn: dependsOn.filter((on) => running.has(on)),
  }));

mkdirSync(path.dirname(target), { recursive: true });
writeFileSync(target, `${JSON.stringify(bom, null, 2)}\n`);
process.stdout.write(`${bom.components.length} packages are listed in ${target}\n`);
