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

/** The line as it may be stored. What needs no change is shared with the line that was given. `without`: a member that is left as it is. */
export function fitLine<T extends object>(
  line: T,
  hider: SecretHider,
  limits: FitLimits = tighterLimits[0]!,
  without?: string,
): T & { cut?: readonly JournalCut[] } {
  const cuts: JournalCut[] = []
  const fitted = fitObject(line, { hider, limits, cuts, path: [] }, without) as T
  return cuts.length === 0 ? fitted : { ...fitted, cut: cuts.slice(0, cutsMax) }
}

interface Fitting {
  readonly hider: SecretHider
  readonly limits: FitLimits
  readonly cuts: JournalCut[]
  /** Names and places of lists that lead to the value at hand. */
  readonly path: (string | number)[]
}

function fitValue(value: unknown, fitting: Fitting): unknown {
  if (typeof value === 'string') return fitText(value, fitting)
  if (typeof value !== 'object' || value === null) return value
  if (fitting.path.length >= depthMax) {
    cut(fitting, 1)
    return null
  }
  return Array.isArray(value) ? fitList(value, fitting) : fitObject(value, fitting)
}

function fitObject(value: object, fitting: Fitting, without?: string): object {
  const members = value as Readonly<Record<string, unknown>>
  let changed: Record<string, unknown> | undefined
  for (const key of Object.keys(members)) {
    const member = members[key]
    if (typeof member !== 'string' && (typeof member !== 'object' || member === null)) continue
    if (key === without) continue
    if (typeof member === 'string' && asTheyAre.has(key) && member.length <= fitting.limits.textCharsMax)
      continue
    fitting.path.push(key)
    const fitted = fitValue(member, fitting)
    fitting.path.pop()
    if (fitted === member) continue
    changed ??= { ...members }
    changed[key] = fitted
  }
  return changed ?? value
}

function fitList(value: readonly unknown[], fitting: Fitting): readonly unknown[] {
  const { listMax: max } = fitting.limits
  if (value.length > max) cut(fitting, value.length)
  let changed = value.length > max ? value.slice(0, max) : undefined
  for (let i = 0; i < Math.min(value.length, max); i++) {
    fitting.path.push(i)
    const fitted = fitValue(value[i], fitting)
    fitting.path.pop()
    if (fitted === value[i]) continue
    changed ??= value.slice()
    changed[i] = fitted
  }
  return changed ?? value
}

function fitText(text: string, fitting: Fitting): string {
  const { hider, limits } = fitting
  if (text.length <= limits.textCharsMax) return hider.whole(text)
  const { shown, sha256 } = hider.beginning(text, limits.textCharsMax)
  cut(fitting, text.length, sha256)
  return shown
}

function cut({ cuts, path }: Fitting, length: number, sha256?: string): void {
  cuts.push({ field: path.join('.'), length, ...(sha256 !== undefined && { sha256 }) })
}
