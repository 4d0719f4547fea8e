// Qwen Code. Hooks stand in the system's settings, whose path a variable gives; the user's own are left as they are.

import type { KnownAgent } from './api.ts'
import { copy, hookFile, hooksFor, withHooks } from './parts.ts'

const settings = '/run/vigiles/qwen-settings.json'
const systemSettings = '/etc/qwen-code/settings.json'
const events = ['PreToolUse', 'PostToolUse', 'PostToolUseFailure']

export const qwen: KnownAgent = {
  name: 'Qwen Code',
  preset: 'qwen',
  passEnv: ['OPENAI_API_KEY', 'OPENAI_BASE_URL', 'OPENAI_MODEL', 'DASHSCOPE_API_KEY'],
  state: copy('.qwen'),
  configure({ env, read }) {
    const own = read(env.QWEN_CODE_SYSTEM_SETTINGS_PATH ?? systemSettings)
    const hooks = hooksFor('qwen', events, 10)
    return {
      files: [hookFile, { path: settings, text: withHooks(own, hooks) ?? withHooks(undefined, hooks) ?? '' }],
      env: { QWEN_CODE_SYSTEM_SETTINGS_PATH: settings },
    }
  },
}
