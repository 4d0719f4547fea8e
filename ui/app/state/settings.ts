// What the reader chose: zone, theme, signals. Kept in this browser.

import { createStore, useStore } from './store.ts'

export interface Settings {
  /** `UTC`, `local`, or an IANA name. */
  readonly zone: string
  readonly theme: 'system' | 'light' | 'dark'
  /** A tone on a new critical finding. */
  readonly sound: boolean
  /** A desktop notification on a new critical finding. */
  readonly desktop: boolean
  /** Single keys as shortcuts. */
  readonly keys: boolean
}

export const defaultSettings: Settings = {
  zone: 'UTC',
  theme: 'system',
  sound: false,
  desktop: false,
  keys: true,
}

const storageKey = 'vigiles.settings'
const store = createStore(read())

export function useSettings(): Settings {
  return useStore(store)
}

export function currentSettings(): Settings {
  return store.get()
}

export function changeSettings(change: Partial<Settings>): void {
  store.set({ ...store.get(), ...change })
  try {
    localStorage.setItem(storageKey, JSON.stringify(store.get()))
  } catch {
    // A browser that keeps nothing: the choice holds as long as the page.
  }
  showTheme()
}

export function showTheme(): void {
  const { theme } = store.get()
  if (theme === 'system') delete document.documentElement.dataset.theme
  else document.documentElement.dataset.theme = theme
}

function read(): Settings {
  try {
    return settingsOf(JSON.parse(localStorage.getItem(storageKey) ?? '{}'))
  } catch {
    return defaultSettings
  }
}

/** What of a stored value makes sense; the default for the rest. */
export function settingsOf(value: unknown): Settings {
  if (typeof value !== 'object' || value === null) return defaultSettings
  const given = value as Record<string, unknown>
  const flag = (name: 'sound' | 'desktop' | 'keys') =>
    typeof given[name] === 'boolean' ? given[name] : defaultSettings[name]
  return {
    zone: typeof given.zone === 'string' && isZone(given.zone) ? given.zone : defaultSettings.zone,
    theme: given.theme === 'light' || given.theme === 'dark' ? given.theme : 'system',
    sound: flag('sound'),
    desktop: flag('desktop'),
    keys: flag('keys'),
  }
}

/** Whether this browser knows a time zone of that name. */
export function isZone(name: string): boolean {
  if (name === 'UTC' || name === 'local') return true
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
