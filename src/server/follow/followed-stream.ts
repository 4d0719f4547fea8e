// A followed stream as something to look at: its case like any other's, its answers as they come.

import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { Follow, FollowAnswer, FollowEvent } from '../../pipeline/follow/api.ts'
import type { Hub } from '../hub.ts'
import type { Source } from '../sources.ts'

/** Answers of one moment that are told to pages one by one; of more, the newest. */
const toldMax = 50

/** The stream as a source. Its case is made when first asked for, and again as it grows. */
export class FollowedStream implements Source {
  readonly kind = 'follow'
  readonly id: string
  readonly folder: string
  readonly title: string
  readonly follow: Follow

  constructor(follow: Follow, paths: readonly string[]) {
    this.follow = follow
    this.folder = follow.state
    this.id = idOf(follow.state)
    this.title = paths.length === 0 ? 'received' : paths.join(', ')
  }

  async isLive(): Promise<boolean> {
    return true
  }

  async caseFolder(): Promise<string> {
    if (!existsSync(join(this.follow.caseFolder, 'summary.json'))) await this.follow.investigate()
    return this.follow.caseFolder
  }
}

function idOf(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 12)
}

/** Hands what happens in a stream on to the pages that listen. `source`: its id, once it is known. */
export function tellPages(hub: Hub, source: () => string | undefined): (event: FollowEvent) => void {
  return (event) => {
    const id = source()
    if (id === undefined) return
    switch (event.type) {
      case 'answers':
      case 'revisions':
        // Only alarms interrupt somebody; all answers are a request away.
        for (const answer of event.answers.filter(({ alarm }) => alarm).slice(-toldMax)) {
          hub.send({ type: 'answer', source: id, ...answerText(answer) })
        }
        return
      case 'finding': {
        const { uid, severity, title, detection, lastSeen } = event.finding
        hub.send({ type: 'finding', source: id, uid, severity, title, detection, time: lastSeen })
        return
      }
      case 'case':
        hub.send({ type: 'source', source: id })
    }
  }
}

function answerText({ uid, revision, changed, verdict, toolCall, p, event, call }: FollowAnswer) {
  const to = `${event.name ?? event.dst}${event.port === null ? '' : `:${event.port}`}`
  const by = call === undefined ? 'no call found' : `${call.name} ${call.command}`.slice(0, 200)
  return {
    uid,
    revision: revision + 1,
    verdict,
    toolCall,
    p,
    text: `${event.src} to ${to}: ${by}`,
    changed: changed?.join(', ') ?? null,
    time: event.time,
  }
}
