// docker inspect: a container's network, mounts and variables.
//
//   [ { "Id": "…", "Name": "/sandbox", "HostConfig": { "NetworkMode": "host", "AutoRemove": true },
//       "Mounts": [ { "Destination": "/logs" } ], "Config": { "Env": [ "TRAJ_DIR=/logs" ] } } ]

import type { YamlNode } from '../../../base/yaml.ts'
import { defineSettings, fieldAt, itemsAt, textAt } from '../settings-api.ts'
import { sayVariables, variableOf } from '../settings-environment.ts'

const containersMax = 500

export const dockerSettings = defineSettings({
  product: 'Docker',
  recognises: ({ documents }) => documents.some((document) => containersOf(document).length > 0),
  read({ documents }, say) {
    for (const container of documents.flatMap(containersOf).slice(0, containersMax)) {
      const who = (textAt(container, 'Name') ?? textAt(container, 'Id') ?? '').replace(/^\//, '')
      const on = textAt(container, 'HostConfig', 'NetworkMode') === 'host'
      const mode = fieldAt(container, 'HostConfig', 'NetworkMode')
      say(
        mode?.line ?? container.line,
        `"NetworkMode": "${textAt(container, 'HostConfig', 'NetworkMode') ?? ''}"`,
        {
          about: 'host-network',
          who,
          on,
        },
      )
      const variables = itemsAt(container, 'Config', 'Env').flatMap(
        (item) => variableOf(textAt(item) ?? '', item.line) ?? [],
      )
      const mounts = itemsAt(container, 'Mounts').flatMap((mount) => textAt(mount, 'Destination') ?? [])
      sayVariables(variables, mounts, say)
    }
  },
})

function containersOf(document: YamlNode): YamlNode[] {
  const list = document.kind === 'list' ? document.items : [document]
  return list.filter(
    (item) =>
      fieldAt(item, 'HostConfig', 'NetworkMode') !== undefined && fieldAt(item, 'Config') !== undefined,
  )
}
