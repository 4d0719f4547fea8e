import type { Preset } from './api.ts'

export const openai: Preset = {
  name: 'openai',
  title: 'The OpenAI API and nothing else',
  sources: ['https://platform.openai.com/docs/api-reference/introduction'],
  hosts: [{ host: 'api.openai.com', ports: [443], why: 'the OpenAI API' }],
}
