import { itOutlives } from "./matrix.ts";

itOutlives("postgres", null);
