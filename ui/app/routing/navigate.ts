// Where the page is, as something components can follow, and how it goes elsewhere without loading anew.

import { useCallback, useSyncExternalStore } from 'react'
import { addressOf, type Params, type Place, placeOf } from './place.ts'
import { type Range, rangeOf } from './range.ts'

const changed = 'vigiles:place'

let lastAddress: string | undefined
let lastPlace: Place | undefined

/** The place now; undefined for an address that leads nowhere. The same object as long as the address stays. */
function currentPlace(): Place | undefined {
  const address = location.pathname + location.search
  if (address !== lastAddress) {
    lastAddress = address
    lastPlace = placeOf(location.pathname, location.search)
  }
  return lastPlace
}

function subscribe(listener: () => void): () => void {
  addEventListener('popstate', listener)
  addEventListener(changed, listener)
  return () => {
    removeEventListener('popstate', listener)
    removeEventListener(changed, listener)
  }
}

export function usePlace(): Place | undefined {
  return useSyncExternalStore(subscribe, currentPlace)
}

/** `replace`: without a step in the history, for filters that change with every key. */
export function go(place: Place, how: 'push' | 'replace' = 'push'): void {
  const address = addressOf(withRange(place))
  if (address === location.pathname + location.search) return
  if (how === 'push') history.pushState(null, '', address)
  else history.replaceState(null, '', address)
  dispatchEvent(new Event(changed))
}

/** The chosen span of time goes along, as long as it is about the same source. */
export function withRange(place: Place): Place {
  const here = currentPlace()
  const { from, to } = here?.params ?? {}
  const { params = {} } = place
  if (place.source !== here?.source || from === undefined || to === undefined || 'from' in params)
    return place
  return { ...place, params: { ...params, from, to } }
}

/** One parameter of the address and how to change it; an empty text takes it out. */
export function useParam(name: string): [string, (value: string) => void] {
  const value = usePlace()?.params?.[name] ?? ''
  const set = useCallback((next: string) => setParams({ [name]: next }), [name])
  return [value, set]
}

export function setParams(params: Params): void {
  const here = currentPlace()
  if (here) go({ ...here, params: { ...here.params, ...params } }, 'replace')
}

export function useRange(): Range | undefined {
  return rangeOf(usePlace()?.params ?? {})
}

/** Chooses a span; `undefined` shows everything again. A step in the history: the way back is the back button. */
export function setRange(range: Range | undefined): void {
  const here = currentPlace()
  if (!here) return
  go({ ...here, params: { ...here.params, from: range?.from ?? '', to: range?.to ?? '' } })
}
