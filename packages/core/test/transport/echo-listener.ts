/** A listener in this process that gives each accepted channel to the test. */

import { ChannelAcceptor } from '../../src/transport/accept-channel.ts'
import type { Claim } from '../../src/transport/handshake.ts'
import { listen, type ListenOptions } from '../../src/transport/listener.ts'
import type { WebSocketChannel, WebSocketChannelOptions } from '../../src/transport/web-socket-channel.ts'

export interface TestListener {
  readonly url: string
  readonly port: number
  nextChannel(): Promise<{ claim: Claim; channel: WebSocketChannel }>
  [Symbol.asyncDispose](): Promise<void>
}

export async function startListener(
  options: Partial<ListenOptions> = {},
  channelOptions: Omit<WebSocketChannelOptions, 'connection'> = {},
): Promise<TestListener> {
  const acceptor = new ChannelAcceptor(channelOptions)
  const ready: { claim: Claim; channel: WebSocketChannel }[] = []
  const all: WebSocketChannel[] = []
  const waiting: ((accepted: { claim: Claim; channel: WebSocketChannel }) => void)[] = []
  const listener = await listen({
    host: '127.0.0.1',
    port: 0,
    secretFor: () => 'the secret',
    refusalOf: () => undefined,
    answer: () => Promise.resolve({ obituary: null }),
    onUpgrade: (upgrade) =>
      acceptor.accept(upgrade, (channel) => {
        all.push(channel)
        const accepted = { claim: upgrade.claim, channel }
        const next = waiting.shift()
        if (next) next(accepted)
        else ready.push(accepted)
      }),
    ...options,
  })
  return {
    url: `${options.tls ? 'wss' : 'ws'}://127.0.0.1:${listener.port}`,
    port: listener.port,
    nextChannel: () =>
      new Promise((resolve) => {
        const accepted = ready.shift()
        if (accepted) resolve(accepted)
        else waiting.push(resolve)
      }),
    async [Symbol.asyncDispose]() {
      for (const channel of all) channel.close()
      await Promise.all(all.map((channel) => channel.closed))
      listener.close()
    },
  }
}
