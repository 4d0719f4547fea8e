// Agent CLIs that are known by the name of their program: which preset opens their own model, what they need of home,
// and how they are asked to tell of their tool calls.

import type { KnownAgent } from './agents/api.ts'
import { claude } from './agents/claude.ts'
import { codex } from './agents/codex.ts'
import { gemini } from './agents/gemini.ts'
import { opencode } from './agents/opencode.ts'
import { qwen } from './agents/qwen.ts'

export type { AgentSettings, KnownAgent } from './agents/api.ts'

const agents: Readonly<Record<string, KnownAgent>> = { claude, codex, gemini, qwen, opencode }

/** By the last part of the command's path. */
export function knownAgent(command: string): KnownAgent | undefined {
  const name = command.split('/').at(-1) ?? ''
  return Object.hasOwn(agents, name) ? agents[name] : undefined
}
