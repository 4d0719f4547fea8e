import {
  appendFileSync,
  chmodSync,
  existsSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { attributionLines } from '../../src/pipeline/read-case.ts'
import type {
  IncidentList,
  IncidentNotes,
  IncidentStoryAnswer,
  SourceList,
  WhyAnswer,
} from '../../src/server/api.ts'
import { incidentList, incidentStory } from '../../src/server/wire/incidents.ts'
import { sourceList } from '../../src/server/wire/sources.ts'
import { whyAnswer } from '../../src/server/wire/why.ts'
import { openRoom, type Room, recordedCase, temporaryFolder } from './room.ts'

const { folder, remove } = temporaryFolder()
let room: Room
let caseFolder: string
let source: string
let worst: string

beforeAll(async () => {
  caseFolder = await recordedCase(folder)
  room = await openRoom(folder, [caseFolder])
  const { value } = await room.ask<SourceList>('/sources')
  source = sourceList.parse(value).sources[0]!.id
  const list = await room.ask<IncidentList>(`/sources/${source}/incidents`)
  worst = list.value.incidents[0]!.uid
}, 120_000)

afterAll(async () => {
  await room.close()
  remove()
  expect(room.errors).toEqual([])
})

describe('incidents of a case', () => {
  it('are listed worst first, in the shape that is promised', async () => {
    const { status, value } = await room.ask(`/sources/${source}/incidents`)
    expect(status).toBe(200)
    const { incidents } = incidentList.parse(value)
    expect(incidents.length).toBeGreaterThan(1)
    expect(incidents[0]!.severity).toBe('critical')
    expect(incidents.every(({ status: word }) => word === 'open')).toBe(true)
  })

  it('have a story in the order of time, with the calls that are held responsible', async () => {
    const { value } = await room.ask(`/sources/${source}/incidents/${worst}`)
    const { incident, story, findings, techniques } = incidentStory.parse(value)
    expect(story.map(({ time }) => time)).toEqual(story.map(({ time }) => time).toSorted())
    const calls = new Set(story.filter(({ kind }) => kind === 'call').map(({ uid }) => uid))
    expect(incident.toolCalls.filter((uid) => !calls.has(uid))).toEqual([])
    expect(findings.map(({ uid }) => uid).toSorted()).toEqual([...incident.findings].toSorted())
    expect(techniques.every(({ uid }) => /^(?:T\d{4}(?:\.\d{3})?|AML\.T\d{4}(?:\.\d{3})?)$/.test(uid))).toBe(
      true,
    )
  })

  it('answer 404 for one that is not there', async () => {
    expect((await room.ask(`/sources/${source}/incidents/inc-none`)).status).toBe(404)
    expect((await room.ask('/sources/000000000000/incidents')).status).toBe(404)
  })
})

describe('what people say of an incident', () => {
  const path = () => `/sources/${source}/incidents/${worst}/notes`

  it('is kept beside the case, word for word, and stands in its page as text', async () => {
    const comment = 'Seen <script>alert(1)</script> \u202e and \u001b[31m'
    const first = await room.ask<IncidentNotes>(path(), {
      body: { by: 'mira', comment, status: 'investigating' },
    })
    expect(first.status).toBe(200)
    await room.ask(path(), { body: { by: 'jon', assignee: 'jon', tags: ['night', 'gpu'] } })
    const { value } = await room.ask<IncidentStoryAnswer>(`/sources/${source}/incidents/${worst}`)
    expect(value.notes).toMatchObject({ status: 'investigating', assignee: 'jon', tags: ['night', 'gpu'] })
    expect(value.notes.entries[0]!.comment).toBe(comment)
    expect(readFileSync(join(caseFolder, 'notes.jsonl'), 'utf8').trimEnd().split('\n')).toHaveLength(2)
    const page = await fetch(`${room.origin}/api/v1/sources/${source}/incidents/${worst}/page`, {
      headers: { authorization: `Bearer ${room.token}` },
    })
    const html = await page.text()
    expect(page.headers.get('content-disposition')).toMatch(/^attachment/)
    expect(html).not.toContain('<script>alert(1)')
    expect(html).toContain('Seen &lt;script&gt;alert(1)&lt;/script&gt; \\u{202e} and \\x1b[31m')
    expect(html).not.toMatch(/(?:src|href)="https?:/)
  })

  it('survives a cut-off line and lines of somebody else', async () => {
    appendFileSync(
      join(caseFolder, 'notes.jsonl'),
      '{"by":"x"}\nno json\n{"_schema":"vigiles/note/v1","time":"2026',
    )
    const { value } = await room.ask<IncidentStoryAnswer>(`/sources/${source}/incidents/${worst}`)
    expect(value.notes.entries).toHaveLength(2)
  })

  it('is refused when it is empty, unknown or from somebody who may only look', async () => {
    expect((await room.ask(path(), { body: { by: 'mira' } })).status).toBe(400)
    expect((await room.ask(path(), { body: { by: 'mira', comment: 'x', severity: 'low' } })).status).toBe(400)
    expect((await room.ask(path(), { body: { by: '', comment: 'x' } })).status).toBe(400)
    expect(
      (await room.ask(path(), { body: { by: 'a', comment: 'x' }, token: room.readerToken })).status,
    ).toBe(403)
  })

  it('goes on in the state folder when the case may not be written', async () => {
    if (process.getuid?.() === 0) return // Root may write anywhere.
    chmodSync(join(caseFolder, 'notes.jsonl'), 0o400)
    try {
      const { value } = await room.ask<IncidentNotes>(path(), { body: { by: 'mira', comment: 'read-only' } })
      expect(value.entries.map(({ comment }) => comment)).toContain('read-only')
      expect(value.entries.length).toBeGreaterThan(2)
      expect(existsSync(join(room.stateFolder, 'notes', `${source}.jsonl`))).toBe(true)
    } finally {
      chmodSync(join(caseFolder, 'notes.jsonl'), 0o600)
    }
  })

  it('is never written behind a link that a case brings along', async () => {
    const notes = join(caseFolder, 'notes.jsonl')
    const target = join(folder, 'somebody-elses.txt')
    writeFileSync(target, 'mine\n')
    renameSync(notes, `${notes}.aside`)
    symlinkSync(target, notes)
    try {
      const { status, value } = await room.ask<IncidentNotes>(path(), {
        body: { by: 'mira', comment: 'linked' },
      })
      expect(status).toBe(200)
      expect(value.entries.at(-1)?.comment).toBe('linked')
      expect(readFileSync(target, 'utf8')).toBe('mine\n')
    } finally {
      rmSync(notes)
      renameSync(`${notes}.aside`, notes)
    }
  })
})

describe('why an alarm rang', () => {
  it('is told for a uid and for the pasted line alike, with probabilities that sum to 1', async () => {
    const alarm = [...attributionLines(caseFolder)].find(
      (line) => line.verdict === 'attributed' && line.event.rule !== null,
    )!
    const { value } = await room.ask<WhyAnswer>(`/sources/${source}/why?of=${alarm.event.uid}`)
    const answer = whyAnswer.parse(value)
    expect(answer.toolCall).toBe(alarm.toolCall)
    const sum = answer.candidates.reduce((all, { p }) => all + p, answer.pNone + answer.pOther)
    expect(sum).toBeCloseTo(1, 6)
    expect(answer.candidates[0]!.call?.uid).toBe(answer.candidates[0]!.toolCall)
    expect(answer.next).not.toBe('')
    const pasted = `${alarm.event.sourceTime} ${alarm.event.src} ${alarm.event.dst} ${alarm.event.port} ${alarm.event.rule}`
    const again = await room.ask<WhyAnswer>(`/sources/${source}/why?of=${encodeURIComponent(pasted)}`)
    expect(again.value.event.dst).toBe(alarm.event.dst)
  })

  it('is refused clearly for what no event matches', async () => {
    const { status, value } = await room.ask<{ error: { what: string; fix: string } }>(
      `/sources/${source}/why?of=${encodeURIComponent('nothing of the kind')}`,
    )
    expect(status).toBe(404)
    expect(value.error.fix).toContain('Paste the whole line')
    expect((await room.ask(`/sources/${source}/why`)).status).toBe(400)
  })
})
