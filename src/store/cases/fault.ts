import type { ChildFault } from './messages.ts'

/** Thrown inside the process with DuckDB; crosses to the server as it is. */
export class Fault extends Error {
  override name = 'Fault'
  readonly kind: ChildFault['kind']

  constructor(kind: ChildFault['kind'], text: string) {
    super(text)
    this.kind = kind
  }
}
