/** `POST /graphql`: a small executor over the fake's schema; every field outside of it is refused. */
import type { Actor } from "./auth.ts";
import { parseOperation } from "./graphql-parser.ts";
import type { Field, Operation, Value } from "./graphql-parser.ts";
import { GraphqlError, TYPES } from "./graphql-schema.ts";
import type { Json } from "./model.ts";
import type { World } from "./world.ts";

/** The whole answer; `problem` where the client asked for what GitHub, or this fake, does not know. */
export async function answerGraphql(
  world: World,
  actor: Actor,
  request: { query?: string; variables?: Json },
): Promise<{ json: Json; problem: string | null }> {
  let operation: Operation;
  const variables = request.variables ?? {};
  try {
    operation = parseOperation(request.query ?? "");
    validate(operation.selections, operation.type);
    for (const [name, isRequired] of operation.variables) {
      if (isRequired && variables[name] == null) {
        throw new Error(`Variable $${name} was provided invalid value`);
      }
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { json: { errors: [{ message }] }, problem: message };
  }
  const errors: Json[] = [];
  const select = async (
    selections: readonly Field[],
    type: string,
    source: unknown,
    path: readonly (string | number)[],
  ): Promise<Json> => {
    const result: Json = {};
    for (const selection of selections) {
      const at = [...path, selection.alias];
      result[selection.alias] = await resolveField(selection, type, source, at);
    }
    return result;
  };
  const resolveField = async (
    field: Field,
    type: string,
    source: unknown,
    path: readonly (string | number)[],
  ): Promise<unknown> => {
    const known = TYPES[type]?.[field.name];
    if (!known) return null;
    try {
      const args = valuesOf(field.args, variables);
      const value = await known.resolve(source as never, args, { world, actor });
      if (known.type === undefined || value == null) return value ?? null;
      const nested = known.type;
      if (!Array.isArray(value)) return await select(field.selections ?? [], nested, value, path);
      const items: Json[] = [];
      for (const [index, item] of value.entries()) {
        items.push(await select(field.selections ?? [], nested, item, [...path, index]));
      }
      return items;
    } catch (error) {
      if (!(error instanceof GraphqlError)) throw error;
      errors.push({ type: error.type, path, message: error.message });
      return null;
    }
  };
  const data = await select(operation.selections, operation.type, null, []);
  return { json: { data, ...(errors.length > 0 && { errors }) }, problem: null };
}

/** Before anything is done, as GraphQL demands. */
function validate(selections: readonly Field[], type: string): void {
  for (const selection of selections) {
    const { name, args } = selection;
    if (name === "__typename") throw new Error("__typename is not supported by the fake");
    const known = TYPES[type]?.[name];
    if (!known) throw new Error(`Field '${name}' doesn't exist on type '${type}'`);
    for (const arg of Object.keys(args)) {
      if (!known.args?.includes(arg)) {
        throw new Error(`Field '${name}' doesn't accept argument '${arg}'`);
      }
    }
    const isLeaf = known.type === undefined;
    if (isLeaf !== (selection.selections === null)) {
      throw new Error(`Field '${name}' ${isLeaf ? "must not" : "must"} have selections`);
    }
    if (known.type !== undefined) validate(selection.selections ?? [], known.type);
  }
}

function valuesOf(args: Record<string, Value>, variables: Json): Json {
  const valueOf = (value: Value): unknown => {
    if (value.kind === "literal") return value.value;
    if (value.kind === "list") return value.items.map(valueOf);
    if (value.kind === "object") return valuesOf(value.fields, variables);
    return variables[value.name];
  };
  return Object.fromEntries(Object.entries(args).map(([name, value]) => [name, valueOf(value)]));
}
