import { type ReactNode, useId } from 'react'

interface PanelProps {
  readonly title: ReactNode
  /** One quiet sentence below the title. */
  readonly lead?: ReactNode
  /** Buttons and filters at the end of the title's line. */
  readonly tools?: ReactNode
  readonly className?: string
  readonly children: ReactNode
}

/** A part of a page, with its title as the region's name. */
export function Panel({ title, lead, tools, className = '', children }: PanelProps) {
  const id = useId()
  return (
    <section className={`panel ${className}`} aria-labelledby={id}>
      <header className="panel-head">
        <h2 id={id}>{title}</h2>
        {tools && <div className="panel-tools">{tools}</div>}
      </header>
      {lead && <p className="lead">{lead}</p>}
      {children}
    </section>
  )
}
