// One side in a process of its own, told by messages what to do.

import { openDirect } from './direct.ts'
import { openOurs } from './ours.ts'
import { openRelay } from './relay.ts'
import type { Place, Request, Side, SideName } from './side.ts'
import { openSrt } from './srt.ts'

const [name, text = ''] = process.argv.slice(2)
const place = JSON.parse(text) as Place
const openers: Readonly<Record<SideName, (place: Place) => Promise<Side>>> = {
  direct: openDirect,
  relay: openRelay,
  srt: openSrt,
  ours: openOurs,
}
let side: Side | undefined

process.on('message', (message: { readonly id: number; readonly request: Request }) => {
  answer(message.request).then(
    (value) => process.send?.({ id: message.id, value }),
    (error) => process.send?.({ id: message.id, error: String(error?.stack ?? error) }),
  )
})
process.on('disconnect', () => {
  void (side?.close() ?? Promise.resolve()).finally(() => process.exit(0))
})

async function answer(request: Request): Promise<unknown> {
  if (request.do === 'open') {
    side = await openers[name as SideName](place)
    return undefined
  }
  if (!side) throw new Error('the side is not open')
  switch (request.do) {
    case 'exec':
      return await side.exec(request.command, request.call)
    case 'times': {
      const times: number[] = []
      for (let i = 0; i < request.count; i++) {
        const began = performance.now()
        const { exitCode, stderr } = await side.exec('true')
        times.push(performance.now() - began)
        if (exitCode !== 0) throw new Error(`true ended with ${exitCode}: ${stderr}`)
      }
      return times
    }
    case 'processor': {
      const { user, system } = process.cpuUsage()
      return (user + system) / 1000
    }
    case 'kept':
      return side.kept?.() ?? {}
    case 'close':
      await side.close()
      side = undefined
  }
  return undefined
}
