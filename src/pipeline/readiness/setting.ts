// What a configuration says about what will be known of an alarm.

export const settingOutputs = ['flow', 'dns', 'tls', 'alert', 'nat'] as const

interface Origin {
  readonly product: string
  readonly file: string
  /** Of the key, or of what it is missing from. */
  readonly line: number
  /** The line as it would be written: `cleanupPeriodDays: 30`. */
  readonly text: string
}

export type SettingFact =
  /** A sandbox has its machine's network and addresses. */
  | { readonly about: 'host-network'; readonly who: string; readonly on: boolean }
  /** Where rollouts are written; `path` null when nowhere. */
  | { readonly about: 'dump'; readonly path: string | null; readonly works: boolean }
  /** How long records stay; `days` null for ever, 0 when they are never written. */
  | {
      readonly about: 'kept'
      readonly side: 'log' | 'trace'
      readonly what: string
      readonly days: number | null
    }
  | { readonly about: 'output'; readonly output: (typeof settingOutputs)[number]; readonly on: boolean }
  /** Records stand for windows of so many seconds. */
  | { readonly about: 'window'; readonly seconds: number }
  /** A log is written where the agent can write: kept when the sandbox goes, or lost with it. */
  | { readonly about: 'inside'; readonly path: string; readonly outlives: boolean }
  /** Whether tools' arguments stand in the traces. */
  | { readonly about: 'content'; readonly on: boolean }
  | { readonly about: 'stamps'; readonly seconds: boolean; readonly naive: boolean }
  /** Whether connections that are let through are logged too. */
  | { readonly about: 'allowed'; readonly on: boolean }
  /** Whether connections carry the time at which they began. */
  | { readonly about: 'nat-times'; readonly on: boolean }

export type Setting = Origin & SettingFact

/** Settings of one kind. */
export function settingsOf<A extends SettingFact['about']>(
  settings: readonly Setting[],
  about: A,
): (Origin & Extract<SettingFact, { about: A }>)[] {
  return settings.filter((s): s is Origin & Extract<SettingFact, { about: A }> => s.about === about)
}
