import type { Preset } from './api.ts'

export const gemini: Preset = {
  name: 'gemini',
  title: 'Gemini CLI: its model API and signing in',
  sources: [
    'https://github.com/google-gemini/gemini-cli/issues/4552',
    'https://docs.cloud.google.com/gemini/docs/codeassist/set-up-gemini',
  ],
  caution:
    'Vertex AI has a host for each region; add yours, for example europe-west4-aiplatform.googleapis.com.',
  hosts: [
    { host: 'generativelanguage.googleapis.com', ports: [443], why: 'the Gemini API, with an API key' },
    { host: 'cloudcode-pa.googleapis.com', ports: [443], why: 'the model API, with a Google account' },
    { host: 'aiplatform.googleapis.com', ports: [443], why: 'the model API, with Vertex AI' },
    { host: 'oauth2.googleapis.com', ports: [443], why: 'renewing tokens' },
    { host: 'accounts.google.com', ports: [443], why: 'signing in' },
    {
      host: 'www.googleapis.com',
      ports: [443],
      why: 'who signed in',
      paths: ['/oauth2/**'],
      methods: ['GET'],
    },
  ],
}
