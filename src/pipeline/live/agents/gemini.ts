// Gemini CLI. Hooks stand in the system's settings, whose path a variable gives; times of its hooks are milliseconds.

import { agentEndpoint } from '../hook-program.ts'
import type { KnownAgent } from './api.ts'
import { copy, hookFile, hooksFor, withHooks } from './parts.ts'

const settings = '/run/vigiles/gemini-settings.json'
const systemSettings = '/etc/gemini-cli/settings.json'

export const gemini: KnownAgent = {
  name: 'Gemini CLI',
  preset: 'gemini',
  passEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GEMINI_BASE_URL'],
  state: copy('.gemini'),
  configure({ env, read }) {
    const own = read(env.GEMINI_CLI_SYSTEM_SETTINGS_PATH ?? systemSettings)
    const hooks = hooksFor('gemini', ['BeforeTool', 'AfterTool'], 10_000)
    return {
      files: [hookFile, { path: settings, text: withHooks(own, hooks) }],
      env: {
        GEMINI_CLI_SYSTEM_SETTINGS_PATH: settings,
        GEMINI_TELEMETRY_ENABLED: 'true',
        GEMINI_TELEMETRY_TARGET: 'local',
        GEMINI_TELEMETRY_OTLP_ENDPOINT: agentEndpoint,
        GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
      },
    }
  },
}
