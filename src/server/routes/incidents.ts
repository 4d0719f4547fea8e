import { alarmAnswer, incidentStory } from '../../pipeline/case-answers.ts'
import { readSummary } from '../../pipeline/read-case.ts'
import { incidentPage } from '../../pipeline/share-incident.ts'
import type { Context } from '../context.ts'
import { defineEndpoint, defineRawEndpoint } from '../endpoint.ts'
import { readNotes, writeNote } from '../notes.ts'
import { Problem } from '../problem.ts'
import { responsesOf } from '../views/responses.ts'
import { findingRowOf, whyOf } from '../views/why.ts'
import { incidentList, incidentStory as storyShape } from '../wire/incidents.ts'
import { incidentNotes, newNote, noNotes } from '../wire/notes.ts'
import { whyAnswer, whyQuery } from '../wire/why.ts'

export const incidentEndpoints = [
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/incidents',
    summary: 'What the investigation came to: its verdict and its incidents, worst first.',
    role: 'reader',
    answer: incidentList,
    async handle(context) {
      const source = context.source()
      const { verdict, incidents, findings, hypotheses, notes } = readSummary(await source.caseFolder())
      const said = readNotes(source, context.stateFolder)
      return {
        verdict,
        findings,
        hypotheses: hypotheses.slice(),
        notes: notes.slice(),
        incidents: incidents.map((one) => {
          const { status, assignee, tags } = said.get(one.uid) ?? noNotes
          return { ...plainIncident(one), status, assignee, tags }
        }),
      }
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/incidents/:incident',
    summary:
      'The story of an incident: its calls, events and responses in order, its findings, and what people said.',
    role: 'reader',
    answer: storyShape,
    async handle(context) {
      const source = context.source()
      const uid = context.params.incident ?? ''
      const found = await incidentStory(await source.caseFolder(), uid, context.signal)
      if (!found) throw noIncident()
      const responses = await responsesOf(source, found.incident)
      return {
        incident: plainIncident(found.incident),
        findings: found.findings.map(findingRowOf),
        techniques: found.techniques.slice(),
        story: found.entries.slice(),
        left: found.left,
        responses,
        notes: readNotes(source, context.stateFolder).get(uid) ?? noNotes,
      }
    },
  }),
  defineEndpoint({
    method: 'POST',
    path: '/sources/:source/incidents/:incident/notes',
    summary: 'Adds a comment, or sets status, assignee or tags of an incident.',
    role: 'operator',
    body: newNote,
    answer: incidentNotes,
    async handle(context, { body }) {
      const source = context.source()
      const uid = await knownIncident(context)
      writeNote(source, context.stateFolder, { time: new Date().toISOString(), incident: uid, ...body })
      context.hub.send({ type: 'note', source: source.id, incident: uid })
      return readNotes(source, context.stateFolder).get(uid) ?? noNotes
    },
  }),
  defineRawEndpoint({
    method: 'GET',
    path: '/sources/:source/incidents/:incident/page',
    summary: 'The incident as one HTML file that works offline, with what people said.',
    role: 'reader',
    gives: 'text/html',
    async respond(context) {
      const source = context.source()
      const uid = await knownIncident(context)
      const notes = readNotes(source, context.stateFolder).get(uid)
      const page = incidentPage(
        await source.caseFolder(),
        uid,
        notes && {
          ...notes,
          comments: notes.entries.flatMap(({ time, by, comment }) =>
            comment === undefined ? [] : [{ time, by, text: comment }],
          ),
        },
      )
      if (page === undefined) throw noIncident()
      // Handed out as a file: opened here it would be held to this server's own policy.
      return new Response(page, {
        headers: {
          'Content-Type': 'text/html; charset=utf-8',
          'Content-Disposition': `attachment; filename="incident-${uid.replace(/[^\w-]/g, '')}.html"`,
          'Cache-Control': 'no-store',
        },
      })
    },
  }),
  defineEndpoint({
    method: 'GET',
    path: '/sources/:source/why',
    summary:
      'Which call caused an alarm, how sure that is, and why: for an event’s uid or a log line as it was pasted.',
    role: 'reader',
    query: whyQuery,
    answer: whyAnswer,
    async handle(context, { query }) {
      const folder = await context.source().caseFolder()
      const answer = await alarmAnswer(folder, query.of.trim(), { signal: context.signal })
      if (!answer) {
        throw new Problem(404, {
          what: 'No event of this case matches.',
          why: 'It was compared by the time as the source wrote it, by addresses and port.',
          fix: 'Paste the whole line as it stands in the log.',
        })
      }
      return whyOf(answer)
    },
  }),
]

async function knownIncident(context: Context): Promise<string> {
  const uid = context.params.incident ?? ''
  const { incidents } = readSummary(await context.source().caseFolder())
  if (!incidents.some((one) => one.uid === uid)) throw noIncident()
  return uid
}

function noIncident(): Problem {
  return new Problem(404, { what: 'This case has no such incident.', fix: 'Choose one from the list.' })
}

/** Lists of their own, as the wire types want them. */
function plainIncident(one: ReturnType<typeof readSummary>['incidents'][number]) {
  const { kinds, toolCalls, episodes, destinations, findings, actions, boxes, policyVersions } = one
  return {
    ...one,
    kinds: [...kinds],
    toolCalls: [...toolCalls],
    episodes: [...episodes],
    destinations: [...destinations],
    findings: [...findings],
    actions: [...actions],
    boxes: [...boxes],
    policyVersions: [...policyVersions],
  }
}
