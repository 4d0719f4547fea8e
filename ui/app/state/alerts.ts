// New critical findings: a banner at once, and a tone and a desktop notification where they are switched on.

import { visible } from '../../../src/base/terminal.ts'
import type { LiveMessage } from '../../../src/server/api.ts'
import { currentSettings } from './settings.ts'
import { createStore, type Store } from './store.ts'

export type Finding = Extract<LiveMessage, { type: 'finding' }>

/** Shown at once; older ones make room. They stand in the overview all the same. */
const shownMax = 5
const toneEveryMs = 1_500

export const alerts: Store<readonly Finding[]> = createStore<readonly Finding[]>([])

/** Takes in a message of the live feed; anything but a new critical finding is passed over. */
export function alarm(message: LiveMessage): void {
  if (message.type !== 'finding' || message.severity !== 'critical') return
  const known = alerts.get().some(({ source, uid }) => source === message.source && uid === message.uid)
  if (known) return
  alerts.set([message, ...alerts.get()].slice(0, shownMax))
  const { sound, desktop } = currentSettings()
  if (sound) beep()
  if (desktop) notify(message)
}

export function dismiss(uid: string): void {
  alerts.set(alerts.get().filter((finding) => finding.uid !== uid))
}

let context: AudioContext | undefined
let lastTone = 0

/** Two short tones. Browsers allow them only after the page was clicked once, which switching them on is. */
export function beep(): void {
  const now = Date.now()
  if (now - lastTone < toneEveryMs) return
  lastTone = now
  try {
    context ??= new AudioContext()
    void context.resume()
    for (const [at, pitch] of [
      [0, 880],
      [0.18, 660],
    ] as const) {
      const start = context.currentTime + at
      const tone = context.createOscillator()
      const level = context.createGain()
      tone.frequency.value = pitch
      level.gain.setValueAtTime(0.0001, start)
      level.gain.exponentialRampToValueAtTime(0.2, start + 0.02)
      level.gain.exponentialRampToValueAtTime(0.0001, start + 0.15)
      tone.connect(level).connect(context.destination)
      tone.start(start)
      tone.stop(start + 0.16)
    }
  } catch {
    // No sound device: the banner says it.
  }
}

function notify(finding: Finding): void {
  if (!('Notification' in globalThis) || Notification.permission !== 'granted') return
  const note = new Notification('Critical finding', {
    body: visible(finding.title.slice(0, 300)),
    tag: finding.uid.slice(0, 100),
    icon: '/icon.svg',
  })
  note.onclick = () => focus()
}

/** Asks the browser for leave to notify; what it said. */
export async function askToNotify(): Promise<'granted' | 'denied' | 'impossible'> {
  if (!('Notification' in globalThis)) return 'impossible'
  return (await Notification.requestPermission()) === 'granted' ? 'granted' : 'denied'
}
