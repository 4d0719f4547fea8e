// Rewrites everything that is made from the code: registries and reference pages.

import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { generateCaseTables } from './generate-case-tables.ts'
import { generateDetections } from './generate-detections.ts'
import { generateImporters } from './generate-importers.ts'
import { generateOpenapi } from './generate-openapi.ts'
import { generatePolicyFiles } from './generate-policy-schema.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
for (const { path, content } of await generateImporters(root)) await writeFile(join(root, path), content)
await generateDetections()
generatePolicyFiles()
generateOpenapi()
generateCaseTables()
