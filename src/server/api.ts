// The wire types: everything the page and scripts get from the server. Each view's schemas lie in a file of wire/.

export type { LiveMessage } from './wire/live.ts'
export type { ErrorAnswer, Session } from './wire/session.ts'
export type { SourceList, SourceRow } from './wire/sources.ts'
