// Carries the bytes of connections that were dialled: looked at, decided again by what they are, request by request for HTTP.

import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Observed } from '../protocols/sniff.ts'
import type { Decision } from '../schema/decision.ts'
import { type GatewayOptions, limits } from './api.ts'
import { denialBytes } from './denials.ts'
import { startHttpRelay } from './http-relay.ts'
import { askOf } from './inspect.ts'
import { openTls, openUpstream } from './intercept.ts'
import { listenLine, observedOf, policyOf, requestLine, seenLines } from './lines.ts'
import type { Link, Links } from './links.ts'
import { relay, resetStream } from './relay.ts'

export interface Carriage {
  readonly open: ReadonlySet<Link>
  start(link: Link, client: Socket, upstream: Socket): void
  close(): void
}

/** `redial`: a further connection for a link whose server closed the first between two requests. */
export function startCarriage(
  { authority, now, watchExchange }: GatewayOptions,
  links: Links,
  redial: (link: Link) => Promise<Socket>,
): Carriage {
  const open = new Set<Link>()
  const http = startHttpRelay()
  // Who drives a connection shows over time, and long before it ends.
  const report = setInterval(reportRhythms, limits.rhythmMs)
  report.unref()

  function start(link: Link, client: Socket, upstream: Socket): void {
    open.add(link)
    link.relay = relay({
      client,
      upstream,
      decideBytes: (observed) => judgeBytes(link, observed),
      denial: denialBytes,
      spend: (bytes) => links.spend(link, bytes),
      takeOver: (observed) => asHttp(link, client, upstream, observed),
      now,
      onObserved: (observed, decision) => see(link, observed, decision),
      onClose({ bytesIn, bytesOut, reset, bursts, asksToListen }) {
        open.delete(link)
        if (asksToListen) tellListening(link)
        links.close(link, {
          bytesIn,
          bytesOut,
          outcome: reset ? 'reset' : 'established',
          ...(bursts && { bursts }),
        })
      },
    })
  }

  /** Writes how an open connection's silences were broken, each time another was. */
  function reportRhythms(): void {
    for (const link of open) {
      if (link.ssh && link.relay?.asksToListen()) tellListening(link)
      const bursts = link.relay?.bursts()
      const broken = bursts ? bursts.serverFirst + bursts.clientFirst : 0
      if (!bursts || broken === link.breaksTold) continue
      link.breaksTold = broken
      const duration = Math.round(now() - link.startedAt)
      links.keepAlso(link, { ...link.line, activity: 'traffic', bursts, duration })
    }
  }

  /** Once. */
  function tellListening(link: Link): void {
    if (!link.ssh) return
    links.keepAlso(link, listenLine(link.line, link.ssh))
    link.ssh = undefined
  }

  /** Keeps what the bytes showed, and what was decided by it. */
  function see(link: Link, observed: Observed, decision: Decision): void {
    link.line = {
      ...link.line,
      observed: { ...link.line.observed, ...observedOf(observed) },
      ...(observed.mining && { mining: observed.mining }),
      ...(decision.verdict === 'deny' && { disposition: 'blocked', policy: policyOf(decision) }),
    }
    link.ssh = observed.ssh
    for (const line of seenLines(link.line, observed)) links.keepAlso(link, line)
    links.tell('bytes', link)
  }

  /** Of a connection that only request by request can decide, `ask-more`. */
  function judgeBytes(link: Link, observed: Observed): Decision {
    const seen = askOf(observed)
    let { decision } = links.judge(link, { stage: 'bytes', ...seen })
    const request =
      observed.layers.length === 1 && observed.layers[0] === 'http' && observed.http?.method !== undefined
    // Each request is decided, not the first alone: the connection goes on as HTTP.
    if (request && decision.verdict === 'allow')
      decision = { ...decision, verdict: 'ask-more', until: 'request' }
    const opened = decision.intercept === true && authority !== undefined && observed.layers[0] === 'tls'
    if (decision.verdict === 'ask-more' && !request && !opened) {
      const reason = `${decision.reason}, but its requests cannot be looked into`
      decision = { ...decision, verdict: 'deny', code: 'protocol', reason }
    }
    if (decision.verdict !== 'deny' || links.enforces(decision)) return decision
    link.line = { ...link.line, ...links.wouldBlock(), policy: policyOf(decision) }
    return request
      ? { ...decision, verdict: 'ask-more', until: 'request' }
      : { ...decision, verdict: 'allow' }
  }

  /** The connection goes on as HTTP, its TLS opened where it has some; each request is decided by itself. */
  function asHttp(link: Link, client: Socket, upstream: Socket, observed: Observed): void {
    const tls = observed.layers[0] === 'tls'
    const host = observed.sni ?? link.name ?? link.flow.dst.ip
    const ends =
      tls && authority
        ? openTls(authority, client, upstream, host, (why) => link.cut(why))
        : { client, upstream }
    link.cutEnds = () => {
      resetStream(client)
      resetStream(upstream)
    }
    http.take({
      ...ends,
      redial: async () => {
        const socket = await redial(link)
        return tls && authority ? openUpstream(socket, host) : socket
      },
      decide: (request) => {
        // A proxy that the policy opens is no way to what it does not open.
        const beyond = request.method === 'CONNECT' ? links.judgeBeyond(link, request.path) : undefined
        if (beyond) return beyond
        const { decision, denied } = links.judge(link, {
          stage: 'request',
          ...askOf(observed),
          layers: [...(tls ? ['tls'] : []), 'http'],
          method: request.method,
          path: request.path,
          ...(request.host !== undefined && request.method !== 'CONNECT' && { httpHost: request.host }),
        })
        return denied || decision.verdict === 'ask-more'
          ? { ...decision, verdict: 'deny' }
          : { ...decision, verdict: 'allow' }
      },
      onRequest(request, decision, status) {
        const letPass = decision.verdict === 'allow' && decision.code !== 'allowed'
        const line = requestLine(link.line, request, decision, status)
        links.keepAlso(link, letPass ? { ...line, ...links.wouldBlock() } : line)
      },
      spend: (bytes) => links.spend(link, bytes),
      ...(watchExchange && { watch: (request) => watchExchange(request, link.actor) }),
      onUpgrade: (one, other, layers) => relayUpgraded(link, one, other, layers),
      onClose() {
        open.delete(link)
        const outcome = link.cutFor === undefined ? 'established' : 'reset'
        links.close(link, { bytesIn: client.bytesWritten, bytesOut: client.bytesRead, outcome })
      },
    })
  }

  /** What a request was upgraded to: passed on, looked at, and cut when it shows what may not be. */
  function relayUpgraded(link: Link, client: Duplex, upstream: Duplex, outer: readonly string[]): void {
    relay({
      client,
      upstream,
      decideBytes: (observed) => {
        const layers = [...outer, ...observed.layers]
        const { decision, denied } = links.judge(link, { stage: 'bytes', layers })
        return denied ? decision : { ...decision, verdict: 'allow' }
      },
      denial: () => undefined,
      spend: (bytes) => links.spend(link, bytes),
      now,
      onObserved: (observed, decision) =>
        see(link, { ...observed, layers: [...outer, ...observed.layers] }, decision),
      onClose() {},
    })
  }

  return {
    open,
    start,
    close() {
      clearInterval(report)
      http.close()
    },
  }
}
