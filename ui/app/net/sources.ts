import { createContext, useContext } from 'react'
import type { Session, SourceRow } from '../../../src/server/api.ts'
import type { Loaded } from './use-load.ts'

export interface Room {
  readonly session: Session
  readonly sources: Loaded<readonly SourceRow[]>
}

export const RoomContext = createContext<Room | undefined>(undefined)

/** Who looks, and what there is to look at. */
export function useRoom(): Room {
  const room = useContext(RoomContext)
  if (!room) throw new Error('asked for outside the page')
  return room
}

export const readerReason =
  'You may look here, not act. Open the other URL that `vigiles serve` printed: the one for operators.'

/** Why the person may not act, or undefined. */
export function useWhyNot(): string | undefined {
  return useRoom().session.role === 'operator' ? undefined : readerReason
}

/** The source of that id as it is listed. */
export function useSource(id: string | undefined): SourceRow | undefined {
  const { sources } = useRoom()
  return id === undefined ? undefined : sources.value?.find((source) => source.id === id)
}
