// npm run bench -- attribution|speed|formats|pcap|policy [options]: the figures that stand in docs/.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const benches: Readonly<Record<string, string>> = {
  attribution: 'attribution/main.ts',
  sweep: 'attribution/sweep.ts',
  formats: 'formats/main.ts',
  speed: 'speed/main.ts',
  pcap: 'pcap.ts',
  journal: 'journal/main.ts',
  'case-store': 'case-store/main.ts',
  policy: 'policy/main.ts',
  sandbox: 'sandbox/main.ts',
  timeline: 'timeline/main.ts',
  follow: 'follow/main.ts',
  'serve-live': 'serve/live.ts',
  'serve-page': 'serve/first-view.ts',
}
const [name, ...rest] = process.argv.slice(2)
const file = name === undefined ? undefined : benches[name]
if (file === undefined) {
  console.error(`Which one? npm run bench -- ${Object.keys(benches).join('|')}`)
  process.exit(2)
}
const { status } = spawnSync(
  process.execPath,
  ['--import', 'tsx', fileURLToPath(new URL(file, import.meta.url)), ...rest],
  {
    stdio: 'inherit',
  },
)
process.exit(status ?? 1)
