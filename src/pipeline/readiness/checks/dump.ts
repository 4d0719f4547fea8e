import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { settingEvidence } from '../words.ts'

const fixes: Readonly<Record<string, string>> = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: OmegaConf fills it in.
  ROLL: 'rollout_dump_dir: /data/rollouts/${exp_name}',
  verl: 'trainer.rollout_data_dir=/data/rollouts/RUN',
  environment: 'ROCK_MODEL_SERVICE_TRAJ_APPEND_MODE=true',
}

export const dump = defineCheck({
  id: 'trace.dump',
  question: 'Are rollouts written at all?',
  judged:
    'From the configuration of the trainer: ROLL writes only to an absolute path and says nothing when it does not, verl only where a folder is set, ROCK keeps only the last call unless told to append.',
  look({ settings }) {
    const known = settingsOf(settings, 'dump')
    if (known.length === 0) return undefined
    const broken = known.filter(({ works }) => !works)
    if (broken.length === 0)
      return { verdict: 'good', found: `To ${known[0]!.path}.`, evidence: settingEvidence(known) }
    const [first] = broken
    const relative = first!.product === 'ROLL' && first!.path !== null
    return {
      verdict: 'missing',
      found: relative
        ? `No: ${first!.path} is a relative path, and ROLL then writes nothing, silently.`
        : `No: ${first!.text}.`,
      cost: 'No rollout of any step is kept: an alarm cannot be tied to an episode, whatever the network says.',
      todo: broken.flatMap(({ product, file }) => {
        const config = fixes[product] ?? fixes.environment
        return config === undefined
          ? []
          : [{ do: 'Have them written, to a place that is named whole.', where: file, config }]
      }),
      evidence: settingEvidence(broken),
    }
  },
})
