import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { askControl, serveControl } from './control-socket.ts'

describe.skipIf(process.platform === 'win32')('the control socket', () => {
  it('is its owner’s alone, and several at once leave the mask of the process as it was', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'control-'))
    // The mask can only be read by setting it.
    const before = process.umask(0o022)
    process.umask(before)
    const paths = [1, 2, 3].map((i) => join(folder, `${i}.sock`))
    const opening = paths.map((path) =>
      serveControl(
        path,
        async ({ act }) => ({ act, ok: true, detail: path }),
        () => ({ pid: process.pid, uid: 0 }),
      ),
    )
    const during = process.umask(before)
    const opened = await Promise.all(opening)
    const after = process.umask(before)
    expect([during, after]).toEqual([before, before])
    for (const path of paths) {
      expect(statSync(path).mode & 0o777).toBe(0o600)
      expect(await askControl(path, { act: 'status' })).toMatchObject({ ok: true, detail: path })
    }
    for (const one of opened) await one.close()
    rmSync(folder, { recursive: true })
  })

  it('takes the server’s word for whom it asks, and nobody’s for being the policy or a signal', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'control-'))
    const path = join(folder, 'c.sock')
    const asked: unknown[] = []
    const opened = await serveControl(
      path,
      async (request, asker) => {
        asked.push({ request, asker })
        return { act: request.act, ok: true, detail: '' }
      },
      () => ({ pid: 7, uid: 3 }),
    )
    await askControl(path, { act: 'freeze', onBehalfOf: 'operator at 127.0.0.1' })
    const forged = { act: 'freeze', via: 'policy', asker: { via: 'signal' }, user: 'root', uid: 0 } as const
    await askControl(path, forged)
    await askControl(path, { act: 'freeze', onBehalfOf: 'x'.repeat(1_000) })
    expect(asked).toEqual([
      { request: { act: 'freeze' }, asker: { via: 'server', user: 'operator at 127.0.0.1', pid: 7, uid: 3 } },
      { request: { act: 'freeze' }, asker: { via: 'control.sock', pid: 7, uid: 3 } },
      { request: { act: 'freeze' }, asker: { via: 'server', user: 'x'.repeat(100), pid: 7, uid: 3 } },
    ])
    await opened.close()
    rmSync(folder, { recursive: true })
  })
})
