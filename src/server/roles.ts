/** A reader looks; an operator also acts: contains, comments, saves. */
export type Role = 'reader' | 'operator'

export function mayAct(role: Role, wanted: Role): boolean {
  return role === 'operator' || wanted === 'reader'
}
