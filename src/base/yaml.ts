// The one place that touches the `yaml` package: text becomes plain nodes with lines, within stated limits.
//
// Every scalar stays the text that was written (YAML's failsafe schema): `no`, `0012` and `10.10` mean what
// the reader of the node says they mean, not what some YAML version makes of them.

import { isAlias, isMap, isNode, isScalar, isSeq, LineCounter, parseAllDocuments } from 'yaml'

/** Longest text that is read; a longer one is refused as a whole. */
export const yamlCharsMax = 16 * 1024 * 1024
/** Most nodes that are built, repeats through aliases counted each time. */
export const yamlNodesMax = 1_000_000
/** And most for each character of the text, on top of a thousand: an alias bomb ends here. */
export const yamlNodesPerChar = 10
export const yamlDepthMax = 64

export type YamlNode =
  | { readonly kind: 'text'; readonly line: number; readonly text: string; readonly quoted: boolean }
  | { readonly kind: 'list'; readonly line: number; readonly items: readonly YamlNode[] }
  | { readonly kind: 'map'; readonly line: number; readonly fields: ReadonlyMap<string, YamlField> }

export interface YamlField {
  /** 1-based line of the key. */
  readonly line: number
  readonly value: YamlNode
}

export interface YamlProblem {
  readonly line: number
  readonly reason: string
}

/** The documents of a YAML text (JSON is YAML too), and what could not be read. Never throws. */
export function readYaml(text: string): { documents: YamlNode[]; problems: YamlProblem[] } {
  if (text.length > yamlCharsMax) {
    return { documents: [], problems: [{ line: 1, reason: `longer than ${yamlCharsMax} characters` }] }
  }
  const deep = deepLine(text)
  if (deep) {
    return { documents: [], problems: [{ line: deep, reason: `nested deeper than ${yamlDepthMax}` }] }
  }
  const problems: YamlProblem[] = []
  const documents: YamlNode[] = []
  try {
    const counter = new LineCounter()
    const options = {
      lineCounter: counter,
      schema: 'failsafe',
      prettyErrors: false,
      uniqueKeys: true,
    } as const
    const parsed = parseAllDocuments(text, options)
    if (!Array.isArray(parsed)) return { documents, problems }
    const nodes = Math.min(yamlNodesMax, 1_000 + text.length * yamlNodesPerChar)
    const budget = { nodes, allowed: nodes }
    for (const document of parsed) {
      for (const error of document.errors) {
        const reason = error.message.split('\n', 1)[0] ?? 'not YAML'
        problems.push({ line: counter.linePos(error.pos[0]).line, reason: reason.slice(0, 200) })
      }
      if (document.contents === null) continue
      const lineOf = (at: number | undefined) => (at === undefined ? 1 : counter.linePos(at).line)
      // Anchors stand before their aliases; the package's own look-up walks the document each time.
      const anchors = new Map<string, unknown>()
      const resolve = (node: unknown) => {
        if (isAlias(node)) return anchors.get(node.source)
        if (isNode(node) && 'anchor' in node && node.anchor) anchors.set(node.anchor, node)
        return node
      }
      try {
        documents.push(convert(document.contents, { lineOf, resolve, budget }, 0))
      } catch (error) {
        if (!(error instanceof TooMuch)) throw error
        problems.push({ line: lineOf(document.contents.range?.[0]), reason: error.message })
      }
    }
  } catch (error) {
    // The package's own faults (stack depth above all) must not end an investigation.
    problems.push({ line: 1, reason: error instanceof Error ? error.message.slice(0, 200) : 'not YAML' })
  }
  return { documents, problems }
}

/** Plain values of a node: texts, arrays and objects of own keys (`__proto__` is a key like any other). */
export function plainYaml(node: YamlNode): unknown {
  if (node.kind === 'text') return node.text
  if (node.kind === 'list') return node.items.map(plainYaml)
  return Object.fromEntries([...node.fields].map(([key, field]) => [key, plainYaml(field.value)]))
}

class TooMuch extends Error {}

interface Context {
  lineOf(at: number | undefined): number
  resolve(node: unknown): unknown
  readonly budget: { nodes: number; readonly allowed: number }
}

function convert(raw: unknown, context: Context, depth: number): YamlNode {
  if (--context.budget.nodes < 0) throw new TooMuch(`more than ${context.budget.allowed} nodes`)
  if (depth > yamlDepthMax) throw new TooMuch(`nested deeper than ${yamlDepthMax}`)
  const node = context.resolve(raw)
  const child = (value: unknown) => convert(value, context, depth + 1)
  if (isSeq(node)) {
    return { kind: 'list', line: context.lineOf(node.range?.[0]), items: node.items.map(child) }
  }
  if (isMap(node)) {
    const fields = new Map<string, YamlField>()
    const merged: YamlNode[] = []
    for (const pair of node.items) {
      const key = context.resolve(pair.key)
      const name = isScalar(key) ? String(key.value ?? '') : ''
      const value = child(pair.value)
      if (name === '<<') merged.push(value)
      else fields.set(name, { line: isScalar(key) ? context.lineOf(key.range?.[0]) : value.line, value })
    }
    // `<<: *defaults`: what the map itself says wins.
    for (const source of merged.flatMap((value) => (value.kind === 'list' ? value.items : [value]))) {
      if (source.kind !== 'map') continue
      for (const [name, field] of source.fields) if (!fields.has(name)) fields.set(name, field)
    }
    return { kind: 'map', line: context.lineOf(node.range?.[0]), fields }
  }
  if (isScalar(node)) {
    const quoted = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'
    return { kind: 'text', line: context.lineOf(node.range?.[0]), text: String(node.value ?? ''), quoted }
  }
  return { kind: 'text', line: 1, text: '', quoted: false }
}

/** The first line whose brackets or list marks nest too deep for a parser that recurses; 0 = none. */
function deepLine(text: string): number {
  let line = 1
  let open = 0
  let marks = 0
  let lineStart = true
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i)
    if (c === 10) {
      line++
      marks = 0
      lineStart = true
      continue
    }
    if (c === 91 || c === 123) open++
    else if ((c === 93 || c === 125) && open > 0) open--
    if (lineStart && (c === 45 || c === 63 || c === 58)) marks++
    else if (c !== 32) lineStart = false
    if (open > yamlDepthMax || marks > yamlDepthMax) return line
  }
  return 0
}
