// suricata.yaml: which records EVE writes.
//
//   outputs:
//     - eve-log:
//         enabled: yes
//         types: [ alert, { dns: { enabled: yes } }, tls, flow ]

import type { YamlNode } from '../../../base/yaml.ts'
import { defineSettings, fieldAt, fieldsAt, isOn, itemsAt, textAt } from '../settings-api.ts'

const outputs = ['flow', 'dns', 'tls', 'alert'] as const

export const suricataSettings = defineSettings({
  product: 'Suricata',
  recognises: ({ documents: [first] }) =>
    itemsAt(first, 'outputs').some((item) => fieldAt(item, 'eve-log') !== undefined),
  read({ documents: [first] }, say) {
    const types = new Map<string, number>()
    let at = 0
    let enabled = false
    for (const item of itemsAt(first, 'outputs')) {
      const eve = fieldAt(item, 'eve-log')
      if (eve === undefined) continue
      if (at === 0) at = eve.line
      if (textAt(eve.value, 'enabled') !== undefined && !isOn(textAt(eve.value, 'enabled'))) continue
      enabled = true
      for (const type of itemsAt(eve.value, 'types'))
        for (const [name, line] of typesOf(type)) types.set(name, line)
    }
    for (const output of outputs) {
      const line = types.get(output) ?? (output === 'flow' ? types.get('netflow') : undefined)
      const on = enabled && line !== undefined
      say(line ?? at, on ? `eve-log types: ${output}` : `eve-log does not write ${output} records`, {
        about: 'output',
        output,
        on,
      })
    }
  },
})

function typesOf(type: YamlNode): [string, number][] {
  if (type.kind === 'text') return [[type.text, type.line]]
  return fieldsAt(type)
    .filter(([, { value }]) => textAt(value, 'enabled') === undefined || isOn(textAt(value, 'enabled')))
    .map(([name, { line }]) => [name, line])
}
