import { visible } from '../../../src/base/terminal.ts'
import { techniqueOf } from '../format/technique.ts'

/** A technique with a link to its page at MITRE; an id that has not the shape of one stays text. */
export function TechniqueLink({ id, name }: { id: string; name?: string }) {
  const technique = techniqueOf(id)
  const title = name || technique?.name || ''
  if (!technique) {
    return (
      <span className="technique">
        {visible(id)} {visible(title)}
      </span>
    )
  }
  return (
    <a className="technique" href={technique.address} target="_blank" rel="noreferrer noopener">
      {technique.id} {visible(title)}
    </a>
  )
}
