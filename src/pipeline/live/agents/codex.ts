// Codex. Hooks and telemetry are set by `-c`, over the user's own config.toml; hooks that nobody reviewed run only when
// the command says so, which it then does for this run.

import { agentEndpoint, hookPath } from '../hook-program.ts'
import type { KnownAgent } from './api.ts'
import { copy, hookFile } from './parts.ts'

const hook = `[{matcher="*",hooks=[{type="command",command="${hookPath} codex",timeout=10}]}]`

export const codex: KnownAgent = {
  name: 'Codex',
  preset: 'codex',
  passEnv: ['OPENAI_API_KEY', 'CODEX_API_KEY', 'OPENAI_BASE_URL'],
  state: copy('.codex'),
  configure: () => ({
    words: [
      ...['-c', `hooks.PreToolUse=${hook}`, '-c', `hooks.PostToolUse=${hook}`],
      '--dangerously-bypass-hook-trust',
      ...['-c', `otel.exporter={otlp-http={endpoint="${agentEndpoint}/v1/logs",protocol="json"}}`],
    ],
    files: [hookFile],
    notes: ['Codex runs hooks unreviewed in this run: ours, and those of the project and the user'],
  }),
}
