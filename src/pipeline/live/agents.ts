// Agent CLIs that are known by the name of their program: which preset opens their own model, what they need of home,
// and how they are asked to tell of their tool calls.

import type { KnownAgent } from './agents/api.ts'

export type { AgentSettings, KnownAgent } from './agents/api.ts'

/** Each is loaded when it is the one that runs. */
const agents: Readonly<Record<string, () => Promise<KnownAgent>>> = {
  claude: async () => (await import('./agents/claude.ts')).claude,
  codex: async () => (await import('./agents/codex.ts')).codex,
  gemini: async () => (await import('./agents/gemini.ts')).gemini,
  qwen: async () => (await import('./agents/qwen.ts')).qwen,
  opencode: async () => (await import('./agents/opencode.ts')).opencode,
}

/** By the last part of the command's path. */
export async function knownAgent(command: string): Promise<KnownAgent | undefined> {
  const name = command.split('/').at(-1) ?? ''
  return Object.hasOwn(agents, name) ? await agents[name]?.() : undefined
}
