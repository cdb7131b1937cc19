import {z} from 'zod';

import {estateSchema} from './schema.ts';

/** The JSON Schema of dr.yaml, for editors: completion, and mistakes while one writes. */
export function estateJsonSchema(): object {
  const schema = z.toJSONSchema(estateSchema, {io: 'input', target: 'draft-7', reused: 'inline'});
  return {...schema, title: 'dr.yaml'};
}

/** The published file, as it must read. */
export function estateJsonSchemaText(): string {
  return `${JSON.stringify(estateJsonSchema(), undefined, 2)}\n`;
}
