import type { Preset } from './api.ts'

export const cargo: Preset = {
  name: 'cargo',
  title: 'Rust crates from crates.io',
  sources: ['https://doc.rust-lang.org/cargo/reference/registry-index.html', 'https://crates.io/data-access'],
  caution: 'Publishing goes to crates.io itself, which is not among them.',
  hosts: [
    { host: 'index.crates.io', ports: [443], why: 'the sparse index of crates.io' },
    { host: 'static.crates.io', ports: [443], why: 'the files of crates' },
  ],
}
