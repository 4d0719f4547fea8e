// Incidents of a source, and the story of one.

import { z } from 'zod'
import { severityWord } from './live.ts'
import { incidentNotes, noteStatus } from './notes.ts'

export const incident = z.object({
  uid: z.string(),
  title: z.string(),
  severity: severityWord,
  kinds: z.array(z.string()),
  firstSeen: z.string(),
  lastSeen: z.string(),
  ongoing: z.boolean(),
  toolCalls: z.array(z.string()),
  episodes: z.array(z.string()),
  firstStep: z.number().nullable(),
  destinations: z.array(z.string()),
  findings: z.array(z.string()),
  actions: z.array(z.object({ do: z.string(), why: z.string() })),
  boxes: z.array(z.string()),
  occurrences: z.number(),
  policyVersions: z.array(z.string()),
  rewarded: z.string().nullable(),
})

export const incidentRow = incident.extend({
  status: noteStatus,
  assignee: z.string().nullable(),
  tags: z.array(z.string()),
})
export type IncidentRow = z.infer<typeof incidentRow>

/** What the whole investigation came to, above the list. */
export const incidentList = z.object({
  verdict: z.string(),
  incidents: z.array(incidentRow),
  findings: z.record(severityWord, z.number()),
  hypotheses: z.array(
    z.object({
      name: z.string(),
      score: z.number(),
      pValue: z.number(),
      verdict: z.enum(['supported', 'rejected', 'undecided']),
      text: z.string(),
    }),
  ),
  notes: z.array(z.string()),
})
export type IncidentList = z.infer<typeof incidentList>

export const findingRow = z.object({
  uid: z.string(),
  title: z.string(),
  description: z.string(),
  severity: severityWord,
  detection: z.string(),
  detectionName: z.string(),
  firstSeen: z.string().nullable(),
  lastSeen: z.string().nullable(),
  events: z.array(z.string()),
  toolCalls: z.array(z.string()),
})
export type FindingRow = z.infer<typeof findingRow>

export const storyEntry = z.object({
  time: z.string(),
  kind: z.enum(['call', 'event', 'response']),
  uid: z.string(),
  title: z.string(),
  detail: z.string(),
  toolCall: z.string().nullable(),
  p: z.number().nullable(),
  finding: z.string().nullable(),
})
export type StoryEntry = z.infer<typeof storyEntry>

export const incidentStory = z.object({
  incident,
  findings: z.array(findingRow),
  /** MITRE ids are of the shapes T1234, T1234.001 and AML.T0000. */
  techniques: z.array(z.object({ uid: z.string(), name: z.string() })),
  /** Calls, events and responses in the order of their time. */
  story: z.array(storyEntry),
  /** More of them than are told. */
  left: z.number(),
  /** What was done by a response or a person, and whether it worked. Only a recording knows. */
  responses: z.array(
    z.object({ time: z.string(), do: z.string(), ok: z.boolean(), detail: z.string(), by: z.string() }),
  ),
  notes: incidentNotes,
})
export type IncidentStoryAnswer = z.infer<typeof incidentStory>
