// What an OpenSSH client asks for when it has logged in with a key, told by the sizes and the order of what goes by; all of
// it is encrypted. Payload-free.
//
// With the cipher that OpenSSH picks (its smallest packet has 28 bytes), c from the client, s from the server:
//   …s44 c60 s76 c140 s100 c308 s28                           the login: a service is accepted, a key offered, a signature sent
//   ssh -N -L …        c60 s656 s132                         then: no session is asked for, and nothing else
//   ssh -N -R …        c128 s656 s160, or c60 c60 s788 s28   … but one thing more, which is granted
//   ssh host cmd       c112 s656 s176 c52 s72 c36 …          a session, and when that is granted its command
//   ssh -W there:22 …  c152 s656 s192                        a connection onwards
// `no-more-sessions` weighs 32 bytes more than the smallest packet, whatever the cipher; a request to listen on an address
// of up to 15 characters as much again or 8 more; nothing else that OpenSSH sends then is of that weight and ends there.
// Sums count, not pieces: a gateway that is late sees several packets of one side as one.

/** Chunks that are looked at; a login takes some fifteen. */
const chunksMax = 64
/** "Service accepted", the first that the server sends encrypted, has this much more than the smallest packet. */
const acceptedMore = 16
const acceptedMin = 44
const acceptedMax = 84
const offerMin = 300
/** The shortest signature with all that goes with it. */
const signatureMin = 240
/** A client that wants a session goes on as soon as the server has answered. */
const silenceUs = 5_000_000
/** In how many more bytes than the smallest packet of the cipher. */
const noMoreSessions = 32
const toListenMin = 32
const toListenMax = 40

interface Chunk {
  readonly fromServer: boolean
  readonly bytes: number
}

/** Feed it what either side sends, in the order in which it goes by, from the key exchange on. */
export class SshOpening {
  readonly #chunks: Chunk[] = []
  #lastUs = 0
  #asks: boolean | undefined

  packet(fromServer: boolean, us: number, bytes: number): void {
    // It is what comes before the first silence that tells.
    this.#look(us)
    this.#lastUs = us
    if (this.#asks !== undefined) return
    this.#chunks.push({ fromServer, bytes })
    if (this.#chunks.length > chunksMax) this.#asks = false
  }

  /** It asked the server to listen for it and for nothing else; false also where that cannot be told, or not yet. */
  asksToListen(us: number): boolean {
    this.#look(us)
    return this.#asks === true
  }

  #look(us: number): void {
    if (this.#asks !== undefined || this.#chunks.length === 0 || us - this.#lastUs < silenceUs) return
    this.#asks = isRequestToListen(this.#chunks)
    this.#chunks.length = 0
  }
}

function isRequestToListen(chunks: readonly Chunk[]): boolean {
  if (chunks.at(-1)?.fromServer !== true) return false
  // Its offer of algorithms comes first, and is long; its name, before that, may be as short.
  const offered = chunks.findIndex(({ fromServer, bytes }) => fromServer && bytes >= offerMin)
  const accepted = chunks.findIndex(
    ({ fromServer, bytes }, i) => i > offered && fromServer && bytes >= acceptedMin && bytes <= acceptedMax,
  )
  const signed = chunks.findIndex(
    ({ fromServer, bytes }, i) => i > accepted && !fromServer && bytes >= signatureMin,
  )
  if (offered < 0 || accepted < 0 || signed < 0 || chunks[signed + 1]?.fromServer !== true) return false
  const smallest = (chunks[accepted]?.bytes ?? 0) - acceptedMore
  let asked = 0
  for (const { fromServer, bytes } of chunks.slice(signed + 1)) if (!fromServer) asked += bytes
  const more = asked - (smallest + noMoreSessions) - smallest
  return more >= toListenMin && more <= toListenMax
}
