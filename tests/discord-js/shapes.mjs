// Writes the JSON schema of `shapes.ts` to the file that it is given.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const generator = createGenerator({
  path: fileURLToPath(new URL('shapes.ts', import.meta.url)),
  type: 'Shapes',
  topRef: false,
  skipTypeCheck: true,
  // Discord may send more than the types say.
  additionalProperties: true,
});
const schema = generator.createSchema('Shapes');
for (const [name, definition] of Object.entries(schema.definitions)) {
  // TypeScript's flags are lists of single bits; what is sent is their sum.
  if (name.endsWith('Flags')) schema.definitions[name] = { type: 'integer' };
  // Enumerations of numbers come without the fact that they are whole.
  else if (definition.enum && definition.type === 'number') definition.type = 'integer';
  // What is undefined is an answer without a body, which is told as null.
  else if (/^REST.*Result$/.test(name) && definition.not) schema.definitions[name] = { type: 'null' };
}

// In the shape of an OpenAPI description, with names that need no escape in a reference.
const plain = (name) => decodeURIComponent(name).replace(/[^A-Za-z0-9]/g, '_');
const text = JSON.stringify(
  {
    events: schema.definitions.Events.properties,
    answers: schema.definitions.Answers.properties,
    components: {
      schemas: Object.fromEntries(Object.entries(schema.definitions).map(([name, it]) => [plain(name), it])),
    },
  },
  (key, value) => {
    // A comment on what is deprecated is words where JSON Schema wants a yes or no.
    if (key === 'deprecated') return undefined;
    if (key === '$ref') return `#/components/schemas/${plain(value.slice('#/definitions/'.length))}`;
    // A list with places of their own is spelt otherwise since 2020-12.
    if (Array.isArray(value?.items)) return { ...value, items: undefined, prefixItems: value.items };
    return value;
  },
);
writeFileSync(process.argv[2], text);
