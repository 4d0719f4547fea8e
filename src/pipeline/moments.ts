// Moments and windows as they are typed on the command line.

import { OperatorError } from '../base/errors.ts'
import { parseIso } from '../base/time.ts'

/** A window as typed: `START/END`, ISO with a zone. Throws OperatorError (usage). */
export function parseWindow(option: string, text: string): { fromUs: number; toUs: number } {
  const [from, to, more] = text.split('/')
  const start = parseMoment(option, from ?? '')
  const end = parseMoment(option, to ?? '')
  if (more !== undefined || end <= start) {
    throw new OperatorError('usage', {
      what: `${option} wants START/END with START before END; got ${text}`,
      fix: `For example: ${option} 2026-11-24T01:00:00Z/2026-11-24T02:00:00Z`,
    })
  }
  return { fromUs: start, toUs: end }
}

export function parseMoment(option: string, text: string): number {
  const time =
    parseIso(text) ??
    parseIso(`${text}T00:00:00Z`) ??
    parseIso(text.replace(/^(\S{10}.\d\d:\d\d)(Z|[+-].*)?$/, '$1:00$2'))
  if (!time) {
    throw new OperatorError('usage', {
      what: `${option} wants an ISO 8601 time; got ${text}`,
      fix: `For example: ${option} 2026-11-24T03:14:00Z (a time without a zone is read as UTC)`,
    })
  }
  return time.us
}
