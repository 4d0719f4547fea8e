// Every preset, by name.

import { anthropic } from './anthropic.ts'
import type { Preset } from './api.ts'
import { apt } from './apt.ts'
import { cargo } from './cargo.ts'
import { claude } from './claude.ts'
import { codex } from './codex.ts'
import { docker } from './docker.ts'
import { gemini } from './gemini.ts'
import { git } from './git.ts'
import { github } from './github.ts'
import { go } from './go.ts'
import { huggingface } from './huggingface.ts'
import { npm } from './npm.ts'
import { openai } from './openai.ts'
import { opencode } from './opencode.ts'
import { pip } from './pip.ts'
import { qwen } from './qwen.ts'
import { rustup } from './rustup.ts'

export const presetRegistry: readonly Preset[] = [
  npm,
  pip,
  apt,
  cargo,
  rustup,
  go,
  git,
  github,
  docker,
  huggingface,
  anthropic,
  claude,
  openai,
  codex,
  gemini,
  qwen,
  opencode,
]
