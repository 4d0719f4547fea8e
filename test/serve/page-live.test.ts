// A live run in the page: its finding is called out by itself, and a person stops it there.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer, type Server } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingForSandbox } from '../sandbox/holding.ts'
import { hasChromium, openBrowser, openPage } from './browser.ts'
import { openRoom, type Room, temporaryFolder } from './room.ts'

const cli = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url))
const missing = !hasChromium
  ? 'no Chromium'
  : process.getuid?.() === 0
    ? missingForSandbox()
    : 'it needs root'

/** Speaks to a pool through the SOCKS proxy; beside it a file grows as long as anything runs. Nothing hashes. */
const program = (port: number) => `import socket,time
s=socket.create_connection(("198.19.255.1",1080)); s.sendall(b"\\x05\\x01\\x00"); s.recv(2)
s.sendall(b"\\x05\\x01\\x00\\x01\\x7f\\x00\\x00\\x01"+(${port}).to_bytes(2,"big")); s.recv(10)
while not __import__("os").path.exists("go"): time.sleep(0.05)
s.sendall(b'{"id":1,"method":"mining.subscribe","params":["xmrig/6.21"]}\\n')
while True:
  time.sleep(0.05); open("ticks","a").write(".")`

describe.skipIf(missing !== undefined)(`a live run in the page${missing ? ` (${missing})` : ''}`, () => {
  const { folder, remove } = temporaryFolder()
  const dir = join(folder, 'state', 'runs', 'watched')
  const work = join(folder, 'work')
  let room: Room
  let browser: Browser
  let pool: Server
  let child: ChildProcess

  const ticks = () => (existsSync(join(work, 'ticks')) ? statSync(join(work, 'ticks')).size : 0)
  const growing = async () => {
    const before = ticks()
    for (let i = 0; i < 100; i++) {
      await sleep(100)
      if (ticks() > before) return true
    }
    return false
  }

  beforeAll(async () => {
    pool = createServer((socket) => {
      socket.on('error', () => {})
      socket.on('data', () => socket.write('{"id":1,"result":true,"error":null}\n'))
    })
    pool.listen(0, '127.0.0.1')
    await once(pool, 'listening')
    const { port } = pool.address() as AddressInfo
    mkdirSync(work, { recursive: true })
    mkdirSync(join(folder, 'state', 'runs'), { recursive: true })
    const policy = join(folder, 'policy.yaml')
    writeFileSync(
      policy,
      `version: 1\nallow:\n  - { host: 127.0.0.1, ports: [${port}], protocols: [any] }\nfindings: { mining: alert }\n`,
    )
    room = await openRoom(folder, [])
    browser = await openBrowser()
    child = spawn(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), cli, 'run', '--policy', policy, '--record', dir].concat(
        '--',
        'python3',
        '-c',
        program(port),
      ),
      { cwd: work, stdio: 'ignore' },
    )
  }, 60_000)

  afterAll(async () => {
    child?.kill('SIGKILL')
    await browser?.close()
    await room?.close()
    pool?.close()
    remove()
    expect(room.errors).toEqual([])
  })

  it('appears by itself, and its critical finding is called out', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    await page.getByRole('link', { name: 'watched' }).first().waitFor()
    writeFileSync(join(work, 'go'), '')
    await page.locator('.banner').getByText(/mined/).waitFor()
    expect(await page.locator('.banners').getAttribute('aria-live')).toBe('assertive')
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('is frozen from the page after it has said what will stop, and thawed again', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    await page.getByRole('link', { name: 'Contain' }).first().click()
    expect(await growing()).toBe(true)
    await page.getByRole('button', { name: /^Freeze…?$/ }).click()
    const dialog = page.getByRole('dialog')
    await dialog.getByText('python3').first().waitFor()
    await dialog.getByRole('button', { name: 'Freeze', exact: true }).click()
    await dialog.waitFor({ state: 'detached' })
    await page.locator('.pill.is-frozen').first().waitFor()
    const frozenAt = ticks()
    await sleep(1_000)
    expect(ticks()).toBe(frozenAt)
    const acts = readFileSync(join(dir, 'journal.jsonl'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('"api_activity"') && line.includes('"freeze"'))
    expect(acts.some((line) => line.includes('server'))).toBe(true)
    await page
      .getByRole('button', { name: /^Thaw…?$/ })
      .first()
      .click()
    await page.getByRole('dialog').getByRole('button', { name: 'Thaw', exact: true }).click()
    expect(await growing()).toBe(true)
    expect(errors).toEqual([])
    await page.context().close()
  })

  it('can only be looked at by who has the other address', async () => {
    const { page } = await openPage(browser)
    await page.goto(room.readerUrl)
    await page.getByRole('link', { name: 'Contain' }).first().click()
    const freeze = page.getByRole('button', { name: /^Freeze…?$/ })
    await freeze.waitFor()
    expect(await freeze.isDisabled()).toBe(true)
    await page.context().close()
  })

  it('is ended from the page only by who types the word', async () => {
    const { page, errors } = await openPage(browser)
    await page.goto(room.url)
    await page.getByRole('link', { name: 'Contain' }).first().click()
    await page.getByRole('button', { name: /^Kill…?$/ }).click()
    const dialog = page.getByRole('dialog')
    const kill = dialog.getByRole('button', { name: 'Kill', exact: true })
    await kill.waitFor()
    expect(await kill.isDisabled()).toBe(true)
    await dialog.getByRole('textbox').fill('kill')
    const ended = once(child, 'exit')
    await kill.click()
    await ended
    expect(JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8')).stoppedBy).not.toBeNull()
    expect(errors.filter((text) => !text.includes('Failed to load resource'))).toEqual([])
    await page.context().close()
  })
})
