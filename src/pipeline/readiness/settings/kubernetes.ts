// Kubernetes: pods, and what makes pods. Whose network, where logs go, what survives the pod.
//
//   kind: Pod
//   spec:
//     hostNetwork: true
//     containers: [ { env: [ { name: TRAJ_DIR, value: /logs } ], volumeMounts: [ { name: logs, mountPath: /logs } ] } ]
//     volumes: [ { name: logs, emptyDir: {} } ]

import type { YamlNode } from '../../../base/yaml.ts'
import { defineSettings, fieldAt, isOn, itemsAt, mapsIn, textAt } from '../settings-api.ts'
import { sayVariables } from '../settings-environment.ts'

const podsMax = 500

export const kubernetesSettings = defineSettings({
  product: 'Kubernetes',
  recognises: ({ documents }) =>
    documents.some((document) => fieldAt(document, 'apiVersion') && fieldAt(document, 'kind')) &&
    documents.some((document) => podSpecs(document).length > 0),
  read({ documents }, say) {
    for (const spec of documents.flatMap(podSpecs).slice(0, podsMax)) {
      const host = fieldAt(spec, 'hostNetwork')
      const on = isOn(textAt(spec, 'hostNetwork'))
      const who = textAt(itemsAt(spec, 'containers')[0], 'name') ?? 'pod'
      say(host?.line ?? spec.line, on ? 'hostNetwork: true' : `${who} has an address of its own`, {
        about: 'host-network',
        who,
        on,
      })
      const gone = new Set(
        itemsAt(spec, 'volumes')
          .filter((volume) => fieldAt(volume, 'emptyDir') !== undefined)
          .map((volume) => textAt(volume, 'name')),
      )
      for (const container of itemsAt(spec, 'containers')) {
        const mounts = itemsAt(container, 'volumeMounts')
          .filter((mount) => !gone.has(textAt(mount, 'name')))
          .flatMap((mount) => textAt(mount, 'mountPath') ?? [])
        const variables = itemsAt(container, 'env').map((item) => ({
          name: textAt(item, 'name') ?? '',
          value: textAt(item, 'value') ?? '',
          line: item.line,
        }))
        sayVariables(variables, mounts, say)
      }
    }
  },
})

/** Specs of pods, also those in templates and lists. */
function podSpecs(document: YamlNode): YamlNode[] {
  return mapsIn(document).flatMap((map) => {
    const spec = map.fields.get('spec')?.value
    return spec && itemsAt(spec, 'containers').length > 0 ? [spec] : []
  })
}
