import type { Preset } from './api.ts'

export const anthropic: Preset = {
  name: 'anthropic',
  title: 'The Anthropic API and nothing else',
  sources: ['https://docs.claude.com/en/api/overview'],
  hosts: [{ host: 'api.anthropic.com', ports: [443], why: 'the Anthropic API' }],
}
