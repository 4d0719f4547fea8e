// The wire types: everything the page and scripts get from the server. Each view's schemas lie in a file of wire/.

export type { CallAnswer, CallRow, CallsAnswer } from './wire/calls.ts'
export type { CompareAnswer, CompareItem, CompareList, CompareSide } from './wire/compare.ts'
export type { BoxState, ContainPreview, ContainRequest, ContainResult } from './wire/contain.ts'
export type { CoverageAnswer, ReadinessAnswer } from './wire/coverage.ts'
export type { EgressAnswer, EgressRow } from './wire/egress.ts'
export type { EpisodeRow, EpisodesAnswer } from './wire/episodes.ts'
export type { EventRow, EventsAnswer } from './wire/events.ts'
export type { FollowAnswerRow, FollowStateAnswer } from './wire/follow.ts'
export type {
  FindingRow,
  IncidentList,
  IncidentRow,
  IncidentStoryAnswer,
  StoryEntry,
} from './wire/incidents.ts'
export type { LiveMessage } from './wire/live.ts'
export type { LiveRun } from './wire/live-run.ts'
export type { IncidentNotes, NewNote, NoteEntry } from './wire/notes.ts'
export type { AttentionItem, FoundThing, Overview, RunningRun, StoppedRun } from './wire/overview.ts'
export type { PolicyFile, PolicyProposal, PolicySaved, ProposeRequest, SavePolicy } from './wire/policy.ts'
export type {
  CancelAnswer,
  QueryAnswer as SqlAnswer,
  SavedAnswer,
  SavedQuery,
  TablesAnswer,
} from './wire/query.ts'
export type { ErrorAnswer, Session } from './wire/session.ts'
export type { SourceList, SourceRow } from './wire/sources.ts'
export type {
  ItemAnswer as TimelineItemAnswer,
  SeekAnswer,
  Tile,
  TilesAnswer,
  TimelineAnswer,
  TimelineItem,
} from './wire/timeline.ts'
export type { AlarmEvent, ToolCallRow, WhyAnswer } from './wire/why.ts'
