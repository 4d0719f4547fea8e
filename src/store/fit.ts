// What is written of a line: secrets replaced, texts and lists within their limits, the cut ones named with their size.

import { createHash, createHmac } from 'node:crypto'
import { hideSecrets, type Redact } from '../base/secrets.ts'
import { type JournalCut, journalTextCharsMax } from '../schema/journal.ts'

/** Behind the limit so much more is looked at for secrets, so that none is cut in half and missed. */
const redactMarginChars = 2_048
const listMax = 256
const depthMax = 12
const cutsMax = 16

/** Names and numbers that we made ourselves, or that others are joined by: left as they are. */
const asTheyAre = new Set([
  'class',
  'activity',
  'box',
  'connection',
  'unit',
  'toolCall',
  'askedBy',
  'tier',
  'ip',
])

/** Texts seen before: a process's command line comes with each of its connections. */
const knownMax = 256
const knownCharsMin = 24
/** Long ones are megabytes, and as costly to look at. */
const knownLongMax = 8

export interface SecretHider {
  readonly whole: Redact
  /** The beginning of a text that is too long, and the hash of it all. */
  beginning(text: string, chars: number): Beginning
}

interface Beginning {
  readonly shown: string
  readonly sha256: string
}

export interface FitLimits {
  readonly textCharsMax: number
  readonly listMax: number
}

/** Tighter and tighter, for lines that are still too long. */
export const tighterLimits: readonly FitLimits[] = [
  { textCharsMax: journalTextCharsMax, listMax },
  { textCharsMax: 2_048, listMax: 64 },
  { textCharsMax: 512, listMax: 16 },
  { textCharsMax: 128, listMax: 4 },
]

/** Replaces secrets by fingerprints under a key of this recording: equal secrets show, and nothing else does. */
export function secretsUnder(key: string): Redact {
  const fingerprint = (secret: string) =>
    `[secret:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 10)}]`
  return (text) => hideSecrets(text, fingerprint)
}

/** Remembers what was hidden in the texts that came last, because whoever is watched decides how long it takes. */
export function secretHider(redact: Redact): SecretHider {
  const known = new Map<string, string>()
  const knownLong = new Map<string, Beginning>()
  return {
    whole(text) {
      return text.length < knownCharsMin
        ? redact(text)
        : remembered(known, text, knownMax, () => redact(text))
    },
    beginning(text, chars) {
      const long = remembered(knownLong, text, knownLongMax, () => ({
        shown: redact(text.slice(0, journalTextCharsMax + redactMarginChars)).slice(0, journalTextCharsMax),
        sha256: createHash('sha256').update(text).digest('hex'),
      }))
      // Half of a surrogate pair is no text.
      return { ...long, shown: `${long.shown.slice(0, chars).replace(/[\ud800-\udbff]$/, '')}…[cut]` }
    },
  }
}

function remembered<T>(known: Map<string, T>, text: string, max: number, make: () => T): T {
  let value = known.get(text)
  if (value !== undefined) return value
  value = make()
  if (known.size >= max) known.clear()
  known.set(text, value)
  return value
}

/** The line as it may be stored. What needs no change is shared with the line that was given. */
export function fitLine<T extends object>(
  line: T,
  hider: SecretHider,
  limits: FitLimits = tighterLimits[0]!,
): T & { cut?: readonly JournalCut[] } {
  const cuts: JournalCut[] = []
  const fitted = fitValue(line, '', { hider, limits, cuts }, 0) as T
  return cuts.length === 0 ? fitted : { ...fitted, cut: cuts.slice(0, cutsMax) }
}

interface Fitting {
  readonly hider: SecretHider
  readonly limits: FitLimits
  readonly cuts: JournalCut[]
}

function fitValue(value: unknown, field: string, fitting: Fitting, depth: number): unknown {
  if (typeof value === 'string') return fitText(value, field, fitting)
  if (typeof value !== 'object' || value === null) return value
  if (depth >= depthMax) {
    fitting.cuts.push({ field, length: 1 })
    return null
  }
  return Array.isArray(value)
    ? fitList(value, field, fitting, depth)
    : fitObject(value, field, fitting, depth)
}

function fitObject(value: object, field: string, fitting: Fitting, depth: number): object {
  let changed: Record<string, unknown> | undefined
  for (const [key, member] of Object.entries(value)) {
    if (typeof member !== 'string' && (typeof member !== 'object' || member === null)) continue
    if (typeof member === 'string' && asTheyAre.has(key) && member.length <= fitting.limits.textCharsMax)
      continue
    const fitted = fitValue(member, field === '' ? key : `${field}.${key}`, fitting, depth + 1)
    if (fitted === member) continue
    changed ??= { ...value }
    changed[key] = fitted
  }
  return changed ?? value
}

function fitList(
  value: readonly unknown[],
  field: string,
  fitting: Fitting,
  depth: number,
): readonly unknown[] {
  const { listMax: max } = fitting.limits
  if (value.length > max) fitting.cuts.push({ field, length: value.length })
  let changed = value.length > max ? value.slice(0, max) : undefined
  for (let i = 0; i < Math.min(value.length, max); i++) {
    const fitted = fitValue(value[i], `${field}.${i}`, fitting, depth + 1)
    if (fitted === value[i]) continue
    changed ??= value.slice()
    changed[i] = fitted
  }
  return changed ?? value
}

function fitText(text: string, field: string, { hider, limits, cuts }: Fitting): string {
  if (text.length <= limits.textCharsMax) return hider.whole(text)
  const { shown, sha256 } = hider.beginning(text, limits.textCharsMax)
  cuts.push({ field, length: text.length, sha256 })
  return shown
}
