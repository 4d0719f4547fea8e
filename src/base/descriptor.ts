/** The file descriptor of one of Node's sockets, which its typings do not know of. Throws when it is closed. */
export function descriptorOf(socket: object): number {
  return (socket as { _handle: { fd: number } })._handle.fd
}
