// Rewrites everything that is made from the code: registries and reference pages.

import { fileURLToPath } from 'node:url'
import { generateDetections } from './generate-detections.ts'
import { generateImporters } from './generate-importers.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
await generateImporters(root)
await generateDetections()
