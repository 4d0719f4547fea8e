import type { Preset } from './api.ts'

export const huggingface: Preset = {
  name: 'huggingface',
  title: 'Models and data sets from the Hugging Face Hub',
  sources: ['https://huggingface.co/.well-known/meta.json', 'https://huggingface.co/docs/hub/xet/index'],
  caution: 'Uploading to any repository the token may write to is open too.',
  hosts: [
    { host: 'huggingface.co', ports: [443], why: 'the Hub and its API' },
    { host: 'hf.co', ports: [443], why: "the Hub's short name" },
    { host: 'cdn-lfs.hf.co', ports: [443], why: 'large files' },
    { host: 'cdn-lfs-us-1.hf.co', ports: [443], why: 'large files' },
    { host: 'cdn-lfs-eu-1.hf.co', ports: [443], why: 'large files' },
    { host: 'cas-server.xethub.hf.co', ports: [443], why: 'where pieces of large files are' },
    { host: 'cas-bridge.xethub.hf.co', ports: [443], why: 'large files, for older clients' },
    { host: 'transfer.xethub.hf.co', ports: [443], why: 'pieces of large files' },
    { host: 'transfer.xethub-eu.hf.co', ports: [443], why: 'pieces of large files' },
    { host: '*.aws.cdn.hf.co', ports: [443], why: 'large files' },
    { host: '*.gcp.cdn.hf.co', ports: [443], why: 'large files' },
    { host: 'aws.cdn.hf.co', ports: [443], why: 'large files' },
  ],
}
