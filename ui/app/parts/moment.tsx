import { clockText, momentOf, partsAt, usOf } from '../format/moment.ts'
import { useSettings } from '../state/settings.ts'

interface MomentProps {
  readonly iso: string | null | undefined
  /** Of the second's fraction. */
  readonly digits?: number
  /** `clock` leaves the date out, for rows that share it; it stands in the title. */
  readonly show?: 'both' | 'clock' | 'two-lines'
}

/** An instant in the chosen zone; its title has it in UTC too. */
export function Moment({ iso, digits = 0, show = 'both' }: MomentProps) {
  const { zone } = useSettings()
  const us = usOf(iso)
  if (iso === null || iso === undefined || us === undefined)
    return <span className="quiet">{iso || '–'}</span>
  const title =
    zone === 'UTC' ? momentOf(iso, 'UTC', 6) : `${momentOf(iso, zone, 6)} = ${momentOf(iso, 'UTC', 6)}`
  const { date, clock } = partsAt(us, zone)
  return (
    <time dateTime={iso} title={title} className="moment">
      {show === 'both' && momentOf(iso, zone, digits)}
      {show === 'clock' && clockText(clock, digits)}
      {show === 'two-lines' && (
        <>
          {clockText(clock, digits)}
          <small>{date}</small>
        </>
      )}
    </time>
  )
}
