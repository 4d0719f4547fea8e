// Finds configurations among what was given: small texts that no importer takes, and inventories, which tell of both.

import { readFileSync } from 'node:fs'
import type { Imported } from '../import-all.ts'
import type { InputFile } from '../inputs.ts'
import type { Setting } from './setting.ts'
import { settingsReaders } from './settings.ts'
import { configBytesMax, configText, readSettings } from './settings-api.ts'

const inventories: ReadonlySet<string> = new Set(['docker-inspect', 'kubectl-pods', 'topology'])
const filesMax = 2_000
const totalBytesMax = 16 << 20

export interface FoundSettings {
  readonly settings: readonly Setting[]
  /** By path: the products whose configuration a file is. */
  readonly products: ReadonlyMap<string, readonly string[]>
}

/** Settings of all configurations among the inputs. Files that can't be read are passed over: the summary says so. */
export function findSettings(files: readonly InputFile[], imported: Imported): FoundSettings {
  const wanted = new Set([
    ...imported.passed.filter(({ format }) => format === 'unknown').map(({ path }) => path),
    ...imported.files.filter(({ format }) => inventories.has(format)).map(({ path }) => path),
  ])
  const settings: Setting[] = []
  const products = new Map<string, readonly string[]>()
  let bytes = 0
  for (const file of files.filter(({ path }) => wanted.has(path)).slice(0, filesMax)) {
    if (file.bytes > configBytesMax || bytes + file.bytes > totalBytesMax) continue
    bytes += file.bytes
    const text = textOf(file.absolute)
    if (text === undefined) continue
    const found = readSettings(settingsReaders, configText(file.path, text))
    if (!found) continue
    products.set(file.path, found.products)
    settings.push(...found.settings)
  }
  return { settings, products }
}

function textOf(path: string): string | undefined {
  try {
    const text = readFileSync(path, 'utf8')
    return text.includes('\0') ? undefined : text
  } catch {
    return undefined
  }
}
