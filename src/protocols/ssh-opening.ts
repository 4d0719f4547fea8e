// What an OpenSSH client asks for when it has logged in, told by the sizes and the order of what goes by; all of it is
// encrypted. Payload-free.
//
// With the cipher that OpenSSH picks, after the login (the server's smallest packet, 28 bytes), c from the client, s from the server:
//   ssh -N -L …        c60 s656 s132                         it asks for no session, and then for nothing
//   ssh -N -R …        c128 s656 s160, or c60 c60 s788 s28   … and for one thing more, which is granted
//   ssh host cmd       c112 s656 s176 c52 s72 c36 …          it opens a session, waits for it, and asks for the command
//   ssh -W there:22 …  c152 s656 s192                        it opens a connection onwards
// `no-more-sessions` weighs 32 bytes more than the smallest packet, whatever the cipher; a request to listen on an address
// of up to 15 characters as much again or 8 more; nothing else that OpenSSH sends then is of that weight and ends there.

/** Chunks that are looked at; a login takes some fifteen. */
const chunksMax = 64
const smallestMin = 28
const smallestMax = 68
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
  const sizes = chunks.filter((one) => one.fromServer && one.bytes >= smallestMin && one.bytes <= smallestMax)
  if (sizes.length === 0) return false
  const smallest = Math.min(...sizes.map(({ bytes }) => bytes))
  // The login ends with the smallest packet there is, in answer to the client, who goes on.
  const login = chunks.findLastIndex(
    ({ fromServer, bytes }, i) =>
      fromServer &&
      bytes === smallest &&
      chunks[i - 1]?.fromServer === false &&
      chunks[i + 1]?.fromServer === false,
  )
  if (login < 0) return false
  let asked = 0
  for (const { fromServer, bytes } of chunks.slice(login + 1)) if (!fromServer) asked += bytes
  const more = asked - (smallest + noMoreSessions) - smallest
  return more >= toListenMin && more <= toListenMax
}
