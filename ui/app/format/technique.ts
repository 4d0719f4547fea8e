// Links to technique pages: the only addresses outside that the page knows, made from ids that are held against a shape.

import { techniqueName } from '../../../src/exporters/attack-names.ts'

export interface Technique {
  readonly id: string
  readonly name: string | undefined
  readonly address: string
}

/** Undefined for what is no technique's id, whatever else it may be. */
export function techniqueOf(id: string): Technique | undefined {
  const attack = /^(T\d{4})(?:\.(\d{3}))?$/.exec(id)
  if (attack) {
    const path = attack[2] === undefined ? attack[1] : `${attack[1]}/${attack[2]}`
    return { id, name: techniqueName(id), address: `https://attack.mitre.org/techniques/${path}/` }
  }
  if (/^AML\.T\d{4}(?:\.\d{3})?$/.test(id)) {
    return { id, name: techniqueName(id), address: `https://atlas.mitre.org/techniques/${id}` }
  }
  return undefined
}
