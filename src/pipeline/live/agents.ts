// Agent CLIs that are known by the name of their program: which preset opens their own model, and what they need of home.

import type { StateFolder } from '../../sandboxes/mount-plan.ts'

export interface KnownAgent {
  readonly name: string
  /** In policy/presets. */
  readonly preset: string
  /** Its own keys, which it can't work without. */
  readonly passEnv: readonly string[]
  /** Below home: a private copy, so that what a run changes there is gone with it. */
  readonly state: readonly StateFolder[]
}

const copy = (...paths: string[]): StateFolder[] => paths.map((path) => ({ path, mode: 'copy' }))

const agents: Readonly<Record<string, KnownAgent>> = {
  claude: {
    name: 'Claude Code',
    preset: 'claude',
    passEnv: ['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN', 'ANTHROPIC_BASE_URL', 'CLAUDE_CODE_OAUTH_TOKEN'],
    state: copy('.claude', '.claude.json'),
  },
  codex: {
    name: 'Codex',
    preset: 'codex',
    passEnv: ['OPENAI_API_KEY', 'CODEX_API_KEY', 'OPENAI_BASE_URL'],
    state: copy('.codex'),
  },
  gemini: {
    name: 'Gemini CLI',
    preset: 'gemini',
    passEnv: ['GEMINI_API_KEY', 'GOOGLE_API_KEY'],
    state: copy('.gemini'),
  },
  qwen: {
    name: 'Qwen Code',
    preset: 'qwen',
    passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL', 'DASHSCOPE_API_KEY'],
    state: copy('.qwen'),
  },
  opencode: {
    name: 'opencode',
    preset: 'opencode',
    passEnv: ['ANTHROPIC_API_KEY', 'OPENAI_API_KEY', 'OPENROUTER_API_KEY'],
    state: copy('.config/opencode', '.local/share/opencode'),
  },
}

/** By the last part of the command's path. */
export function knownAgent(command: string): KnownAgent | undefined {
  const name = command.split('/').at(-1) ?? ''
  return Object.hasOwn(agents, name) ? agents[name] : undefined
}
