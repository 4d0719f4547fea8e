import type { Preset } from './api.ts'

export const claude: Preset = {
  name: 'claude',
  title: 'Claude Code: its model API and signing in',
  sources: ['https://code.claude.com/docs/en/network-config'],
  caution: 'Telemetry, updates and plugins go elsewhere and stay closed; Claude Code works without them.',
  hosts: [
    { host: 'api.anthropic.com', ports: [443], why: 'the Anthropic API' },
    { host: 'claude.ai', ports: [443], why: 'signing in with a subscription' },
    { host: 'platform.claude.com', ports: [443], why: 'signing in with an API account' },
    { host: 'console.anthropic.com', ports: [443], why: 'signing in, older versions' },
  ],
}
