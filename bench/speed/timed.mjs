// One investigation by the built program, with the seconds of each stage and the peak memory as JSON.

import { investigate } from '../../dist/pipeline/investigate.js'
import { quietProgress } from '../../dist/pipeline/progress.js'

const [out, ...paths] = process.argv.slice(2)
const { seconds } = await investigate({ paths, out, zones: [], controls: [], progress: quietProgress })
console.log(JSON.stringify({ stages: seconds, rssMb: Math.round(process.resourceUsage().maxRSS / 1024) }))
