// Writes the JSON schema of `events.ts` to the file that it is given.
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { createGenerator } from 'ts-json-schema-generator';

const generator = createGenerator({
  path: fileURLToPath(new URL('events.ts', import.meta.url)),
  type: 'Events',
  topRef: false,
  skipTypeCheck: true,
  // Discord may send more than the types say.
  additionalProperties: true,
});
const schema = generator.createSchema('Events');
for (const [name, definition] of Object.entries(schema.definitions)) {
  // TypeScript's flags are lists of single bits; what is sent is their sum.
  if (name.endsWith('Flags')) schema.definitions[name] = { type: 'integer' };
  // Enumerations of numbers come without the fact that they are whole.
  else if (definition.enum && definition.type === 'number') definition.type = 'integer';
}

// In the shape of an OpenAPI description, with names that need no escape in a reference.
const plain = (name) => decodeURIComponent(name).replace(/[^A-Za-z0-9]/g, '_');
const text = JSON.stringify(
  {
    events: schema.properties,
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
