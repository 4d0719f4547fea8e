import type { Preset } from './api.ts'

export const opencode: Preset = {
  name: 'opencode',
  title: 'opencode: its list of models and its own gateway',
  sources: ['https://opencode.ai/docs/providers/', 'https://opencode.ai/docs/zen/'],
  caution: 'Add the preset or host of your model provider, such as `anthropic` or `openai`.',
  hosts: [
    { host: 'models.dev', ports: [443], why: 'the list of models' },
    { host: 'opencode.ai', ports: [443], why: "opencode's own model gateway" },
  ],
}
