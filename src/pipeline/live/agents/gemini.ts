// Gemini CLI. Hooks are added to what is seen of the user's settings inside, as the system's settings would have to
// belong to root, whom a sandbox does not know; times of its hooks are milliseconds.

import { agentEndpoint } from '../hook-program.ts'
import type { KnownAgent } from './api.ts'
import { copy, hookFile, hooksFor, withHooks } from './parts.ts'

export const gemini: KnownAgent = {
  name: 'Gemini CLI',
  preset: 'gemini',
  passEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY', 'GOOGLE_GEMINI_BASE_URL'],
  state: copy('.gemini'),
  configure({ home, read }) {
    const settings = `${home}/.gemini/settings.json`
    const own = read(settings)
    const text = withHooks(own, hooksFor('gemini', ['BeforeTool', 'AfterTool'], 10_000))
    return {
      ...(text === undefined
        ? { notes: [`${settings} cannot be read: no hooks are set, tool calls are known by telemetry`] }
        : { files: [hookFile, { path: settings, text }] }),
      env: {
        GEMINI_TELEMETRY_ENABLED: 'true',
        GEMINI_TELEMETRY_TARGET: 'local',
        GEMINI_TELEMETRY_OTLP_ENDPOINT: agentEndpoint,
        GEMINI_TELEMETRY_OTLP_PROTOCOL: 'http',
      },
    }
  },
}
