// opencode. A plugin, named in a piece of configuration that a variable adds to the user's own.

import { agentEndpoint } from '../hook-program.ts'
import type { KnownAgent } from './api.ts'
import { copy } from './parts.ts'

const path = '/run/vigiles/opencode-plugin.mjs'

/** What was denied is put behind what the tool printed: a plugin has no other way to its model. */
const plugin = `// Tells Vigiles of tool calls. What fails here is not the agent's to suffer from.
const tell = async (message) => {
  try {
    const answer = await fetch('${agentEndpoint}/hook/opencode', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(message),
      signal: AbortSignal.timeout(9000),
    })
    return await answer.json()
  } catch {
    return {}
  }
}
export const Vigiles = async () => ({
  'tool.execute.before': async (input, output) => {
    await tell({
      hook_event_name: 'PreToolUse',
      session_id: input.sessionID,
      tool_name: input.tool,
      tool_use_id: input.callID,
      tool_input: output.args,
    })
  },
  'tool.execute.after': async (input, output) => {
    const { systemMessage } = await tell({
      hook_event_name: 'PostToolUse',
      session_id: input.sessionID,
      tool_name: input.tool,
      tool_use_id: input.callID,
      tool_input: input.args,
      tool_response: output.output,
    })
    if (systemMessage && typeof output.output === 'string') output.output += '\\n' + systemMessage
  },
})
`

export const opencode: KnownAgent = {
  name: 'opencode',
  preset: 'opencode',
  passEnv: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY'],
  state: copy('.config/opencode', '.local/share/opencode'),
  configure({ env }) {
    const own = env.OPENCODE_CONFIG_CONTENT
    return {
      files: [{ path, text: plugin }],
      env: { OPENCODE_CONFIG_CONTENT: withPlugin(own), OPENCODE_DISABLE_AUTOUPDATE: '1' },
    }
  },
}

function withPlugin(own: string | undefined): string {
  let config: Record<string, unknown> = {}
  try {
    const read: unknown = JSON.parse(own ?? '{}')
    if (typeof read === 'object' && read !== null) config = { ...read }
  } catch {} // opencode would not read it either.
  const plugins = Array.isArray(config.plugin) ? config.plugin : []
  return JSON.stringify({ ...config, plugin: [...plugins, `file://${path}`] })
}
