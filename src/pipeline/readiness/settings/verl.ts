// verl: rollouts are dumped only where `trainer.rollout_data_dir` is set, in YAML or on the command line.
//
//   trainer:
//     rollout_data_dir: null
//   python3 -m verl.trainer.main_ppo … trainer.rollout_data_dir=/data/rollouts

import { defineSettings, fieldAt, hasLine, isNull, textAt } from '../settings-api.ts'

const argument = /\btrainer\.rollout_data_dir=("[^"]*"|'[^']*'|\S+)/

export const verlSettings = defineSettings({
  product: 'verl',
  recognises: (config) =>
    (fieldAt(config.documents[0], 'trainer') !== undefined &&
      fieldAt(config.documents[0], 'actor_rollout_ref') !== undefined) ||
    hasLine(config, /^[^#]*\bverl\.trainer\.main_/),
  read({ documents: [first], lines }, say) {
    const field = fieldAt(first, 'trainer', 'rollout_data_dir')
    const inYaml = first?.kind === 'map'
    const at = lines.findIndex((line) => argument.test(line.replace(/^#.*/, '')))
    const told = argument.exec(lines[at] ?? '')?.[1]?.replace(/^["']|["']$/g, '')
    const path = told ?? textAt(first, 'trainer', 'rollout_data_dir')
    const none = isNull(path)
    const line = inYaml ? (field?.line ?? fieldAt(first, 'trainer')?.line ?? 0) : at + 1
    say(line, none ? 'trainer.rollout_data_dir is not set' : `trainer.rollout_data_dir: ${path}`, {
      about: 'dump',
      path: none ? null : path!,
      works: !none,
    })
  },
})
