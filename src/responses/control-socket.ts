// The socket through which a person acts on a running sandbox: one JSON line in, one JSON line out.
//
// It lies in the recording's folder, which is not part of the sandbox's file system, and only its owner may open it.

import { chmodSync, rmSync } from 'node:fs'
import { connect, createServer, type Server } from 'node:net'
import { descriptorOf } from '../base/descriptor.ts'
import { OperatorError } from '../base/errors.ts'
import { type Act, type ActRequest, type ActResult, type Asker, acts } from './api.ts'

const requestBytesMax = 4_096
const answerBytesMax = 4 * 1024 * 1024
const answerMs = 30_000
/** sun_path has 108 bytes, one of them the end. */
const pathBytesMax = 107

export type Actor = (request: ActRequest, asker: Asker) => Promise<ActResult>

/** Opens it with mode 0600. `peerOf`: who is at the other end of a socket, as the kernel says. */
export async function serveControl(
  path: string,
  act: Actor,
  peerOf: (socketFd: number) => { readonly uid: number; readonly pid: number } | undefined,
): Promise<{ close(): Promise<void> }> {
  if (Buffer.byteLength(path) > pathBytesMax) {
    throw new OperatorError('usage', {
      what: `The recording's folder has too long a path for its control socket: ${path}`,
      why: `A socket's path may have ${pathBytesMax} bytes.`,
      fix: 'Choose a shorter --record.',
    })
  }
  rmSync(path, { force: true })
  const server = createServer((socket) => {
    let text = ''
    const asker: Asker = { via: 'control.sock', ...peerOf(descriptorOf(socket)) }
    socket.setEncoding('utf8')
    socket.on('error', () => {})
    socket.on('data', (chunk: string) => {
      text += chunk
      const end = text.indexOf('\n')
      if (end < 0) {
        if (text.length > requestBytesMax) socket.destroy()
        return
      }
      socket.pause()
      void answer(text.slice(0, end), asker, act).then((result) => socket.end(`${JSON.stringify(result)}\n`))
    })
  })
  // The socket comes to be with the mode that the mask leaves: nobody else may get in between. The mask is the whole
  // process's: it is back before anything else can run.
  const mask = process.umask(0o177)
  let up: Promise<void>
  try {
    up = listening(server, path)
  } finally {
    process.umask(mask)
  }
  await up
  chmodSync(path, 0o600)
  server.unref()
  return {
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        rmSync(path, { force: true })
      }),
  }
}

async function answer(text: string, asker: Asker, act: Actor): Promise<ActResult> {
  const request = readRequest(text)
  if (!request) return { act: 'status', ok: false, detail: 'The request could not be read.' }
  try {
    const { onBehalfOf: user, ...asked } = request
    return await act(asked, user === undefined ? asker : { ...asker, via: 'server', user })
  } catch (error) {
    return { act: request.act, ok: false, detail: error instanceof Error ? error.message : String(error) }
  }
}

function readRequest(text: string): ActRequest | undefined {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null || !('act' in value) || !isAct(value.act)) return undefined
  const word = (name: string) => {
    const found = Object.entries(value).find(([key]) => key === name)?.[1]
    return typeof found === 'string' && found !== '' ? found : undefined
  }
  const call = word('call')
  const destination = word('destination')
  const onBehalfOf = word('onBehalfOf')?.slice(0, 100)
  return {
    act: value.act,
    ...(call !== undefined && { call }),
    ...(destination !== undefined && { destination }),
    ...(onBehalfOf !== undefined && { onBehalfOf }),
  }
}

function isAct(value: unknown): value is Act {
  return acts.some((act) => act === value)
}

function listening(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(path, resolve)
  })
}

/** Asks a running sandbox. Throws {@link OperatorError} when none listens there. */
export function askControl(path: string, request: ActRequest): Promise<ActResult> {
  return new Promise((resolve, reject) => {
    const refuse = (why: string, cause?: unknown) =>
      reject(
        new OperatorError('environment', {
          what: `No running sandbox answers at ${path}.`,
          why,
          fix: 'A recording can be acted on only while its run lives, and only by who started it.',
          cause,
        }),
      )
    const socket = connect(path)
    let text = ''
    socket.setEncoding('utf8')
    socket.setTimeout(answerMs, () => {
      socket.destroy()
      refuse(`It did not answer within ${answerMs / 1000} s.`)
    })
    socket.once('connect', () => socket.write(`${JSON.stringify(request)}\n`))
    socket.on('data', (chunk: string) => {
      text += chunk
      if (text.length > answerBytesMax) socket.destroy()
    })
    socket.once('error', (error: NodeJS.ErrnoException) => refuse(error.message, error))
    socket.once('close', () => {
      try {
        resolve(JSON.parse(text) as ActResult)
      } catch {
        refuse('Its answer could not be read.')
      }
    })
  })
}
