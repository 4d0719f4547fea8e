// The table of episodes: filtered, sorted and cut into pages by the server.

import { z } from 'zod'
import { count, direction, page, searchText, severity, timeRange } from './page.ts'

export const episodeRow = z.object({
  uid: z.string(),
  run: z.string().nullable(),
  /** Null where its trace names none: then the row stands for its sandbox. */
  episode: z.string().nullable(),
  step: z.number().nullable(),
  policyVersion: z.string().nullable(),
  box: z.string().nullable(),
  /** How many sandboxes; `box` is the first. */
  boxes: z.number(),
  reward: z.number().nullable(),
  calls: z.number(),
  /** Events attributed to its calls. */
  events: z.number(),
  denied: z.number(),
  destinations: z.number(),
  bytesOut: count.nullable(),
  bytesIn: count.nullable(),
  findings: z.number(),
  worst: severity.nullable(),
  firstTime: z.string().nullable(),
  lastTime: z.string().nullable(),
})
export type EpisodeRow = z.infer<typeof episodeRow>

export const episodeSorts = [
  'run',
  'episode',
  'step',
  'policyVersion',
  'box',
  'reward',
  'calls',
  'events',
  'denied',
  'destinations',
  'bytesOut',
  'bytesIn',
  'findings',
  'worst',
  'firstTime',
  'lastTime',
] as const

export const episodesQuery = z.strictObject({
  ...page,
  ...timeRange,
  /** In episode, run, sandbox or version of the weights. */
  text: searchText,
  /** At least one finding this bad. */
  severity: severity.optional(),
  stepFrom: z.coerce.number().int().optional(),
  stepTo: z.coerce.number().int().optional(),
  run: z.string().max(1000).optional(),
  sort: z.enum(episodeSorts).default('firstTime'),
  direction: direction.default('asc'),
})
export type EpisodesQuery = z.output<typeof episodesQuery>

export const episodesAnswer = z.object({
  rows: z.array(episodeRow),
  /** Rows that fit the filter, on all pages. */
  total: z.number(),
  /** Of the whole case, so that columns and filters nobody can fill are left out. */
  has: z.object({
    episodes: z.number(),
    stepMin: z.number().nullable(),
    stepMax: z.number().nullable(),
    rewards: z.number(),
    bytes: z.number(),
    policyVersions: z.number(),
    firstTime: z.string().nullable(),
    lastTime: z.string().nullable(),
  }),
})
export type EpisodesAnswer = z.infer<typeof episodesAnswer>
