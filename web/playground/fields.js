// What the JSON Schema says of a place in a scenario: which keys may stand there, and their texts.

/** All that a schema may be: references followed, alternatives apart. */
function* ways(schema, whole) {
  if (schema.$ref) {
    const found = schema.$ref.replace(/^#\//, "").split("/").reduce((at, key) => at[key], whole);
    yield* ways(found, whole);
  }
  for (const one of [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])]) yield* ways(one, whole);
  yield schema;
}

/** The schemas of the value that a path of keys leads to; null is an item of a list. */
function at(path, whole) {
  let here = [...ways(whole, whole)];
  for (const key of path) {
    const inside = here.map((one) => (key === null ? one.items : one.properties?.[key] ?? one.additionalProperties));
    here = inside.filter((one) => one && typeof one === "object").flatMap((one) => [...ways(one, whole)]);
  }
  return here;
}

/** The keys of the mapping at a path, each with its schema. */
export const keysAt = (path, whole) => new Map(at(path, whole).flatMap((one) => Object.entries(one.properties ?? {})));

/** The values that the schema names for a place: those of a choice, and examples. */
export function valuesAt(path, whole) {
  const all = at(path, whole).flatMap((one) => {
    const words = "const" in one ? [one.const] : one.enum ?? (one.type === "boolean" ? [true, false] : one.examples ?? []);
    return words.map((word) => [String(word), "examples" in one ? "for example" : ""]);
  });
  return new Map(all);
}

/** A field's text: what it is, and its default. */
export function textOf(schema, whole) {
  const said = [...ways(schema, whole)].map((one) => one.description).filter(Boolean);
  const usual = schema.default;
  const isPlain = usual !== undefined && usual !== null && typeof usual !== "object";
  return [schema.description ?? said[0] ?? "", isPlain ? `Default: ${usual}.` : ""].filter(Boolean).join(" ");
}

/** The text of the field at a path that ends in a key; empty where there is none. */
export function fieldText(path, whole) {
  const field = keysAt(path.slice(0, -1), whole).get(path.at(-1));
  return field ? textOf(field, whole) : "";
}
