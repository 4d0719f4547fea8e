// Reads a netlink socket in Node's event loop. Node waits for one only if it takes it for a pipe, which `net.Socket`
// refuses to do by itself: the class of a pipe's handle is borrowed from a try to connect to nothing.

import { connect, Socket } from 'node:net'

type HandleClass = new (type: number) => { open(fd: number): void }

/** Its `data` are the kernel's messages, some to a read. It owns the descriptor from now on. */
export function netlinkSocket(fd: number): Socket {
  const borrowed = connect({ path: '/nowhere' })
  borrowed.on('error', () => {})
  const Handle = (borrowed as unknown as { _handle: { constructor: HandleClass } })._handle.constructor
  borrowed.destroy()
  const handle = new Handle(0)
  handle.open(fd)
  // `handle` is what Node's own sockets are made of; its typings do not know it.
  const options = { handle, readable: true, writable: false } as unknown
  return new Socket(options as ConstructorParameters<typeof Socket>[0])
}
