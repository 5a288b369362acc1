/** A TLS connection cannot be handed to another process, a plain one can: this puts a plain one beside it. */

import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** The far end of a loopback connection that carries what `outer` does; the bytes still pass through this process. */
export async function bridge(outer: Socket): Promise<Socket> {
  const server = createServer()
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(0, '127.0.0.1', resolve)
    })
    const inner = connect((server.address() as AddressInfo).port, '127.0.0.1')
    const accepted = new Promise<Socket>((resolve) => {
      server.on('connection', (socket: Socket) => {
        // Anybody on this machine could have dialed; only our own end is wanted.
        const isOurs = () => socket.remotePort === inner.localPort
        if (inner.connecting) inner.once('connect', () => (isOurs() ? resolve(socket) : socket.destroy()))
        else if (isOurs()) resolve(socket)
        else socket.destroy()
      })
    })
    const failed = new Promise<never>((_resolve, reject) => {
      inner.once('error', reject)
      outer.once('close', () => reject(new Error('the client is gone')))
    })
    const farEnd = await Promise.race([accepted, failed])
    failed.catch(() => {})
    inner.setNoDelay()
    inner.on('error', () => inner.destroy())
    inner.once('close', () => outer.destroy())
    outer.once('close', () => inner.destroy())
    outer.pipe(inner).pipe(outer)
    return farEnd
  } finally {
    server.close()
  }
}
