// Single keys: `g` and a letter goes to a view, `/` to the filter, `?` shows what there is.

import { useEffect } from 'react'
import { go } from '../routing/navigate.ts'
import { isSourceView, type View } from '../routing/place.ts'
import { currentSettings } from '../state/settings.ts'

export const jumps: Readonly<Record<string, View>> = {
  o: 'overview',
  s: 'sources',
  r: 'run',
  i: 'incidents',
  a: 'alarms',
  t: 'timeline',
  e: 'episodes',
  n: 'egress',
  q: 'query',
  c: 'coverage',
  x: 'contain',
}

const secondKeyMs = 1_500

/** `source`: where a jump leads; without one only what is about all of them is in reach. */
export function useKeys(source: string | undefined, showHelp: () => void): void {
  useEffect(() => {
    // Long ago: just after the page was loaded, its clock is near zero.
    let afterG = Number.NEGATIVE_INFINITY
    const onKey = (event: KeyboardEvent) => {
      if (!currentSettings().keys || event.ctrlKey || event.metaKey || event.altKey) return
      if (isTyping(event.target) || document.querySelector('dialog[open]')) return
      const isSecond = event.timeStamp - afterG < secondKeyMs
      afterG = Number.NEGATIVE_INFINITY
      if (isSecond) {
        const view = jumps[event.key]
        if (!view) return
        if (!isSourceView(view)) go({ view })
        else if (source !== undefined) go({ view, source })
        else return
      } else if (event.key === 'g') afterG = event.timeStamp
      else if (event.key === '?') showHelp()
      else if (event.key === '/') {
        const filter = document.querySelector<HTMLElement>('main [data-filter]')
        if (!filter) return
        filter.focus()
      } else return
      event.preventDefault()
      event.stopPropagation()
    }
    // Before the timeline, which has keys of its own, sees the second one.
    document.addEventListener('keydown', onKey, true)
    return () => document.removeEventListener('keydown', onKey, true)
  }, [source, showHelp])
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || /^(?:INPUT|TEXTAREA|SELECT)$/.test(target.tagName))
  )
}
