// The peer: JSON.parse of every line of the same files, and nothing else, on one core.

import { LineSplitter } from '../../src/base/lines.ts'
import { readChunks } from '../../src/pipeline/inputs.ts'

const began = performance.now()
const before = process.cpuUsage()
let rows = 0
for (const path of process.argv.slice(2)) {
  const splitter = new LineSplitter({
    line(text) {
      const value: unknown = JSON.parse(text)
      if (value !== null) rows++
    },
    tooLong() {},
  })
  for (const chunk of readChunks(path)) splitter.chunk(chunk)
  splitter.end()
}
const { user, system } = process.cpuUsage(before)
const spent = { rows, seconds: (performance.now() - began) / 1000, processor: (user + system) / 1e6 }
process.stdout.write(`${JSON.stringify(spent)}\n`)
