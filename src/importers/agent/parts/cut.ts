// Keeps texts within `limits`; a cut is visible.

import { limits } from '../../../schema/tool-call.ts'

const mark = '…[cut]'

/** The first `max` characters, the mark included when something was cut. */
export function cutText(text: string, max: number): string {
  return text.length <= max ? text : text.slice(0, max - mark.length) + mark
}

export function cutCommand(text: string): string {
  return cutText(text, limits.commandChars)
}

export function cutOutput(text: string): string {
  return cutText(text, limits.outputChars)
}
