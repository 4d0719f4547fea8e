import type { Preset } from './api.ts'

export const rustup: Preset = {
  name: 'rustup',
  title: 'Rust toolchains through rustup',
  sources: ['https://rust-lang.github.io/rustup/environment-variables.html'],
  hosts: [{ host: 'static.rust-lang.org', ports: [443], why: 'Rust toolchains' }],
}
