// ROLL's pipeline YAML: where rollouts are dumped. Only an absolute path is written to; a relative one is ignored silently.
//
//   rollout_dump_dir: ./output/rollout_dump

import { defineSettings, fieldAt, isNull, textAt } from '../settings-api.ts'

export const rollSettings = defineSettings({
  product: 'ROLL',
  recognises: ({ documents: [first] }) =>
    fieldAt(first, 'rollout_dump_dir') !== undefined ||
    (fieldAt(first, 'actor_train') !== undefined && fieldAt(first, 'actor_infer') !== undefined),
  read({ documents: [first] }, say) {
    const field = fieldAt(first, 'rollout_dump_dir')
    const path = textAt(first, 'rollout_dump_dir')
    const none = isNull(path)
    const works =
      !none && (path!.startsWith('/') || /^(?:oss|s3|gs|hdfs):\/\//.test(path!) || path!.startsWith('${'))
    say(field?.line ?? 0, field ? `rollout_dump_dir: ${path ?? ''}` : 'rollout_dump_dir is not set', {
      about: 'dump',
      path: none ? null : path!,
      works,
    })
  },
})
