import { defineCheck } from '../api.ts'
import { settingsOf } from '../setting.ts'
import { evidence, names, percent, settingEvidence } from '../words.ts'

/** Written by the agent's own process, where whoever runs as the agent may write. */
const inSandbox: ReadonlySet<string> = new Set([
  'claude-code',
  'codex',
  'gemini-cli',
  'qwen-code',
  'rock-llm-service',
  'rock-llm-traj',
])

export const outside = defineCheck({
  id: 'trace.outside',
  question: "Are traces written out of the agent's reach?",
  judged:
    "By formats that the agent's own process writes, and log folders that a sandbox is given: good when at least half of the calls come from elsewhere and no folder is lost with the sandbox; missing when a folder is; weak otherwise.",
  look({ traces, settings }) {
    const folders = settingsOf(settings, 'inside')
    const lost = folders.filter(({ outlives }) => !outlives)
    if (!traces && folders.length === 0) return undefined
    const own = (traces?.sources ?? []).filter(({ format }) => inSandbox.has(format))
    const inside = own.reduce((sum, { calls }) => sum + calls, 0)
    const calls = traces?.calls ?? 0
    if (folders.length === 0 && inside <= 0.5 * calls)
      return {
        verdict: 'good',
        found: `${percent(calls - inside, calls)} of ${calls} calls were recorded from outside.`,
      }
    const said = [
      ...(inside > 0
        ? [
            `${percent(inside, calls)} of the calls stand in ${names([...new Set(own.map(({ format }) => format))])} records, which the agent's own user writes`,
          ]
        : []),
      ...(lost.length > 0
        ? [`${names(lost.map(({ path }) => path))} ${lost.length === 1 ? 'is' : 'are'} lost with the sandbox`]
        : []),
      ...(folders.length > lost.length
        ? [
            `${names(folders.filter(({ outlives }) => outlives).map(({ path }) => path))} can be written by the agent`,
          ]
        : []),
    ]
    return {
      verdict: lost.length > 0 ? 'missing' : 'weak',
      found: `${said.join('; ')}.`,
      cost: 'An agent that wants to hide a call can delete or rewrite its line; what stays is a claim, not evidence.',
      todo: [
        {
          do: 'Record where the agent cannot write: the model proxy, the executor, or a collector outside.',
          where: "the agent's environment",
          config: 'OTEL_EXPORTER_OTLP_ENDPOINT=http://collector.example.com:4318',
        },
        ...(lost.length > 0
          ? [
              {
                do: 'At least let the folder outlive the sandbox.',
                where: lost[0]!.file,
                config: `volumes:\n  - ./traces:${lost[0]!.path}`,
              },
            ]
          : []),
      ],
      evidence: [
        ...settingEvidence(folders),
        ...own.slice(0, 3).map(({ path, format }) => evidence(path, null, format)),
      ],
    }
  },
})
