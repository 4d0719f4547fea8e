// One sandbox as ROCK describes it: in status answers, in its database, in billing.log.
//
//   {"sandbox_id":"0b6e…","host_name":"worker-7","host_ip":"10.8.0.4","port_mapping":{"22555":32001},"state":"stopped",
//    "create_time":"2026-03-07T09:30:00+08:00","start_time":"…","stop_time":"…",
//    "state_history":[{"from_state":"pending","to_state":"running","event":"…","timestamp":"…"}]}
// The container is on the worker's default bridge: outside, its traffic bears the worker's address (`host_ip`),
// shared with every other sandbox of that worker. `port_mapping` is inbound only.

import type { TopologyEntry } from '../../../schema/topology.ts'
import { addressOf, at, instantOf, listOf, textOf } from './record.ts'

export function rockSandbox(record: unknown, line: number): TopologyEntry | undefined {
  const box = textOf(at(record, 'sandbox_id'))
  if (!box) return undefined
  const host = textOf(at(record, 'host_name'))
  const worker = addressOf(at(record, 'host_ip'))
  const state = textOf(at(record, 'state'))?.toLowerCase()

  const began: number[] = []
  const ended: number[] = []
  const add = (list: number[], value: unknown) => {
    const us = instantOf(value)
    if (us !== undefined) list.push(us)
  }
  add(began, at(record, 'start_time'))
  for (const change of listOf(at(record, 'state_history')).slice(0, 1000)) {
    // A restarted sandbox keeps its name: its first start counts.
    if (textOf(at(change, 'to_state'))?.toLowerCase() === 'running') add(began, at(change, 'timestamp'))
    if (textOf(at(change, 'from_state'))?.toLowerCase() === 'running') add(ended, at(change, 'timestamp'))
  }
  if (began.length === 0) add(began, at(record, 'create_time'))
  add(ended, at(record, 'stop_time'))
  if (ended.length === 0) {
    add(ended, at(record, 'archive_time'))
    add(ended, at(record, 'delete_time'))
  }
  const over = state === undefined ? ended.length > 0 : state !== 'running' && state !== 'pending'
  const fromUs = began.length > 0 ? Math.min(...began) : undefined
  const toUs = over && ended.length > 0 ? Math.max(...ended) : undefined
  return {
    box,
    ...(host && { host }),
    ip: [],
    nat: worker ? [{ ip: worker }] : [],
    ...(fromUs !== undefined && { fromUs }),
    ...(toUs !== undefined && (fromUs === undefined || toUs >= fromUs) && { toUs }),
    line,
  }
}
