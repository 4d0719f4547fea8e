// Codex. Hooks and telemetry are set by `-c`, over the user's own config.toml. Codex runs a hook only when its exact
// definition is trusted: for these two, and no others, that is said by `-c` too.

import { createHash } from 'node:crypto'
import { canonicalJson } from '../../../base/canonical-json.ts'
import { agentEndpoint, hookPath } from '../hook-program.ts'
import type { KnownAgent } from './api.ts'
import { copy, hookFile } from './parts.ts'

const command = `${hookPath} codex`
const timeout = 10
const hook = `[{matcher="*",hooks=[{type="command",command="${command}",timeout=${timeout}}]}]`

export const codex: KnownAgent = {
  name: 'Codex',
  preset: 'codex',
  passEnv: ['OPENAI_API_KEY', 'CODEX_API_KEY', 'OPENAI_BASE_URL'],
  state: copy('.codex'),
  configure: () => ({
    words: [
      ...['-c', `hooks.PreToolUse=${hook}`, '-c', `hooks.PostToolUse=${hook}`],
      ...['-c', `hooks.state={${trusted('pre_tool_use')},${trusted('post_tool_use')}}`],
      ...['-c', `otel.exporter={otlp-http={endpoint="${agentEndpoint}/v1/logs",protocol="json"}}`],
    ],
    files: [hookFile],
  }),
}

/**
 * Trust in one hook of the command line: the hash of what it is, under the name of its place (codex-rs/hooks,
 * engine/discovery.rs).
 */
function trusted(event: string): string {
  const identity = {
    event_name: event,
    matcher: '*',
    hooks: [{ type: 'command', command, timeout, async: false }],
  }
  const hash = createHash('sha256').update(canonicalJson(identity)).digest('hex')
  return `"/<session-flags>/config.toml:${event}:0:0"={trusted_hash="sha256:${hash}"}`
}
