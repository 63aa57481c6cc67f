import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { z } from "zod";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

/** What CycloneDX 1.5 asks for, as far as it is written. Source: cyclonedx.org/schema/bom-1.5.schema.json. */
const license = z.union([
  z.object({ license: z.object({ id: z.string() }) }),
  z.object({ expression: z.string() }),
]);
const component = z.object({
  "bom-ref": z.string(),
  type: z.enum(["library", "application"]),
  name: z.string(),
  version: z.string(),
  purl: z.string().startsWith("pkg:npm/"),
  licenses: z.array(license).nonempty(),
  hashes: z.array(
    z.object({ alg: z.literal("SHA-512"), content: z.string().regex(/^[0-9a-f]{128}$/) }),
  ),
});
const bomSchema = z.object({
  bomFormat: z.literal("CycloneDX"),
  specVersion: z.literal("1.5"),
  serialNumber: z.string().regex(/^urn:uuid:[0-9a-f-]{36}$/),
  version: z.int().min(1),
  metadata: z.object({
    timestamp: z.iso.datetime(),
    component: component.omit({ hashes: true }).extend({ "bom-ref": z.string() }),
  }),
  components: z.array(component),
  dependencies: z.array(z.object({ ref: z.string(), dependsOn: z.array(z.string()) })),
});

interface Entry {
  name?: string;
  version: string;
  dev?: boolean;
  integrity?: string;
}

it("every package that runs is in the bill of materials, and nothing else", async () => {
  const folder = await mkdtemp(join(tmpdir(), "redline-sbom-"));
  try {
    const file = join(folder, "deep/sbom.cdx.json");
    await promisify(execFile)(process.execPath, [join(ROOT, "bin/sbom.js"), file]);
    const bom = bomSchema.parse(JSON.parse(await readFile(file, "utf8")));
    expect(bom.metadata.component).toMatchObject({ name: "redline", type: "application" });

    const lock = JSON.parse(await readFile(join(ROOT, "package-lock.json"), "utf8")) as {
      packages: Record<string, Entry>;
    };
    const running = new Map<string, Entry>();
    for (const [at, entry] of Object.entries(lock.packages)) {
      if (at === "" || entry.dev === true) continue;
      running.set(`${entry.name ?? at.split("node_modules/").at(-1)}@${entry.version}`, entry);
    }
    expect(running.size).toBeGreaterThan(200);
    const listed = bom.components.map((one) => `${one.name}@${one.version}`);
    expect(new Set(listed)).toEqual(new Set(running.keys()));
    expect(new Set(listed).size).toBe(listed.length);
    for (const one of bom.components) {
      const { integrity = "" } = running.get(`${one.name}@${one.version}`)!;
      const hash = Buffer.from(integrity.replace(/^sha512-/, ""), "base64").toString("hex");
      expect(one.hashes[0]?.content, one.name).toBe(hash);
    }

    const refs = new Set([
      bom.metadata.component["bom-ref"],
      ...bom.components.map((one) => one["bom-ref"]),
    ]);
    for (const { ref, dependsOn } of bom.dependencies) {
      expect([ref, ...dependsOn].filter((name) => !refs.has(name))).toEqual([]);
    }
  } finally {
    await rm(folder, { recursive: true });
  }
}, 120_000);
