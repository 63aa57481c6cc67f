/** The Dockerfile as a list of instructions, in the form that ours is written in. */
import { read } from "./files.ts";

export interface Copy {
  /** The stage copied from; null for the build's context. */
  from: string | null;
  sources: string[];
  target: string;
}

export interface Stage {
  name: string | null;
  base: string;
  steps: ({ kind: "run"; command: string } | ({ kind: "copy" } & Copy))[];
}

export interface Image {
  stages: Stage[];
  /** Of the last stage. */
  workdir: string;
  user: string | null;
  environment: Record<string, string>;
  ports: string[];
  entrypoint: string[];
  command: string[];
  /** The health check's command. */
  health: string[];
}

/** @throws Error for an instruction, or a form of one, that nobody has thought of */
export function readDockerfile(file = "Dockerfile"): Image {
  const image: Image = {
    stages: [],
    workdir: "/",
    user: null,
    environment: {},
    ports: [],
    entrypoint: [],
    command: [],
    health: [],
  };
  for (const [name, rest] of instructions(read(file))) take(image, name, rest);
  return image;
}

function instructions(text: string): [name: string, rest: string][] {
  const joined = text.replace(/^\s*#.*\n/gm, "").replace(/\\\n\s*/g, "");
  return joined
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => {
      const [, name, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? [];
      if (name === undefined || rest === undefined) throw new Error(`Not understood: ${line}`);
      return [name, rest];
    });
}

function take(image: Image, name: string, rest: string): void {
  const stage = image.stages.at(-1);
  switch (name) {
    case "FROM": {
      const [, base = "", as = null] = /^(\S+)(?: AS (\S+))?$/.exec(rest) ?? [];
      image.stages.push({ name: as, base, steps: [] });
      Object.assign(image, { workdir: "/", user: null, environment: {} });
      return;
    }
    case "WORKDIR":
      image.workdir = rest;
      return;
    case "RUN":
      stage?.steps.push({ kind: "run", command: rest });
      return;
    case "COPY":
      stage?.steps.push({ kind: "copy", ...readCopy(rest) });
      return;
    case "ENV":
      for (const pair of rest.split(" ")) {
        const [key = "", value = ""] = pair.split("=");
        image.environment[key] = value;
      }
      return;
    case "EXPOSE":
      image.ports.push(rest);
      return;
    case "USER":
      image.user = rest;
      return;
    case "ENTRYPOINT":
      image.entrypoint = JSON.parse(rest) as string[];
      return;
    case "CMD":
      image.command = JSON.parse(rest) as string[];
      return;
    case "HEALTHCHECK":
      image.health = JSON.parse(rest.replace(/^.* CMD /, "")) as string[];
      return;
    default:
      throw new Error(`Not understood: ${name} ${rest}`);
  }
}

function readCopy(rest: string): Copy {
  const [, from = null, paths = ""] = /^(?:--from=(\S+) )?(.*)$/.exec(rest) ?? [];
  const words = paths.split(" ");
  return { from, sources: words.slice(0, -1), target: words.at(-1)! };
}

/** Whether a path of the project gets into the build's context; ours lists what does, name by name. */
export function isSent(path: string): boolean {
  const rules = read(".dockerignore")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"));
  if (rules[0] !== "*" || rules.slice(1).some((rule) => !/^![\w.-]+$/.test(rule))) {
    throw new Error(".dockerignore is to forbid everything, and then to allow by name");
  }
  return rules.includes(`!${path.split("/")[0]}`);
}
