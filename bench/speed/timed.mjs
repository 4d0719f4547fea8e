// One investigation by the built program: seconds in all and of each stage, processor time of all threads, peak memory.

import { investigate } from '../../dist/pipeline/investigate.js'
import { quietProgress } from '../../dist/pipeline/progress.js'

const [out, ...paths] = process.argv.slice(2)
const began = performance.now()
const before = process.cpuUsage()
const { seconds: stages } = await investigate({
  paths,
  out,
  zones: [],
  controls: [],
  progress: quietProgress,
})
const { user, system } = process.cpuUsage(before)
const rssMb = Math.round(process.resourceUsage().maxRSS / 1024)
const seconds = (performance.now() - began) / 1000
console.log(JSON.stringify({ seconds, processor: (user + system) / 1e6, stages, rssMb }))
