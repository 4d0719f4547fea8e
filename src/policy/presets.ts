// Sets of rules for common tools, one file each under presets/.

import type { PolicyRule } from '../schema/policy.ts'
import type { Preset } from './presets/api.ts'
import { presetRegistry } from './presets/registry.ts'

export const presets: readonly Preset[] = presetRegistry

export const presetNames: readonly string[] = presetRegistry.map(({ name }) => name)

/** The rules of a preset, empty for a name that is none. */
export function rulesOfPreset(name: string): readonly PolicyRule[] {
  const preset = presetRegistry.find((one) => one.name === name)
  return (preset?.hosts ?? []).map((host) => ({
    effect: 'allow',
    text: host.host,
    host: host.host.startsWith('*.')
      ? { kind: 'under', name: host.host.slice(2) }
      : { kind: 'name', name: host.host },
    ...(host.ports && { ports: host.ports.map((port) => ({ from: port, to: port })) }),
    ...(host.protocols && { protocols: host.protocols }),
    ...(host.methods && { methods: host.methods }),
    ...(host.paths && { paths: host.paths }),
    why: host.why,
    source: { preset: name },
  }))
}
