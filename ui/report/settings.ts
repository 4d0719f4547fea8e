// What the reader chose: time zone and theme. Kept for this page only; a file from disk should leave no trace.

import { parseIso } from '../../src/base/time.ts'
import { momentText } from '../timeline/time-text.ts'
import type { Zone } from '../timeline/types.ts'
import { byId, h } from './dom.ts'

type Listener = () => void
const listeners: Listener[] = []
let zone: Zone = 'utc'

export function currentZone(): Zone {
  return zone
}

/** Called after the zone or the theme changed. */
export function onSettings(listener: Listener): void {
  listeners.push(listener)
}

/** A moment that follows the choice of zone. */
export function when(iso: string, digits = 3): HTMLElement {
  const element = h('time', { datetime: iso, 'data-digits': digits })
  write(element)
  return element
}

export function usOf(iso: string | null): number {
  return (iso === null ? undefined : parseIso(iso)?.us) ?? Number.NaN
}

export function mountSettings(): void {
  const zoneSelect = byId('zone')
  zoneSelect?.addEventListener('change', () => {
    zone = zoneSelect instanceof HTMLSelectElement && zoneSelect.value === 'local' ? 'local' : 'utc'
    writeMoments(document)
    tell()
  })
  const themeSelect = byId('theme')
  themeSelect?.addEventListener('change', () => {
    const value = themeSelect instanceof HTMLSelectElement ? themeSelect.value : 'auto'
    if (value === 'auto') delete document.documentElement.dataset.theme
    else document.documentElement.dataset.theme = value
    tell()
  })
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', tell)
}

/** Rewrites the moments below `root` in the chosen zone. */
export function writeMoments(root: ParentNode): void {
  for (const element of root.querySelectorAll<HTMLElement>('time[datetime]')) write(element)
}

function tell(): void {
  for (const listener of listeners) listener()
}

function write(element: HTMLElement): void {
  const iso = element.getAttribute('datetime') ?? ''
  const us = usOf(iso)
  if (Number.isNaN(us)) element.textContent = iso
  else element.textContent = momentText(us, zone, Number(element.dataset.digits ?? 3))
}
