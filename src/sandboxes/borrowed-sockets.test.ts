import { spawnSync } from 'node:child_process'
import { closeSync, existsSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { borrowSockets } from './borrowed-sockets.ts'
import { AF_INET, AF_INET6, kernel, littleEndian, SOCK_RAW, SOCK_STREAM } from './kernel.ts'

const entry = { words: ['unshare', '--user', '--map-root-user', '--net'], fds: [] }
const possible =
  process.platform === 'linux' && spawnSync('unshare', [...entry.words.slice(1), 'true']).status === 0

const SOL_SOCKET = 1
const SO_TYPE = 3
const SO_DOMAIN = 39
const kinds = {
  listener: { family: AF_INET6, type: SOCK_STREAM, protocol: 0 },
  nothing: { family: 45, type: 77, protocol: 0 },
  raw: { family: AF_INET, type: SOCK_RAW, protocol: 255 },
}

describe.skipIf(!possible)('sockets of a namespace that we may not enter', () => {
  it.skipIf(!existsSync('/usr/bin/perl')).each(['perl', 'node'] as const)(
    'are made by %s',
    async (helper) => {
      const calls = kernel()
      const sockets = await borrowSockets(calls, entry, kinds, helper)
      const option = (fd: number | undefined, name: number) =>
        new DataView(calls.getsockopt(fd ?? -1, SOL_SOCKET, name, 4).buffer).getInt32(0, littleEndian)
      expect([option(sockets.listener, SO_DOMAIN), option(sockets.listener, SO_TYPE)]).toEqual([
        AF_INET6,
        SOCK_STREAM,
      ])
      expect([option(sockets.raw, SO_DOMAIN), option(sockets.raw, SO_TYPE)]).toEqual([AF_INET, SOCK_RAW])
      expect(sockets.nothing).toBeUndefined()
      // They live on without the process that made them, in its network, where nothing is up.
      expect(() =>
        calls.sendto(
          sockets.raw ?? -1,
          new Uint8Array(20),
          Uint8Array.of(2, 0, 0, 0, 192, 0, 2, 1, 0, 0, 0, 0, 0, 0, 0, 0),
        ),
      ).toThrow(/errno 101/)
      for (const fd of Object.values(sockets)) if (fd !== undefined) closeSync(fd)
    },
  )

  it('are not to be had where the helper fails, in plain words', async () => {
    const failing = { words: ['sh', '-c', 'echo no such luck >&2; exit 1', 'sh'], fds: [] }
    await expect(borrowSockets(kernel(), failing, kinds)).rejects.toMatchObject({
      exitCode: 3,
      why: 'no such luck',
    })
  })
})
