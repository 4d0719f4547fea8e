// Claude Code. `--settings` adds hooks to the user's own; events go out as OTLP when its variables say so.

import type { KnownAgent } from './api.ts'
import { copy, hookFile, hooksFor, otlpEnv } from './parts.ts'

const settings = '/run/vigiles/claude-settings.json'
const events = ['PreToolUse', 'PostToolUse', 'PostToolUseFailure']

export const claude: KnownAgent = {
  name: 'Claude Code',
  preset: 'claude',
  passEnv: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'CLAUDE_CODE_OAUTH_TOKEN'],
  state: copy('.claude', '.claude.json'),
  configure({ words }) {
    const taken = words.some((word) => word === '--settings' || word.startsWith('--settings='))
    const text = `${JSON.stringify({ hooks: hooksFor('claude', events, 10) }, null, 2)}\n`
    return {
      ...(taken
        ? {
            notes: [
              'the command has --settings of its own: no hooks are set, tool calls are known by telemetry',
            ],
          }
        : { words: ['--settings', settings] }),
      files: [hookFile, { path: settings, text }],
      env: {
        ...otlpEnv,
        CLAUDE_CODE_ENABLE_TELEMETRY: '1',
        OTEL_LOGS_EXPORTER: 'otlp',
        OTEL_METRICS_EXPORTER: 'none',
        OTEL_LOG_TOOL_DETAILS: '1',
        // Nothing that the policy denies anyway.
        CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC: '1',
        DISABLE_AUTOUPDATER: '1',
      },
    }
  },
}
