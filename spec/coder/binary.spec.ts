import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { deserialize, setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import { unpack } from 'msgpackr'
import { BinaryCoder } from '../../lib/coder/binary.ts'
import { JsonCoder, MsgpackCoder, V8Coder } from '../../lib/coder/index.ts'
import { CoderError, MissingDependency } from '../../lib/core/errors.ts'
import { expectSame } from './sameness.ts'
import { SAMPLES } from './samples.ts'

const JSON_MARK = 0xc1

describe('The binary coders', () => {
  const json = new JsonCoder()
  const msgpack = new MsgpackCoder(json)
  const v8 = new V8Coder(json)
  const binary = [msgpack, v8]

  it('write the formats that other programs read', () => {
    const value = { id: 7, name: 'Ada', list: [1.5, null, true, { id: 8 }] }
    expect(unpack(msgpack.encode(value))).to.deep.equal(value)
    expect(deserialize(v8.encode(value))).to.deep.equal(value)
  })

  it('write small what their formats are made for', () => {
    const bytes = { image: Buffer.alloc(3000, 7), at: new Date(5), pairs: new Map([[1, new Set([2n])]]) }
    for (const coder of binary) {
      const wire = coder.encode(bytes)
      expect(wire[0]).not.to.equal(JSON_MARK)
      expect(wire.length).to.be.below(3100)
      expectSame(coder.decode(wire), bytes)
    }
    const rows = Array.from({ length: 100 }, (_, id) => ({ id, name: 'Ada', active: true }))
    expect(msgpack.encode(rows).length).to.be.below(JSON.stringify(rows).length / 2)
  })

  it('write as JSON what their formats would lose', () => {
    const lost = {
      url: v8,
      error: v8,
      nullPrototype: v8,
      sparseArray: v8,
      negativeZero: msgpack,
      loneSurrogate: msgpack,
    }
    for (const [name, coder] of Object.entries(lost)) {
      const wire = coder.encode(SAMPLES[name])
      expect(wire[0]).to.equal(JSON_MARK)
      expect(Buffer.from(wire.subarray(1)).toString()).to.equal(json.encode(SAMPLES[name]))
    }
  })

  it('keep objects that are one one, and cycles', () => {
    const part = { n: 1 }
    const value: Record<string, unknown> = { part, again: part }
    value.self = value
    for (const coder of binary) expectSame(coder.decode(coder.encode(value)), value)
    expect(v8.encode(value)[0]).not.to.equal(JSON_MARK)
  })

  it('give bytes that nothing else shows: not what is stored, nor its neighbours', () => {
    const shown = new DataView(new ArrayBuffer(2))
    for (const [coder, more] of [
      [msgpack, {}],
      [v8, { shown }],
    ] as const) {
      const wire = coder.encode({ buffer: Buffer.from('abc'), floats: new Float64Array([1]), ...more })
      expect(wire[0]).not.to.equal(JSON_MARK)
      const stored = Buffer.from(wire).toString('hex')
      const back = coder.decode(wire) as { buffer: Buffer; floats: Float64Array; shown?: DataView }
      back.buffer.fill(0)
      back.floats.fill(0)
      back.shown?.setInt16(0, -1)
      expect(Buffer.from(wire).toString('hex')).to.equal(stored)
      expect(back.floats.buffer.byteLength).to.equal(8)
    }
  })

  it('write bytes that a later value does not write over', () => {
    for (const coder of binary) {
      const wires = Array.from({ length: 300 }, (_, i) => [i, coder.encode({ i, text: 'x'.repeat(i) })] as const)
      for (const [i, wire] of wires) expect(coder.decode(wire)).to.deep.equal({ i, text: 'x'.repeat(i) })
    }
  })

  it('keep no memory for a large value when it is gone', async () => {
    const collect = collector()
    for (const coder of binary) {
      coder.encode({ small: 1 })
      collect()
      const before = process.memoryUsage().arrayBuffers
      coder.encode({ large: 'x'.repeat(20e6) })
      // V8 gives the memory of buffers back in a thread of its own, which may take a while where no core is free.
      const isKept = (): boolean => {
        collect()
        return process.memoryUsage().arrayBuffers - before >= 10e6
      }
      for (let i = 0; i < 100 && isKept(); i++) await new Promise((resolve) => setTimeout(resolve, 20))
      expect(isKept()).to.equal(false)
    }
  })

  it('read more shapes of objects than MessagePack has names for', () => {
    const shapes = Array.from({ length: 300 }, (_, i) =>
      Object.fromEntries([
        [`key${i % 150}`, i],
        ['same', { [`k${i % 70}`]: i }],
      ]),
    )
    expectSame(msgpack.decode(msgpack.encode(shapes)), shapes)
  })

  it('take objects with more keys than a short header counts', () => {
    const many = Object.fromEntries(Array.from({ length: 70_000 }, (_, i) => [`k${i}`, i]))
    for (const coder of binary) expectSame(coder.decode(coder.encode(many)), many)
  }).timeout(60_000)

  it('write and read the same without the native helper of msgpackr', () => {
    const program = fileURLToPath(new URL('fixtures/without-helper.ts', import.meta.url))
    const env = { ...process.env, MSGPACKR_NATIVE_ACCELERATION_DISABLED: 'true' }
    expect(execFileSync(process.execPath, ['--import', 'tsx', program], { env, encoding: 'utf8' })).to.equal(
      'the same\n',
    )
  }).timeout(60_000)

  it('say which package is missing in writing, and take it for unreadable data in reading', () => {
    class Needy extends BinaryCoder {
      readonly name = 'needy'
      protected keeps(): boolean {
        return true
      }
      protected write(): never {
        throw new MissingDependency('nowhere', 'Needy')
      }
      protected read(): never {
        throw new MissingDependency('nowhere', 'Needy')
      }
    }
    const needy = new Needy(json)
    expect(() => needy.encode(1)).to.throw(MissingDependency, 'npm install nowhere')
    expect(() => needy.decode(Buffer.from([1]))).to.throw(CoderError, 'npm install nowhere')
  })
})

/** A function that collects all garbage immediately. */
function collector(): () => void {
  setFlagsFromString('--expose-gc')
  return runInNewContext('gc') as () => void
}
