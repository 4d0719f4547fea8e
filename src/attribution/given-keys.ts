// Keys of the rows as they were given, from those of the rows in canonical order.

import type { Keys } from './keys.ts'

/** `order[k]`: where row k was given. */
export function keysAsGiven(keys: Keys, eventOrder: Uint32Array, callOrder: Uint32Array): Keys {
  const eventGroup = new Int32Array(eventOrder.length)
  const reach = new Uint8Array(eventOrder.length)
  const source = new Uint8Array(eventOrder.length)
  for (let k = 0; k < eventOrder.length; k++) {
    const i = eventOrder[k]!
    eventGroup[i] = keys.eventGroup[k]!
    reach[i] = keys.reach[k]!
    source[i] = keys.source[k]!
  }
  const callBox = new Uint32Array(callOrder.length)
  for (let k = 0; k < callOrder.length; k++) callBox[callOrder[k]!] = keys.callBox[k]!
  return { ...keys, eventGroup, reach, source, callBox }
}
