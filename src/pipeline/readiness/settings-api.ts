// How a configuration is read: one file a product, recognised by its content, never throwing on what it is handed.

import { readYaml, type YamlField, type YamlNode } from '../../base/yaml.ts'
import type { Setting, SettingFact } from './setting.ts'

export interface ConfigText {
  readonly path: string
  /** Without blanks at either end; what is longer than a configuration's line ever is, is cut. */
  readonly lines: readonly string[]
  /** Its documents as YAML or JSON; none for other texts. */
  readonly documents: readonly YamlNode[]
}

export interface SettingsReader {
  readonly product: string
  /** True when this is a configuration of the product. */
  recognises(config: ConfigText): boolean
  /** Calls `say` with each setting; a line of 0 stands for the whole file. */
  read(config: ConfigText, say: (line: number, text: string, fact: SettingFact) => void): void
}

export function defineSettings(reader: SettingsReader): SettingsReader {
  return reader
}

/** Longest configuration that is read. */
export const configBytesMax = 1 << 20
/** Patterns are tried on lines no longer than this, so that none can take long. */
const lineCharsMax = 2_000
/** Most settings that are kept of one file. */
const settingsMax = 2_000

/** A text made ready for the readers; parsed once. */
export function configText(path: string, text: string): ConfigText {
  const lines = text.split('\n').map((line) => line.slice(0, lineCharsMax).trim())
  const start = text.trimStart()
  const structured =
    start.startsWith('{') ||
    start.startsWith('[') ||
    /\.(?:ya?ml|json)$/i.test(path) ||
    start.startsWith('%YAML')
  // JSON is indented with tabs at times, which YAML does not take.
  const spaced = start.startsWith('{') || start.startsWith('[') ? text.replace(/^\t+/gm, tabs) : text
  return { path, lines, documents: structured ? readYaml(spaced).documents : [] }
}

function tabs(run: string): string {
  return ' '.repeat(run.length * 2)
}

/** Whether some line is like that. Patterns see one line at a time: over line ends they could take very long. */
export function hasLine({ lines }: ConfigText, pattern: RegExp): boolean {
  return lines.some((line) => pattern.test(line))
}

/** Settings of one file by every reader that knows it. Undefined when none does. */
export function readSettings(
  readers: readonly SettingsReader[],
  config: ConfigText,
): { products: string[]; settings: Setting[] } | undefined {
  const known = readers.filter((reader) => reader.recognises(config))
  if (known.length === 0) return undefined
  const settings: Setting[] = []
  for (const { product, read } of known) {
    read(config, (line, text, fact) => {
      if (settings.length < settingsMax) settings.push({ product, file: config.path, line, text, ...fact })
    })
  }
  return { products: known.map(({ product }) => product), settings }
}

/** The field of a map, wherever it stands as `a.b.c`. Undefined when there is none. */
export function fieldAt(node: YamlNode | undefined, ...keys: string[]): YamlField | undefined {
  let at = node
  let field: YamlField | undefined
  for (const key of keys) {
    field = at?.kind === 'map' ? at.fields.get(key) : undefined
    at = field?.value
  }
  return field
}

export function textAt(node: YamlNode | undefined, ...keys: string[]): string | undefined {
  const value = keys.length === 0 ? node : fieldAt(node, ...keys)?.value
  return value?.kind === 'text' ? value.text : undefined
}

export function itemsAt(node: YamlNode | undefined, ...keys: string[]): readonly YamlNode[] {
  const value = keys.length === 0 ? node : fieldAt(node, ...keys)?.value
  return value?.kind === 'list' ? value.items : []
}

export function fieldsAt(
  node: YamlNode | undefined,
  ...keys: string[]
): readonly (readonly [string, YamlField])[] {
  const value = keys.length === 0 ? node : fieldAt(node, ...keys)?.value
  return value?.kind === 'map' ? [...value.fields] : []
}

/** YAML's and everybody's words for on. */
export function isOn(text: string | undefined): boolean {
  return /^(?:yes|true|on|1|enabled?)$/i.test(text ?? '')
}

export function isNull(text: string | undefined): boolean {
  return text === undefined || /^(?:null|none|~|)$/i.test(text)
}

/** Every map in a document, deepest last; at most so many. */
export function mapsIn(node: YamlNode, max = 20_000): Extract<YamlNode, { kind: 'map' }>[] {
  const out: Extract<YamlNode, { kind: 'map' }>[] = []
  const open: YamlNode[] = [node]
  while (open.length > 0 && out.length < max) {
    const at = open.pop()!
    if (at.kind === 'list') for (const item of at.items) open.push(item)
    else if (at.kind === 'map') {
      out.push(at)
      for (const { value } of at.fields.values()) open.push(value)
    }
  }
  return out
}
