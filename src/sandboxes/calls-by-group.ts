// A control group for every call: the kernel itself marks each packet with the call that made its socket.

import type { Calls } from './calls.ts'
import { type ControlGroups, type GroupPlace, openBoxGroup } from './cgroups.ts'
import type { CallElement } from './rules.ts'
import { type NetworkEntry, tellNft } from './set-up.ts'
import { elementsOf, makeUnits, type Unit, unitPool } from './units.ts'

export interface GroupCalls {
  readonly group: ControlGroups
  /** What the rules must know before the first call. */
  readonly rules: { readonly level: number; readonly elements: readonly CallElement[] }
  readonly mount: string
  open(entry: NetworkEntry): Calls
}

/** Throws what mkdir throws where groups may not be made. */
export function prepareGroupCalls(place: GroupPlace, box: string): GroupCalls {
  const group = openBoxGroup(place, box)
  let first: Unit[]
  try {
    first = makeUnits(group, 1)
  } catch (error) {
    void group.close()
    throw error
  }
  return {
    group,
    rules: { level: group.callLevel, elements: elementsOf(first) },
    mount: place.mount,
    open(entry) {
      const units = unitPool(group, first, (text) => tellNft(entry, text, place.mount))
      return {
        by: 'cgroup',
        group,
        take: units.take,
        release: units.release,
        entryFiles: (unit) => [group.entryFile(unit.group)],
      }
    },
  }
}
