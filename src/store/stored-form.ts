// Canonical JSON leaves characters as they are that a terminal obeys or an eye misses: DEL, C1 controls, bidirectional
// marks, zero-width ones, tags. In the file they are escaped; whoever parses the line gets the same text and hash.

const unseen =
  /[\u007f-\u009f\u00ad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb]|\udb40[\udc00-\udc7f]/
const allUnseen = new RegExp(unseen, 'g')

/** JSON text with what is not to be seen as an escape by number; it can only stand inside of texts. */
export function storedForm(json: string): string {
  return unseen.test(json) ? json.replace(allUnseen, escaped) : json
}

function escaped(text: string): string {
  let out = ''
  for (let i = 0; i < text.length; i++) out += `\\u${text.charCodeAt(i).toString(16).padStart(4, '0')}`
  return out
}
