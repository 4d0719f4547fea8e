// The topology file of this project: which sandbox was behind which addresses, when.
//
// JSON, JSON lines or YAML; a list, or the same below `boxes:` or `topology:`:
//   - { box: sb-1, host: train-07, ip: [10.1.0.7], nat: [{ ip: 203.0.113.9, portStart: 1024, portEnd: 2047 }],
//       from: 2026-03-07T01:00:00Z, to: 2026-03-07T02:00:00Z }
// A row is an entry: it becomes a box or is rejected with its line. A text that cannot be parsed is one reject.

import { nestsDeeper } from '../../base/json-depth.ts'
import { JsonItems } from '../../base/json-items.ts'
import { concat } from '../../base/lines.ts'
import { plainYaml, readYaml, type YamlNode } from '../../base/yaml.ts'
import { defineBytesImporter, type Head, type Sink } from '../api.ts'
import { readEntry } from './parts/entry.ts'
import { firstObject } from './parts/first-object.ts'

/** Largest file that is read; ten thousand boxes take about 2 MB. */
const fileBytesMax = 64 * 1024 * 1024
const wrappers = ['boxes', 'topology']

export const topology = defineBytesImporter({
  id: 'topology',
  name: 'Vigiles topology file',
  family: 'inventory',
  documentation: '../topology.md',
  recognises,
  start(sink) {
    let parts: Uint8Array[] = []
    let bytes = 0
    return {
      chunk(chunk) {
        bytes += chunk.length
        if (bytes <= fileBytesMax) parts.push(chunk.slice())
        else parts = []
      },
      end() {
        if (bytes > fileBytesMax) {
          sink.reject(1, `a topology file is at most ${fileBytesMax} bytes`, '')
          return
        }
        const all = parts.length === 0 ? new Uint8Array() : concat(parts)
        const text = new TextDecoder('utf-8').decode(all)
        if (text.trim() === '') return
        if (/^\s*[[{]\s*(?:[[{]\s*)?["\]}]/.test(text)) readJson(text, all, sink)
        else readYamlText(text, sink)
      },
    }
  },
})

function recognises(head: Head): boolean {
  if (/^\s*[[{]/.test(head.text)) {
    const first = firstObject(head.text, wrappers)
    if (!first || first._schema !== undefined) return false
    return typeof first.box === 'string' && ('ip' in first || 'nat' in first)
  }
  let entry = false
  for (const line of head.lines) {
    if (/^\s*(?:-\s+)?["']?box["']?\s*:/.test(line)) entry = true
    if (/^\s*-\s*(?:&\w+\s*)?\{.*\bbox["']?\s*:.*\b(?:ip|nat)["']?\s*:/.test(line)) return true
    if (entry && /^\s+["']?(?:ip|nat)["']?\s*:/.test(line)) return true
    // YAML has no lines that begin like these; logs and code have.
    if (!/^\s*(?:#|-|---|["']?[\w-]+["']?\s*:|[\]}[{"'\d])/.test(line)) return false
  }
  return false
}

function readJson(text: string, bytes: Uint8Array, sink: Sink): void {
  const lines = text.split('\n')
  const entry = (value: unknown, line: number) => takeEntry(sink, value, line, lines[line - 1])
  const broken = (line: number, reason: string, near: string) => sink.reject(line, reason, near)
  if (text.trimStart().startsWith('[')) {
    const items = new JsonItems(['*'], { item: (_, value, line) => entry(value, line), broken })
    items.chunk(bytes)
    items.end()
    return
  }
  if (wrappers.some((key) => new RegExp(`^\\s*\\{\\s*"${key}"\\s*:\\s*\\[`).test(text))) {
    const paths = wrappers.map((key) => `${key}.*`)
    const items = new JsonItems(paths, { item: (_, value, line) => entry(value, line), broken })
    items.chunk(bytes)
    items.end()
    return
  }
  if (isJson(lines.find((line) => line.trim() !== ''))) {
    // JSON lines: a bad one costs no other.
    for (const [i, line] of lines.entries()) {
      if (line.trim() === '') continue
      if (!isJson(line)) sink.reject(i + 1, 'not JSON', line)
      else if (nestsDeeper(line)) sink.reject(i + 1, 'nested too deeply', line)
      else for (const inner of unwrapped(JSON.parse(line))) entry(inner, i + 1)
    }
    return
  }
  // One object, or several one after the other.
  const items = new JsonItems([''], {
    item(_, value, line) {
      for (const inner of unwrapped(value)) entry(inner, line)
    },
    broken,
  })
  items.chunk(bytes)
  items.end()
}

function readYamlText(text: string, sink: Sink): void {
  const lines = text.split('\n')
  const { documents, problems } = readYaml(text)
  for (const { line, reason } of problems) sink.reject(line, `not YAML: ${reason}`, lines[line - 1] ?? '')
  for (const node of documents.flatMap(entryNodes)) {
    takeEntry(sink, plainYaml(node), node.line, lines[node.line - 1])
  }
}

function isJson(line: string | undefined): boolean {
  if (line === undefined) return false
  try {
    JSON.parse(line)
    return true
  } catch {
    return false
  }
}

function entryNodes(document: YamlNode): readonly YamlNode[] {
  if (document.kind === 'list') return document.items
  if (document.kind === 'map') {
    for (const key of wrappers) {
      const field = document.fields.get(key)
      if (field && field.value.kind === 'list') return field.value.items
    }
  }
  return [document]
}

function unwrapped(value: unknown): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return [value]
  for (const key of wrappers) {
    const inner = Object.entries(value).find(([name]) => name === key)?.[1]
    if (Array.isArray(inner)) return inner
  }
  return [value]
}

function takeEntry(sink: Sink, value: unknown, line: number, text: string | undefined): void {
  const entry = readEntry(value, line)
  if (typeof entry === 'string') sink.reject(line, entry, text?.trim() || JSON.stringify(value) || '')
  else sink.box(entry)
}
