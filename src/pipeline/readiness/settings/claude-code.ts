// Claude Code's settings.json: how long transcripts stay, and what its telemetry says of a call.
//
//   { "cleanupPeriodDays": 7, "env": { "CLAUDE_CODE_ENABLE_TELEMETRY": "1", "OTEL_LOG_TOOL_DETAILS": "1" } }
// 30 days when it is not said. With 0 no transcript is written at all.

import { defineSettings, fieldAt, fieldsAt, textAt } from '../settings-api.ts'

const words = ['cleanupPeriodDays', 'permissions', 'hooks', 'env', 'enabledPlugins', 'apiKeyHelper']
const daysDefault = 30

export const claudeCodeSettings = defineSettings({
  product: 'Claude Code',
  recognises({ path, documents: [first] }) {
    const name = /(?:^|\/)(?:managed-)?settings(?:\.local)?\.json$/.test(path)
    const own = fieldAt(first, 'cleanupPeriodDays') !== undefined || path.includes('.claude/')
    return name && (own || words.filter((word) => fieldAt(first, word)).length >= 2)
  },
  read({ documents: [first], path }, say) {
    const field = fieldAt(first, 'cleanupPeriodDays')
    const days = Number(textAt(first, 'cleanupPeriodDays') ?? daysDefault)
    // A project's settings say nothing of what its user's say.
    if (field !== undefined || !path.endsWith('.local.json')) {
      const text = field
        ? `"cleanupPeriodDays": ${days}`
        : `cleanupPeriodDays is not set: ${daysDefault} days`
      const kept = Number.isFinite(days) ? days : daysDefault
      say(field?.line ?? 0, text, { about: 'kept', side: 'trace', what: 'transcripts', days: kept })
    }
    const env = new Map(fieldsAt(first, 'env'))
    const telemetry = env.get('CLAUDE_CODE_ENABLE_TELEMETRY')
    if (telemetry === undefined || textAt(telemetry.value) !== '1') return
    const details = env.get('OTEL_LOG_TOOL_DETAILS')
    const on = details !== undefined && /^(?:1|true)$/i.test(textAt(details.value) ?? '')
    say(
      (details ?? telemetry).line,
      on ? 'OTEL_LOG_TOOL_DETAILS=1' : 'telemetry without OTEL_LOG_TOOL_DETAILS',
      {
        about: 'content',
        on,
      },
    )
  },
})
