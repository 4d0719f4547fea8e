// The live feed: one connection for the whole page, opened again whenever it is lost.

import { useEffect, useRef, useState } from 'react'
import type { LiveMessage } from '../../../src/server/api.ts'
import { createStore, useStore } from '../state/store.ts'

export type LiveState = 'connecting' | 'open' | 'lost'

const againMsMin = 1_000
const againMsMax = 30_000

const state = createStore<LiveState>('connecting')
const listeners = new Set<(message: LiveMessage) => void>()
/** Called when the feed is back after a pause: what was missed has to be asked for. */
const missed = new Set<() => void>()

/**
 * Opens the feed; returns how to end it. Browsers allow few connections to one server at a time: of several tabs one has the
 * connection and tells the others. Where a browser gives no locks (a page without TLS from elsewhere) each has its own.
 */
export function openLive(): () => void {
  if (!('locks' in navigator) || typeof BroadcastChannel === 'undefined') return connectFeed(take)
  const channel = new BroadcastChannel('vigiles-live')
  const ended = new AbortController()
  channel.onmessage = ({ data }) => take(data)
  navigator.locks
    .request('vigiles-live', { signal: ended.signal }, () => {
      const close = connectFeed((news) => {
        take(news)
        channel.postMessage(news)
      })
      return new Promise<void>((resolve) => {
        ended.signal.addEventListener('abort', () => {
          close()
          resolve()
        })
      })
    })
    .catch(() => {}) // Ended while another tab had it.
  channel.postMessage({ kind: 'asks' })
  return () => {
    ended.abort()
    channel.close()
  }
}

/** What a tab hears of the feed, from the server or from the tab that has the connection. */
type News =
  | { readonly kind: 'state'; readonly state: LiveState }
  | { readonly kind: 'back' }
  | { readonly kind: 'message'; readonly data: unknown }
  /** A new tab wants to know how it stands. */
  | { readonly kind: 'asks' }

let answerState: (() => void) | undefined

function take(news: News): void {
  if (news.kind === 'asks') answerState?.()
  else if (news.kind === 'state') state.set(news.state)
  else if (news.kind === 'back') for (const listener of [...missed]) listener()
  else {
    const message = messageOf(news.data)
    if (message) for (const listener of [...listeners]) listener(message)
  }
}

function connectFeed(tell: (news: News) => void): () => void {
  let source: EventSource | undefined
  let timer: ReturnType<typeof setTimeout> | undefined
  let waitMs = againMsMin
  let wasOpen = false
  let now: LiveState = 'connecting'
  const say = (next: LiveState) => {
    now = next
    tell({ kind: 'state', state: next })
  }
  answerState = () => tell({ kind: 'state', state: now })

  const connect = () => {
    source = new EventSource('/api/v1/stream')
    source.onopen = () => {
      waitMs = againMsMin
      say('open')
      if (wasOpen) tell({ kind: 'back' })
      wasOpen = true
    }
    source.onmessage = (event) => tell({ kind: 'message', data: event.data })
    source.onerror = () => {
      say('lost')
      // The browser comes back by itself after a cut, but gives up on an answer that is no stream.
      if (source?.readyState !== EventSource.CLOSED) return
      timer = setTimeout(connect, waitMs)
      waitMs = Math.min(againMsMax, waitMs * 2)
    }
  }
  connect()
  return () => {
    answerState = undefined
    clearTimeout(timer)
    source?.close()
  }
}

const types: readonly string[] = ['source', 'finding', 'traffic', 'act', 'answer', 'note']

/** Undefined for what this version does not know. */
export function messageOf(data: unknown): LiveMessage | undefined {
  if (typeof data !== 'string') return undefined
  let value: unknown
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  if (typeof value !== 'object' || value === null) return undefined
  const { type, source } = value as Record<string, unknown>
  const isKnown = typeof type === 'string' && types.includes(type) && typeof source === 'string'
  return isKnown ? (value as LiveMessage) : undefined
}

export function useLiveState(): LiveState {
  return useStore(state)
}

/** Calls `listener` for every message from now on. */
export function useLive(listener: (message: LiveMessage) => void): void {
  const latest = useRef(listener)
  latest.current = listener
  useEffect(() => {
    const call = (message: LiveMessage) => latest.current(message)
    listeners.add(call)
    return () => {
      listeners.delete(call)
    }
  }, [])
}

const turnMs = 1_000

/**
 * A number that grows when something of `types` happened (of that source, if one is named), at most once a second:
 * for views that ask anew.
 */
export function useLiveTurn(kinds: readonly LiveMessage['type'][], source?: string): number {
  const [turn, setTurn] = useState(0)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const last = useRef(0)
  const bump = () => {
    if (timer.current !== undefined) return
    const wait = Math.max(0, last.current + turnMs - Date.now())
    timer.current = setTimeout(() => {
      timer.current = undefined
      last.current = Date.now()
      setTurn((n) => n + 1)
    }, wait)
  }
  useLive((message) => {
    if (kinds.includes(message.type) && (source === undefined || message.source === source)) bump()
  })
  useEffect(() => {
    const again = () => setTurn((n) => n + 1)
    missed.add(again)
    return () => {
      missed.delete(again)
      clearTimeout(timer.current)
      timer.current = undefined
    }
  }, [])
  return turn
}
