/** Writes schema/dr.schema.json anew from the schema in the source. */
import {writeFile} from 'node:fs/promises';

import {estateJsonSchemaText} from '../src/estate-json-schema.ts';

await writeFile(new URL('../schema/dr.schema.json', import.meta.url), estateJsonSchemaText());
