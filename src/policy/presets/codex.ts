import type { Preset } from './api.ts'

export const codex: Preset = {
  name: 'codex',
  title: 'Codex: its model API and signing in',
  sources: ['https://developers.openai.com/codex/auth', 'https://github.com/openai/codex'],
  hosts: [
    { host: 'api.openai.com', ports: [443], why: 'the OpenAI API, with an API key' },
    { host: 'chatgpt.com', ports: [443], why: 'the model API, with a ChatGPT plan' },
    { host: 'auth.openai.com', ports: [443], why: 'signing in and renewing tokens' },
  ],
}
