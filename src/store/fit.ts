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
const rememberedMax = 256
const rememberedCharsMin = 24

export interface SecretHider {
  /** For texts that are likely to come again. */
  readonly whole: Redact
  /** For the beginning of a longer text, which must not be kept alive by it. */
  readonly part: Redact
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
export function secretHider(key: string): SecretHider {
  const fingerprint = (secret: string) =>
    `[secret:${createHmac('sha256', key).update(secret).digest('hex').slice(0, 10)}]`
  const part: Redact = (text) => hideSecrets(text, fingerprint)
  const known = new Map<string, string>()
  return {
    part,
    whole(text) {
      if (text.length < rememberedCharsMin) return part(text)
      let hidden = known.get(text)
      if (hidden !== undefined) return hidden
      hidden = part(text)
      if (known.size >= rememberedMax) known.clear()
      known.set(text, hidden)
      return hidden
    },
  }
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
  const max = limits.textCharsMax
  if (text.length <= max) return hider.whole(text)
  cuts.push({ field, length: text.length, sha256: createHash('sha256').update(text).digest('hex') })
  const shown = hider.part(text.slice(0, max + redactMarginChars)).slice(0, max)
  // Half of a surrogate pair is no text.
  return `${shown.replace(/[\ud800-\udbff]$/, '')}…[cut]`
}
