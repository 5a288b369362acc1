import { MessageChannel, Worker } from 'node:worker_threads'
import { expect, test } from 'vitest'
import type { Channel } from '../../src/transport/channel.ts'
import { connect } from '../../src/transport/connect.ts'
import { memoryChannelPair } from '../../src/transport/memory-channel.ts'
import { portChannel } from '../../src/transport/port-channel.ts'
import { startListener } from './echo-listener.ts'

const control = { secret: 'the secret', session: 's1', purpose: 'control' } as const

function received(channel: Channel, count: number): Promise<unknown[]> {
  return new Promise((resolve) => {
    const messages: unknown[] = []
    channel.onMessage((message) => {
      messages.push(message)
      if (messages.length === count) resolve(messages)
    })
  })
}

async function webSocketPair(): Promise<[Channel, Channel, () => Promise<void>]> {
  const listener = await startListener()
  const [client, { channel }] = await Promise.all([connect(listener.url, control), listener.nextChannel()])
  return [client, channel, () => listener[Symbol.asyncDispose]()]
}

const pairs: Record<string, () => Promise<[Channel, Channel, () => Promise<void>]>> = {
  memory: async () => [...memoryChannelPair(), async () => {}],
  port: async () => {
    const { port1, port2 } = new MessageChannel()
    return [portChannel(port1), portChannel(port2), async () => port1.close()]
  },
  'web socket': webSocketPair,
}

test.each(Object.entries(pairs))(
  '%s: messages keep their order, also those that came before the handler',
  async (_name, pair) => {
    const [left, right, dispose] = await pair()
    for (let number = 0; number < 100; number++) left.send({ number })
    left.send({ last: true })
    right.send('back')
    expect(await received(left, 1)).toEqual(['back'])
    expect(await received(right, 101)).toEqual([
      ...Array.from({ length: 100 }, (_, number) => ({ number })),
      { last: true },
    ])
    expect(() => right.onMessage(() => {})).toThrow('one message handler')
    await dispose()
  },
)

test.each(Object.entries(pairs))(
  '%s: what may wait comes in the order in which it was sent, with a flush and without',
  async (_name, pair) => {
    const [left, right, dispose] = await pair()
    left.sendSoon('a')
    left.sendSoon(['b'])
    left.send({ c: new Uint8Array([1, 2]) })
    left.sendSoon(null)
    left.flush()
    left.flush()
    for (let number = 0; number < 200; number++) left.sendSoon({ number })
    right.sendSoon('back')
    expect(await received(left, 1)).toEqual(['back'])
    expect(await received(right, 204)).toEqual([
      'a',
      ['b'],
      { c: new Uint8Array([1, 2]) },
      null,
      ...Array.from({ length: 200 }, (_, number) => ({ number })),
    ])
    await dispose()
  },
)

test.each(Object.entries(pairs))(
  '%s: what was sent before close arrives, then both ends know the reason',
  async (_name, pair) => {
    const [left, right, dispose] = await pair()
    left.send(1)
    left.sendSoon(2)
    left.close('the job is done')
    left.send(3)
    left.sendSoon(4)
    expect(await right.closed).toEqual({ reason: 'the job is done' })
    expect(await left.closed).toEqual({ reason: 'the job is done' })
    expect(await received(right, 2)).toEqual([1, 2])
    left.close()
    await left.drained()
    expect(left.bufferedBytes).toBe(0)
    await dispose()
  },
)

test('web socket: blocks of 5 MiB in both directions, in order and counted', async () => {
  await using listener = await startListener()
  const client = await connect(listener.url, control)
  const { channel: server } = await listener.nextChannel()
  const block = (seed: number) => new Uint8Array(5 << 20).fill(seed)
  const atServer = received(server, 8)
  const atClient = received(client, 8)
  for (let seed = 1; seed <= 8; seed++) {
    client.send({ seed, block: block(seed) })
    server.send({ seed, block: block(seed + 100) })
    await Promise.all([client.drained(), server.drained()])
    expect(client.bufferedBytes).toBeLessThanOrEqual(4 << 20)
  }
  const isRight = (messages: unknown[], plus: number) =>
    (messages as { seed: number; block: Uint8Array }[]).every(
      (message, index) => message.seed === index + 1 && Buffer.compare(message.block, block(message.seed + plus)) === 0,
    )
  expect(isRight(await atServer, 0)).toBe(true)
  expect(isRight(await atClient, 100)).toBe(true)
  await Promise.all([client.flushed(), server.flushed()])
  for (const bytes of [client.bytesSent, client.bytesReceived, server.bytesSent, server.bytesReceived]) {
    expect(bytes).toBeGreaterThan(40 << 20)
    expect(bytes).toBeLessThan((40 << 20) + 4000)
  }
  client.close()
  await client.closed
})

test('web socket: a message above the receiver’s limit closes the channel with the reason', async () => {
  await using listener = await startListener({}, { maxMessageBytes: 1000 })
  const client = await connect(listener.url, control)
  const { channel: server } = await listener.nextChannel()
  client.send(new Uint8Array(2000))
  const { reason, error } = await server.closed
  expect(reason).toMatch('where 1000 are allowed')
  expect(error).toMatchObject({ code: 'BAD_FRAME', family: 'cluster' })
  expect((await client.closed).reason).toMatch('lost')
})

test('port: buffers that are shared stay shared', async () => {
  const { port1, port2 } = new MessageChannel()
  const [left, right] = [portChannel(port1), portChannel(port2)]
  const shared = new Int32Array(new SharedArrayBuffer(4))
  left.send(shared)
  const [other] = (await received(right, 1)) as [Int32Array]
  Atomics.store(other, 0, 7)
  expect(Atomics.load(shared, 0)).toBe(7)
  left.close()
  await right.closed
})

test('port: the end of a worker closes its channel with the exit code or the error', async () => {
  const exits = portChannel(new Worker('process.exit(3)', { eval: true }))
  expect(await exits.closed).toEqual({ reason: 'the worker exited with code 3' })
  const throws = portChannel(new Worker('throw new RangeError("no")', { eval: true }))
  expect(await throws.closed).toEqual({ reason: 'the worker failed: no', error: expect.any(RangeError) })
})

test('memory: a simulation decides when messages arrive', async () => {
  const queue: (() => void)[] = []
  const [left, right] = memoryChannelPair((action) => queue.push(action))
  const messages: unknown[] = []
  right.onMessage((message) => messages.push(message))
  left.send('a')
  await Promise.resolve()
  expect(messages).toEqual([])
  queue.shift()!()
  expect(messages).toEqual(['a'])
})
