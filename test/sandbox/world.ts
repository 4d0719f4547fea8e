// The outside of the attempts: listeners of the test's own on loopback, and a DNS server that knows made-up names.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttp, type IncomingMessage, type ServerResponse } from 'node:http'
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import { tmpdir, userInfo } from 'node:os'
import { dirname, join, normalize } from 'node:path'
import type { Duplex } from 'node:stream'
import { createServer as createTls } from 'node:tls'

/** Where allowed names lead: another for each run, as several may go on at once. */
export const outside = `127.77.${(process.pid >> 8) & 255}.${(process.pid & 127) + 1}`
const root = process.getuid?.() === 0

/** Real numbers where the machine lets us listen on them. */
export const ports = root
  ? { http: 80, tls: 443, ssh: 22, odd: 8443 }
  : { http: 18080, tls: 18443, ssh: 18022, odd: 8443 }

export interface World {
  /** For `network.resolver`. */
  readonly resolver: string
  /** Every name that was asked for outside. */
  readonly asked: readonly string[]
  /** Environment of the programs: ports and the like. */
  readonly env: Readonly<Record<string, string>>
  /** Files for the work folder, by name. */
  readonly files: Readonly<Record<string, string>>
  readonly sshd: boolean
  /** Bytes that the echo listener got, by what it was sent first. */
  readonly heard: ReadonlyMap<string, number>
  close(): Promise<void>
}

/** Answers by name, one each time it is asked for; the last stays. Names under `allowed.example` lead outside. */
const answers: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'loop.rebind.example': [['127.0.0.1']],
  'metadata.rebind.example': [['169.254.169.254']],
  'alibaba.rebind.example': [['100.100.100.200']],
  'azure.rebind.example': [['168.63.129.16']],
  'metadata6.rebind.example': [['fd00:ec2::254']],
  'private.rebind.example': [['10.0.0.5']],
  'changing.rebind.example': [[outside], ['169.254.169.254']],
  'two.rebind.example': [['169.254.169.254', outside]],
}

export async function openWorld(): Promise<World> {
  const folder = mkdtempSync(join(tmpdir(), 'outside-'))
  const closers: (() => unknown)[] = [
    () => rmSync(folder, { recursive: true, force: true }),
    () => {
      if (repositoryFolder !== undefined) rmSync(dirname(repositoryFolder), { recursive: true, force: true })
      repositoryFolder = undefined
    },
  ]
  const asked: string[] = []
  const heard = new Map<string, number>()
  const listen = async (server: Server, port: number) => {
    server.on('error', () => {})
    const open = new Set<Socket>()
    server.on('connection', (socket: Socket) => {
      open.add(socket)
      socket.on('error', () => {})
      socket.once('close', () => open.delete(socket))
    })
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, outside, resolve)
    })
    closers.push(
      () =>
        new Promise<void>((resolve) => {
          for (const socket of open) socket.destroy()
          server.close(() => resolve())
        }),
    )
    return (server.address() as AddressInfo).port
  }
  const resolver = await openDns(asked, closers)
  const web = createHttp(serveWeb)
  web.on('upgrade', upgrade)
  await listen(web, ports.http)
  const tls = certificate(folder)
  await listen(
    createTls({ ...tls, ALPNProtocols: ['h2', 'http/1.1'] }, (socket) => {
      socket.on('error', () => {})
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n'))
    }),
    ports.tls,
  )
  // Takes anything, and answers a miner, a database and a chat alike: with a line.
  const echo = await listen(
    createServer((socket) => {
      let first: string | undefined
      socket.on('data', (bytes) => {
        first ??= bytes.toString('latin1').slice(0, 60)
        heard.set(first, (heard.get(first) ?? 0) + bytes.length)
        if (bytes.includes('mining.'))
          socket.write('{"id":1,"result":[[["mining.notify","a"]],"0800",4],"error":null}\n')
        else socket.write(bytes)
      })
      socket.on('end', () => socket.end())
    }),
    0,
  )
  // Speaks first, as SSH and databases do.
  const pushed = await listen(
    createServer((socket) => void socket.write(':irc.example NOTICE * :hello\r\n')),
    0,
  )
  const banner = await listen(
    createServer((socket) => void socket.write('SSH-2.0-OpenSSH_9.6\r\n')),
    ports.odd,
  )
  const datagrams = await openUdpEcho(closers)
  const ssh = await openSsh(folder, closers)
  return {
    resolver,
    asked,
    heard,
    sshd: ssh !== undefined,
    env: {
      OUT: outside,
      PORT_HTTP: String(ports.http),
      PORT_TLS: String(ports.tls),
      PORT_SSH: String(ports.ssh),
      PORT_ECHO: String(echo),
      PORT_PUSH: String(pushed),
      PORT_BANNER: String(banner),
      PORT_UDP: String(datagrams),
      REPO: repository(),
      SSH_USER: userInfo().username,
      SSH_LOGIN: ssh !== undefined && canLogIn(folder) ? 'yes' : 'no',
    },
    files: { 'ca.pem': tls.cert, ...(ssh !== undefined && { id: ssh }) },
    async close() {
      for (const close of closers.reverse()) await close()
    },
  }
}

/** Sends every datagram back. */
async function openUdpEcho(closers: (() => unknown)[]): Promise<number> {
  const server = createSocket('udp4')
  server.on('message', (bytes, from) => server.send(bytes, from.port, from.address))
  await new Promise<void>((resolve) => server.bind(0, outside, resolve))
  closers.push(() => server.close())
  return server.address().port
}

async function openDns(asked: string[], closers: (() => unknown)[]): Promise<string> {
  const server = createSocket('udp4')
  const counts = new Map<string, number>()
  server.on('message', (query, from) => {
    let at = 12
    const labels: string[] = []
    while (query[at]) {
      labels.push(query.toString('latin1', at + 1, at + 1 + (query[at] ?? 0)))
      at += (query[at] ?? 0) + 1
    }
    const name = labels.join('.').toLowerCase()
    const type = query.readUInt16BE(at + 1)
    asked.push(name)
    const turn = counts.get(`${name} ${type}`) ?? 0
    counts.set(`${name} ${type}`, turn + 1)
    const list = answers[name]?.[Math.min(turn, (answers[name]?.length ?? 1) - 1)] ?? [outside]
    const values =
      type === 1
        ? list.filter((ip) => !ip.includes(':')).map((ip) => Buffer.from(ip.split('.').map(Number)))
        : type === 28
          ? list
              .filter((ip) => ip.includes(':'))
              .map(() => Buffer.from('fd000ec2000000000000000000000254', 'hex'))
          : type === 16
            ? [Buffer.from('\x05hello')]
            : []
    const head = Buffer.from(query.subarray(0, at + 5))
    head.writeUInt16BE(0x8180, 2)
    head.writeUInt16BE(values.length, 6)
    head.writeUInt32BE(0, 8)
    const records = values.map((value) => {
      const record = Buffer.alloc(12)
      record.writeUInt16BE(0xc00c, 0)
      record.writeUInt16BE(type, 2)
      record.writeUInt16BE(1, 4)
      record.writeUInt16BE(value.length, 10)
      return Buffer.concat([record, value])
    })
    server.send(Buffer.concat([head, ...records]), from.port, from.address)
  })
  await new Promise<void>((resolve) => server.bind(0, '127.0.0.1', resolve))
  closers.push(() => server.close())
  return `127.0.0.1:${server.address().port}`
}

/** A server that says what it was asked, a small registry of packages, a repository, and a stream of events. */
function serveWeb(request: IncomingMessage, response: ServerResponse): void {
  const { method, url = '/', headers } = request
  if (url.startsWith('/to-denied')) {
    response.writeHead(302, { Location: 'http://redirected.denied.example/' }).end()
  } else if (url.startsWith('/events')) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream' })
    let left = 5
    const timer = setInterval(() => {
      response.write(`data: {"jsonrpc":"2.0","id":${left},"result":{}}\n\n`)
      if (--left === 0) {
        clearInterval(timer)
        response.end()
      }
    }, 50)
  } else if (url === '/simple/tiny/') {
    response.setHeader('Content-Type', 'text/html')
    response.end('<!doctype html><a href="/files/tiny-1.0-py3-none-any.whl">tiny-1.0-py3-none-any.whl</a>')
  } else if (url.startsWith('/repo.git/')) {
    // Git's plain protocol: files, as they lie there.
    const file = join(repository(), normalize(`/${url.slice(10).replace(/\?.*/, '')}`))
    if (existsSync(file)) response.end(readFileSync(file))
    else response.writeHead(404).end()
  } else if (url.endsWith('.whl')) {
    response.end(wheel())
  } else if (url === '/tiny') {
    response.setHeader('Content-Type', 'application/json')
    const dist = { tarball: `http://${headers.host}/tiny/-/tiny-1.0.0.tgz`, shasum: sha1(npmPackage()) }
    const version = { name: 'tiny', version: '1.0.0', dist }
    response.end(
      JSON.stringify({ name: 'tiny', 'dist-tags': { latest: '1.0.0' }, versions: { '1.0.0': version } }),
    )
  } else if (url.endsWith('.tgz')) {
    response.end(npmPackage())
  } else {
    let bytes = 0
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
    })
    request.on('end', () => response.end(`outside: ${method} ${url} ${headers.host} ${bytes}\n`))
  }
}

/** Sends back what comes, frame by frame as it is (masked frames too: this is no client's business to check). */
function upgrade(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key'] ?? ''}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
  const accept = createHash('sha1').update(key).digest('base64')
  socket.on('error', () => {})
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  )
  // A frame of text, unmasked as servers send them.
  socket.on('data', () => socket.write(Buffer.from('\x81\x05hello', 'latin1')))
}

let repositoryFolder: string | undefined

function repository(): string {
  if (repositoryFolder !== undefined) return repositoryFolder
  const folder = mkdtempSync(join(tmpdir(), 'repository-'))
  const author = ['-c', 'user.name=a', '-c', 'user.email=a@example.com', '-c', 'init.defaultBranch=main']
  const git = (...words: string[]) => spawnSync('git', ['-C', join(folder, 'work'), ...author, ...words])
  mkdirSync(join(folder, 'work'))
  git('init', '-q')
  writeFileSync(join(folder, 'work/readme'), 'hello\n')
  git('add', '.')
  git('commit', '-q', '-m', 'first')
  git('clone', '-q', '--bare', '.', '../bare')
  spawnSync('git', ['-C', join(folder, 'bare'), 'update-server-info'])
  repositoryFolder = join(folder, 'bare')
  return repositoryFolder
}

const made = new Map<string, Buffer>()

/** Packages are made by the tools that everybody's are made of. */
function once(name: string, make: () => Buffer): Buffer {
  const known = made.get(name)
  if (known) return known
  const bytes = make()
  made.set(name, bytes)
  return bytes
}

function npmPackage(): Buffer {
  return once('npm', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tiny-'))
    mkdirSync(join(folder, 'package'))
    writeFileSync(join(folder, 'package/package.json'), '{"name":"tiny","version":"1.0.0","main":"index.js"}')
    writeFileSync(join(folder, 'package/index.js'), 'module.exports = 1\n')
    const { stdout } = spawnSync('tar', ['-czf', '-', '-C', folder, 'package'])
    rmSync(folder, { recursive: true })
    return stdout
  })
}

function wheel(): Buffer {
  return once('wheel', () => {
    const program = `
import sys, zipfile, io
b = io.BytesIO()
z = zipfile.ZipFile(b, 'w')
z.writestr('tiny.py', 'x = 1\\n')
z.writestr('tiny-1.0.dist-info/METADATA', 'Metadata-Version: 2.1\\nName: tiny\\nVersion: 1.0\\n')
z.writestr('tiny-1.0.dist-info/WHEEL', 'Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')
z.writestr('tiny-1.0.dist-info/RECORD', 'tiny.py,,\\ntiny-1.0.dist-info/METADATA,,\\ntiny-1.0.dist-info/WHEEL,,\\ntiny-1.0.dist-info/RECORD,,\\n')
z.close()
sys.stdout.buffer.write(b.getvalue())`
    return spawnSync('python3', ['-c', program]).stdout
  })
}

function sha1(bytes: Buffer): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function certificate(folder: string): { key: string; cert: string } {
  const key = join(folder, 'tls.key')
  const cert = join(folder, 'tls.pem')
  const names = 'subjectAltName=DNS:*.allowed.example,DNS:tls.allowed.example'
  const subject = ['-subj', '/CN=tls.allowed.example', '-addext', names]
  spawnSync('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...subject,
    ...['-keyout', key, '-out', cert],
  ])
  return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
}

/** Some users have no shell to log in to. */
function canLogIn(folder: string): boolean {
  const quiet = [
    '-o',
    'StrictHostKeyChecking=no',
    '-o',
    'UserKnownHostsFile=/dev/null',
    '-o',
    'BatchMode=yes',
  ]
  const to = ['-i', join(folder, 'id'), '-p', String(ports.ssh), `${userInfo().username}@${outside}`, 'true']
  return (
    spawnSync('ssh', ['-F', '/dev/null', ...quiet, ...to], { stdio: 'ignore', timeout: 10_000 }).status === 0
  )
}

/** The real OpenSSH server, for one key; undefined where there is none. Gives the private key. */
async function openSsh(folder: string, closers: (() => unknown)[]): Promise<string | undefined> {
  const keygen = (name: string) =>
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(folder, name)])
  if (keygen('host').status !== 0 || keygen('id').status !== 0) return undefined
  const config = [
    `Port ${ports.ssh}`,
    `ListenAddress ${outside}`,
    `HostKey ${join(folder, 'host')}`,
    `AuthorizedKeysFile ${join(folder, 'id.pub')}`,
    `PidFile ${join(folder, 'sshd.pid')}`,
    'StrictModes no',
    'UsePAM no',
    'PasswordAuthentication no',
    'PermitRootLogin yes',
    'AllowTcpForwarding yes',
    'LogLevel ERROR',
  ]
  writeFileSync(join(folder, 'sshd_config'), `${config.join('\n')}\n`)
  const server: ChildProcess = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', join(folder, 'sshd_config')], {
    stdio: 'ignore',
  })
  const failed = await new Promise<boolean>((resolve) => {
    server.once('error', () => resolve(true))
    server.once('exit', () => resolve(true))
    setTimeout(() => resolve(false), 300)
  })
  if (failed) return undefined
  closers.push(() => server.kill())
  return readFileSync(join(folder, 'id'), 'utf8')
}
