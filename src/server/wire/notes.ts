// What people write about an incident.

import { z } from 'zod'

export const noteStatus = z.enum(['open', 'investigating', 'contained', 'closed', 'false-positive'])

const words = {
  comment: z.string().min(1).max(10_000).optional(),
  status: noteStatus.optional(),
  /** Empty: nobody any more. */
  assignee: z.string().max(100).optional(),
  /** All there are from now on. */
  tags: z.array(z.string().min(1).max(50)).max(30).optional(),
}

/** What a person adds; `by` is the name they give themselves. */
export const newNote = z
  .strictObject({ by: z.string().trim().min(1).max(100), ...words })
  .refine(({ by, ...rest }) => Object.values(rest).some((value) => value !== undefined), {
    message: 'a note wants a comment, a status, an assignee or tags',
  })

export type NewNote = z.infer<typeof newNote>

export const noteEntry = z.object({
  time: z.iso.datetime(),
  by: z.string().max(100),
  incident: z.string().max(100),
  ...words,
})
export type NoteEntry = z.infer<typeof noteEntry>

export const incidentNotes = z.object({
  status: noteStatus,
  assignee: z.string().nullable(),
  tags: z.array(z.string()),
  entries: z.array(noteEntry),
})
export type IncidentNotes = z.infer<typeof incidentNotes>

export const noNotes: IncidentNotes = { status: 'open', assignee: null, tags: [], entries: [] }
