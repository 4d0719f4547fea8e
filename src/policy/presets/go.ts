import type { Preset } from './api.ts'

export const go: Preset = {
  name: 'go',
  title: 'Go modules through the module mirror',
  sources: ['https://proxy.golang.org/', 'https://go.dev/ref/mod#environment-variables'],
  caution:
    'Large modules are handed over from a bucket of storage.googleapis.com; only that bucket is opened, which needs ' +
    'TLS to be opened at the gateway.',
  hosts: [
    { host: 'proxy.golang.org', ports: [443], why: 'the module mirror' },
    { host: 'sum.golang.org', ports: [443], why: 'the checksum database' },
    {
      host: 'storage.googleapis.com',
      ports: [443],
      methods: ['GET', 'HEAD'],
      paths: ['/proxy-golang-org-prod/**'],
      why: "the module mirror's bucket",
    },
  ],
}
