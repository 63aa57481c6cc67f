import { existsSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parse } from "yaml";
import { z } from "zod";

import { parseCompose, readCompose } from "./compose.ts";
import { read, ROOT } from "./files.ts";

const FILE = "docker-compose.monitoring.yml";
const main = readCompose("docker-compose.yml");

const { services, volumes, secrets } = z
  .object({
    services: z.record(
      z.string(),
      z.object({
        image: z.string(),
        volumes: z.array(z.string()),
        secrets: z.array(z.string()),
        ports: z.array(z.string()),
        read_only: z.boolean(),
        command: z.array(z.string()).optional(),
        environment: z.record(z.string(), z.string()).optional(),
      }),
    ),
    volumes: z.record(z.string(), z.null()),
    secrets: z.record(z.string(), z.object({ file: z.string() })),
  })
  .parse(parseCompose(FILE, {}));

it("mounts what there is, and declares what it uses", () => {
  const mounted = Object.values(services).flatMap((service) =>
    service.volumes.map((volume) => volume.split(":")[0]!),
  );
  const files = mounted.filter((source) => source.startsWith("./"));
  expect(files.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  expect(mounted.filter((source) => !source.startsWith("./")).toSorted()).toEqual(
    Object.keys(volumes).toSorted(),
  );
});

it("has the secrets of docker-compose.yml, and nothing that others can reach or write to", () => {
  const used = Object.values(services).flatMap((service) => service.secrets);
  expect(new Set(used)).toEqual(new Set(Object.keys(secrets)));
  for (const [name, secret] of Object.entries(secrets)) expect(main.secrets[name]).toEqual(secret);
  for (const { image, ports, read_only: isFixed } of Object.values(services)) {
    expect(image).toMatch(/:v?\d+\.\d+\.\d+$/);
    expect(isFixed).toBe(true);
    for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
  }
});

it("scrapes the processes of docker-compose.yml, on their port and with their token", () => {
  const { scrape_configs: jobs, rule_files: rules } = z
    .object({
      rule_files: z.array(z.string()),
      scrape_configs: z.array(
        z.object({
          authorization: z.object({ type: z.string(), credentials_file: z.string() }),
          dns_sd_configs: z.array(z.object({ names: z.array(z.string()), port: z.number() })),
        }),
      ),
    })
    .parse(parse(read("deploy/prometheus/prometheus.yml")));
  for (const file of rules) expect(existsSync(join(ROOT, "deploy/prometheus", file))).toBe(true);
  const [job] = jobs;
  expect(job?.authorization).toEqual({
    type: "Bearer",
    credentials_file: "/run/secrets/redline_token",
  });
  const [found] = job!.dns_sd_configs;
  for (const role of ["ingest", "worker", "web"]) {
    expect(found?.names).toContain(role);
    const { PORT, HEALTH_PORT } = main.services[role]!.environment;
    expect(role === "worker" ? HEALTH_PORT : PORT).toBe(String(found?.port));
  }
});

it("gives Grafana the dashboard and Prometheus", () => {
  const dashboards = read("deploy/grafana/provisioning/dashboards/redline.yml");
  const [, folder] = /path: ([^ ]+)/.exec(dashboards) ?? [];
  expect(services["grafana"]!.volumes).toContain(
    `./deploy/grafana/redline.json:${folder}/redline.json:ro`,
  );
  expect(read("deploy/grafana/provisioning/datasources/redline.yml")).toContain(
    "url: http://prometheus:9090",
  );
});
