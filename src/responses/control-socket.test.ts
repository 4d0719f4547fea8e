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
})
