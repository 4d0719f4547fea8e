// What a tool answered, as text: results come as text, as blocks, or as objects with stdout and stderr.
//
//   "ok"   [{"type":"text","text":"ok"},{"type":"image",…}]   {"stdout":"…","stderr":"…","exit_code":1}   {"output":"…"}

import { limits } from '../../../schema/tool-call.ts'
import { cutOutput } from './cut.ts'
import { at, isRecord, textAt, toJson } from './values.ts'

/** The beginning of a result as text; undefined when there is none. */
export function outputText(value: unknown, depth = 0): string | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string') return cutOutput(value)
  if (typeof value !== 'object') return String(value)
  if (depth > 4) return undefined
  if (Array.isArray(value)) {
    const parts: string[] = []
    let chars = 0
    for (const block of value.slice(0, 1000)) {
      const text = outputText(block, depth + 1)
      if (text === undefined) continue
      parts.push(text)
      chars += text.length
      if (chars > limits.outputChars) break
    }
    return parts.length > 0 ? cutOutput(parts.join('\n')) : undefined
  }
  if (!isRecord(value)) return undefined
  const type = value.type
  if (type === 'image' || type === 'input_image' || type === 'document') return `[${type}]`
  const streams = [textAt(value, 'stdout'), textAt(value, 'stderr')].filter((text) => text !== undefined)
  if (streams.length > 0) return cutOutput(streams.join('\n'))
  if (at(value, 'stdout') === '') return undefined
  for (const key of ['text', 'output', 'content', 'result', 'aggregated_output', 'message', 'error']) {
    const inner = at(value, key)
    if (inner === undefined || inner === null || inner === '') continue
    const text = outputText(inner, depth + 1)
    if (text !== undefined) return text
  }
  return cutOutput(toJson(value))
}

const exitKeys = [
  'exit_code',
  'exitCode',
  'returncode',
  'return_code',
  'returnCode',
  'code_exit',
  'exit_status',
]

/** The exit code in a result object, also one level down in its `metadata`. */
export function exitCodeOf(value: unknown): number | undefined {
  if (!isRecord(value)) return undefined
  for (const key of exitKeys) {
    const code = at(value, key)
    if (typeof code === 'number' && Number.isInteger(code)) return code
  }
  const metadata = at(value, 'metadata')
  return isRecord(metadata) ? exitCodeOf({ ...metadata, metadata: undefined }) : undefined
}

/**
 * The exit code that a result's text states, in the words agents use for it: JSON fields, `Exit code 1` as its
 * first words, `Process exited with code 1`, `completed with exit code 1`.
 */
export function exitCodeInText(text: string): number | undefined {
  const first = text.charCodeAt(0)
  if (first === 123) {
    return (
      digitsAfter(text, '"exit_code":') ??
      digitsAfter(text, '"exitCode":') ??
      digitsAfter(text, '"returncode":')
    )
  }
  if (first === 69) return digitsAfter(text, 'Exit code: ', 0) ?? digitsAfter(text, 'Exit code ', 0)
  return digitsAfter(text, 'Process exited with code ') ?? digitsAfter(text, 'completed with exit code ')
}

function digitsAfter(text: string, phrase: string, at?: number): number | undefined {
  let i = at === undefined ? text.indexOf(phrase) : text.startsWith(phrase, at) ? at : -1
  if (i < 0 || (i > 2048 && i < text.length - 2048)) return undefined
  i += phrase.length
  while (text.charCodeAt(i) === 32) i++
  const negative = text[i] === '-'
  if (negative) i++
  let value = 0
  const from = i
  while (i < text.length && i - from < 10) {
    const c = text.charCodeAt(i) - 48
    if (c < 0 || c > 9) break
    value = value * 10 + c
    i++
  }
  if (i === from) return undefined
  return negative ? -value : value
}
