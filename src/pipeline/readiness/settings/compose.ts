// Docker compose: whose network a service has, where its logs go, what survives it.
//
//   services:
//     sandbox:
//       network_mode: host
//       environment: [ "TRAJ_DIR=/var/log/agent" ]
//       volumes: [ "./logs:/var/log/agent" ]

import type { YamlNode } from '../../../base/yaml.ts'
import { defineSettings, fieldAt, fieldsAt, itemsAt, textAt } from '../settings-api.ts'
import { sayVariables, type Variable, variableOf } from '../settings-environment.ts'

export const composeSettings = defineSettings({
  product: 'Docker compose',
  recognises: ({ documents: [first] }) =>
    fieldsAt(first, 'services').some(([, { value }]) => fieldAt(value, 'image') ?? fieldAt(value, 'build')),
  read({ documents: [first] }, say) {
    for (const [name, { value: service, line }] of fieldsAt(first, 'services')) {
      const mode = fieldAt(service, 'network_mode')
      const on = textAt(service, 'network_mode') === 'host'
      say(mode?.line ?? line, on ? 'network_mode: host' : `${name} has a network of its own`, {
        about: 'host-network',
        who: name,
        on,
      })
      sayVariables(variablesOf(service), mountsOf(service), say)
      const driver = fieldAt(service, 'logging', 'driver')
      if (textAt(service, 'logging', 'driver') === 'none') {
        const what = `output of ${name}`
        say(driver!.line, 'logging: driver: none', { about: 'kept', side: 'trace', what, days: 0 })
      }
    }
  },
})

function variablesOf(service: YamlNode): Variable[] {
  return [
    ...itemsAt(service, 'environment').flatMap((item) => variableOf(textAt(item) ?? '', item.line) ?? []),
    ...fieldsAt(service, 'environment').map(([name, { value, line }]) => ({
      name,
      value: textAt(value) ?? '',
      line,
    })),
  ]
}

/** Folders inside that stand for folders outside, or for volumes that stay. */
function mountsOf(service: YamlNode): string[] {
  return itemsAt(service, 'volumes').flatMap((item) => {
    const target = item.kind === 'text' ? (item.text.split(':')[1] ?? '') : (textAt(item, 'target') ?? '')
    const lost = item.kind === 'map' && textAt(item, 'type') === 'tmpfs'
    return target.startsWith('/') && !lost ? [target] : []
  })
}
