/** Answers the WebSocket handshake on an authenticated socket, in the listening process or in the one it was handed to. */

import type { IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import { WebSocketServer } from 'ws'
import {
  webSocketChannel,
  webSocketLimits,
  type WebSocketChannel,
  type WebSocketChannelOptions,
} from './web-socket-channel.ts'

export interface AuthenticatedSocket {
  readonly headers: Readonly<Record<string, string>>
  readonly socket: Socket
  readonly head: Uint8Array
}

export class ChannelAcceptor {
  readonly #server = new WebSocketServer({ ...webSocketLimits, noServer: true, clientTracking: false })
  readonly #options: Omit<WebSocketChannelOptions, 'connection'>

  constructor(options: Omit<WebSocketChannelOptions, 'connection'> = {}) {
    this.#options = options
  }

  /** Calls `onChannel` before anything can arrive on it; never, where the client is gone or its handshake is wrong. */
  accept({ headers, socket, head }: AuthenticatedSocket, onChannel: (channel: WebSocketChannel) => void): void {
    // All that ws reads of a request.
    const request = { method: 'GET', url: '/', headers } as unknown as IncomingMessage
    this.#server.handleUpgrade(request, socket, Buffer.from(head), (webSocket) =>
      onChannel(webSocketChannel(webSocket, { ...this.#options, connection: socket })),
    )
  }
}
