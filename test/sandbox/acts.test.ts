// What somebody asked for holds: in every mode, and however the program writes a host.

import { mkdirSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { watchSandbox } from '../../src/pipeline/live/sandbox.ts'
import { parsePolicy } from '../../src/policy/parse.ts'
import { missing, networkLines, type Outside, openOutside, scratch } from './fault-kit.ts'

describe.skipIf(missing !== undefined)(`acts${missing ? ` (${missing})` : ''}`, () => {
  const { fresh, close } = scratch()
  let world: Outside
  beforeAll(async () => {
    world = await openOutside()
  })
  afterAll(async () => {
    await world.close()
    close()
  })

  it.each(['enforce', 'shadow', 'record'] as const)(
    'a quarantine and a block hold in mode %s',
    async (mode) => {
      const [record, workdir] = [fresh(), fresh('work')]
      mkdirSync(workdir)
      const { policy } = parsePolicy(world.policy(), 'policy')
      if (!policy) throw new Error('the policy is none')
      const sandbox = await watchSandbox({ record, policy, mode, workdir })
      try {
        let count = 0
        /** Through the proxy, which sees the host as the program writes it. */
        const reach = async (host: string) => {
          const script = `import socket
try:
  s = socket.create_connection(('198.19.255.1', 3128), 20)
  s.sendall(b'CONNECT ${host}:${world.port} HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n')
  answer = s.recv(999).split(b' ')[1].decode()
  if answer == '200': s.sendall(b'hello'); answer += s.recv(5).decode()
  print(answer)
except OSError as e: print(type(e).__name__)`
          const call = await sandbox.start({
            command: ['python3', '-c', script],
            toolCall: { id: `call-${++count}`, name: 'python' },
            stdio: ['ignore', 'pipe', 'inherit'],
          })
          const said = call.child.stdout ? await text(call.child.stdout) : ''
          call.finish(await call.exited)
          return said.trim()
        }
        const act = async (name: 'quarantine' | 'release' | 'block' | 'unblock', destination?: string) => {
          const request = { act: name, ...(destination !== undefined && { destination }) }
          expect((await sandbox.act(request, { via: 'library' })).ok).toBe(true)
        }
        expect(await reach('a.open.example')).toBe('200hello')
        await act('quarantine')
        expect(await reach('a.open.example')).toBe('403')
        await act('release')
        expect(await reach('a.open.example')).toBe('200hello')
        await act('block', 'A.open.example.')
        expect(await reach('a.open.example')).toBe('403')
        expect(await reach('A.Open.Example.')).toBe('403')
        expect(await reach('b.open.example')).toBe('200hello')
        await act('unblock', 'a.open.example')
        expect(await reach('a.open.example.')).toBe('200hello')
      } finally {
        await sandbox.close()
      }
      expect(networkLines(record, 'refuse').map(({ policy }) => policy?.rule)).toEqual(
        Array(3).fill('response'),
      )
    },
  )
})
