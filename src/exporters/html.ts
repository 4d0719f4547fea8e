// HTML that cannot be broken out of: whatever is put into the template is text, unless it came from `html` itself.

import { visible } from '../base/terminal.ts'

export interface Html {
  readonly html: string
}

type Part = string | number | Html | readonly Html[] | null | undefined | false

/** `html\`<b>${title}</b>\``: every value is escaped and what does not print in it is spelled out. */
export function html(strings: TemplateStringsArray, ...parts: readonly Part[]): Html {
  let out = strings[0] ?? ''
  for (const [i, part] of parts.entries()) out += render(part) + (strings[i + 1] ?? '')
  return { html: out }
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return ''
  if (typeof part === 'number') return String(part)
  if (typeof part === 'string') return escapeHtml(visible(part, true))
  if ('html' in part) return part.html
  return part.map((p) => p.html).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
}

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"'`]/g, (c) => entities[c] ?? c)
}

/**
 * JSON for a data block (`<script type="application/json">`): no character in it can end the element, open a
 * comment, end a line of script or turn the direction of the source for who reads it.
 */
export function embedJson(value: unknown): string {
  return (JSON.stringify(value) ?? 'null').replace(
    /[<>&\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g,
    (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )
}
