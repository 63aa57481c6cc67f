/** The alert rules and the dashboard, as their files have them. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Rule {
  alert: string;
  expr: string;
  for: string;
  labels: { severity: string };
  annotations: { summary: string; runbook_url: string };
}

export interface Panel {
  id: number;
  type: string;
  title: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets?: { expr: string; refId: string }[];
}

export interface Dashboard {
  uid: string;
  schemaVersion: number;
  panels: Panel[];
  templating: { list: { name: string }[] };
}

export const RULES_FILE = new URL("../../deploy/prometheus/alerts.yml", import.meta.url);
const DASHBOARD_FILE = new URL("../../deploy/grafana/redline.json", import.meta.url);

export function readRules(): Rule[] {
  const { groups } = parse(readFileSync(RULES_FILE, "utf8")) as { groups: { rules: Rule[] }[] };
  return groups.flatMap(({ rules }) => rules);
}

export function readDashboard(): Dashboard {
  return JSON.parse(readFileSync(DASHBOARD_FILE, "utf8")) as Dashboard;
}
