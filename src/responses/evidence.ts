// What is kept of processes before they are killed: who they were, what they had open, what they had mapped.

import { mkdirSync, readdirSync, readFileSync, readlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readProcStat } from '../base/proc-stat.ts'
import { quietly } from '../base/quietly.ts'

const limits = { processes: 1_000, descriptors: 200, maps: 200, textChars: 8_192 } as const

/**
 * Writes `evidence/NAME.json` below the recording: for each process its command line, parent, descriptors, sockets
 * and mapped files. Best taken while they are frozen. Returns the file's path below the recording.
 */
export function keepEvidence(
  dir: string,
  name: string,
  pids: readonly number[],
  redact: (text: string) => string,
): string {
  const processes = pids.slice(0, limits.processes).flatMap((pid) => processEvidence(pid) ?? [])
  const kept = {
    _schema: 'vigiles/evidence/v1',
    processes,
    ...(pids.length > limits.processes && { more: pids.length - limits.processes }),
  }
  mkdirSync(join(dir, 'evidence'), { recursive: true, mode: 0o700 })
  const file = join('evidence', `${name}.json`)
  writeFileSync(join(dir, file), `${redact(JSON.stringify(kept, null, 1))}\n`, { mode: 0o600 })
  return file
}

function processEvidence(pid: number) {
  const read = (file: string) =>
    quietly(() => readFileSync(`/proc/${pid}/${file}`, 'utf8').slice(0, limits.textChars * 64))
  const stat = read('stat')
  if (stat === undefined) return undefined
  const { name, fields } = readProcStat(stat)
  const descriptors = (quietly(() => readdirSync(`/proc/${pid}/fd`)) ?? []).slice(0, limits.descriptors)
  const maps = new Set((read('maps') ?? '').split('\n').flatMap((line) => /\s(\/.*)$/.exec(line)?.[1] ?? []))
  return {
    pid,
    ppid: Number(fields[1]),
    state: fields[0],
    startTicks: Number(fields[19]),
    name,
    cmdLine: read('cmdline')?.replaceAll('\0', ' ').trim().slice(0, limits.textChars),
    exe: quietly(() => readlinkSync(`/proc/${pid}/exe`)),
    cwd: quietly(() => readlinkSync(`/proc/${pid}/cwd`)),
    descriptors: descriptors.flatMap(
      (fd) => quietly(() => `${fd} ${readlinkSync(`/proc/${pid}/fd/${fd}`)}`) ?? [],
    ),
    sockets: socketsOf(pid),
    maps: [...maps].slice(0, limits.maps),
  }
}

/** The TCP sockets of the process's network, as the kernel's own table says; the same for all of a sandbox. */
function socketsOf(pid: number): string[] {
  const table = quietly(() => readFileSync(`/proc/${pid}/net/tcp`, 'latin1')) ?? ''
  return table
    .split('\n')
    .slice(1, limits.descriptors)
    .flatMap((line) => {
      const [, local, remote, state, , , , , , inode] = line.trim().split(/\s+/)
      return local === undefined || remote === undefined
        ? []
        : [`${hexEndpoint(local)} ${hexEndpoint(remote)} state ${state} inode ${inode}`]
    })
}

function hexEndpoint(text: string): string {
  const [address = '', port = ''] = text.split(':')
  const bytes =
    address
      .match(/../g)
      ?.map((pair) => Number.parseInt(pair, 16))
      .reverse() ?? []
  return `${bytes.join('.')}:${Number.parseInt(port, 16)}`
}
