/** Every regular expression of the source, found by a parser: literals, and what is made of texts. */
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { transform } from "esbuild";
import { parseAst } from "vitest/node";

export interface FoundRegExp {
  /** Relative to the project. */
  file: string;
  source: string;
  flags: string;
}

type Node = { type: string } & Record<string, unknown>;

const ROOT = path.resolve(import.meta.dirname, "../../..");

/**
 * What stands in a regular expression that is made at run time: by the expression's own text, something like it.
 */
export type Samples = Readonly<Record<string, string>>;

/** @throws Error for an expression that the samples do not know */
export async function collectRegExps(
  folders: readonly string[],
  samples: Samples,
): Promise<FoundRegExp[]> {
  const found: FoundRegExp[] = [];
  for (const folder of folders) {
    const names = await readdir(path.join(ROOT, folder), { recursive: true });
    for (const name of names.toSorted()) {
      if (!/\.(?:tsx?|js)$/u.test(name)) continue;
      found.push(...(await regExpsIn(path.join(folder, name), samples)));
    }
  }
  return found;
}

async function regExpsIn(file: string, samples: Samples): Promise<FoundRegExp[]> {
  const source = await readFile(path.join(ROOT, file), "utf8");
  const loader = file.endsWith("x") ? "tsx" : "ts";
  const { code } = await transform(source, { loader, target: "esnext", jsx: "automatic" });
  const found: FoundRegExp[] = [];
  const texts = new Map<string, string>();
  const known: Known = { code, texts, samples, file };
  visit(parseAst(code), (node) => {
    if (node.type === "VariableDeclarator") {
      const name = (node["id"] as Node)["name"];
      const text = typeof name === "string" ? constantOf(node["init"] as Node | null, known) : null;
      if (text !== null) texts.set(String(name), text);
    }
    if (node.type === "Literal" && node["regex"]) {
      const { pattern, flags } = node["regex"] as { pattern: string; flags: string };
      found.push({ file, source: pattern, flags });
    }
    const isMade = node.type === "NewExpression" || node.type === "CallExpression";
    if (!isMade || (node["callee"] as Node)["name"] !== "RegExp") return;
    const [pattern, flags] = node["arguments"] as Node[];
    const made = textOf(pattern!, known);
    found.push({ file, source: made, flags: flags ? textOf(flags, known) : "" });
  });
  return found;
}

interface Known {
  code: string;
  /** Of the file's constants. */
  texts: ReadonlyMap<string, string>;
  samples: Samples;
  file: string;
}

/** Null for what is no text that is known before. */
function constantOf(node: Node | null, known: Known): string | null {
  try {
    return node && textOf(node, known);
  } catch {
    return null;
  }
}

function textOf(node: Node, known: Known): string {
  switch (node.type) {
    case "Literal":
      if (node["regex"]) return (node["regex"] as { pattern: string }).pattern;
      return String(node["value"]);
    case "TemplateLiteral":
      return inTurn(node, "cooked", known);
    case "TaggedTemplateExpression":
      return inTurn(node["quasi"] as Node, "raw", known);
    case "BinaryExpression":
      return textOf(node["left"] as Node, known) + textOf(node["right"] as Node, known);
    case "MemberExpression": {
      const isSource = (node["property"] as Node)["name"] === "source";
      const text = isSource ? constantOf(node["object"] as Node, known) : null;
      return text ?? sampleOf(node, known);
    }
    case "NewExpression": {
      const [pattern] = node["arguments"] as Node[];
      const isRegExp = (node["callee"] as Node)["name"] === "RegExp" && pattern;
      return isRegExp ? textOf(pattern, known) : sampleOf(node, known);
    }
    case "Identifier":
      return known.texts.get(String(node["name"])) ?? sampleOf(node, known);
    default:
      return sampleOf(node, known);
  }
}

function inTurn(template: Node, form: "cooked" | "raw", known: Known): string {
  const parts = (template["quasis"] as Node[]).map((part) =>
    String((part["value"] as Record<string, string>)[form]),
  );
  const between = (template["expressions"] as Node[]).map((one) => textOf(one, known));
  return parts.map((part, at) => part + (between[at] ?? "")).join("");
}

function sampleOf(node: Node, { code, samples, file }: Known): string {
  const written = code.slice(Number(node["start"]), Number(node["end"]));
  const sample = samples[written];
  if (sample !== undefined) return sample;
  throw new Error(`${file} makes a regular expression of “${written}”: give a sample of that`);
}

function visit(value: unknown, take: (node: Node) => void): void {
  if (Array.isArray(value)) for (const one of value) visit(one, take);
  else if (typeof value === "object" && value !== null) {
    if ("type" in value) take(value as Node);
    for (const one of Object.values(value)) visit(one, take);
  }
}
