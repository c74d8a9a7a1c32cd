// BuildKit's progress: the message StatusResponse of its protocol, of which a few fields matter here. Field numbers never
// change in protocol buffers, and the fifty lines that read these spare the bundle a whole runtime for them.

/** One step of a build; told again whenever something about it changes. */
export type Vertex = {
  readonly digest: string
  readonly name: string
  readonly isCached: boolean
  readonly isStarted: boolean
  readonly isCompleted: boolean
  readonly error: string
}

export type Trace = {
  readonly vertexes: readonly Vertex[]
  /** A piece of what a step printed, not always whole lines. */
  readonly logs: readonly { readonly vertex: string; readonly text: string }[]
}

/** `aux` of a message with the id `moby.buildkit.trace`. */
export function decodeTrace(aux: string): Trace {
  const fields = readFields(Buffer.from(aux, 'base64'))
  return {
    vertexes: fields.filter(({ number }) => number === 1).map(({ bytes }) => vertexOf(readFields(bytes))),
    logs: fields
      .filter(({ number }) => number === 3)
      .map(({ bytes }) => readFields(bytes))
      .map((log) => ({ vertex: textOf(log, 1), text: textOf(log, 4) })),
  }
}

function vertexOf(fields: readonly Field[]): Vertex {
  const has = (number: number): boolean => fields.some((field) => field.number === number)
  return {
    digest: textOf(fields, 1),
    name: textOf(fields, 3),
    isCached: fields.some((field) => field.number === 4 && field.value === 1),
    isStarted: has(5),
    isCompleted: has(6),
    error: textOf(fields, 7),
  }
}

type Field = { readonly number: number; readonly value: number; readonly bytes: Buffer }

function textOf(fields: readonly Field[], number: number): string {
  return fields.find((field) => field.number === number)?.bytes.toString('utf8') ?? ''
}

const nothing = Buffer.alloc(0)

function readFields(message: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  const varint = (): number => {
    let value = 0
    for (let factor = 1; ; factor *= 128) {
      const byte = message.readUInt8(at++)
      value += (byte & 127) * factor
      if (byte < 128) return value
    }
  }
  while (at < message.length) {
    const tag = varint()
    const number = Math.floor(tag / 8)
    switch (tag % 8) {
      case 0:
        fields.push({ number, value: varint(), bytes: nothing })
        break
      case 1:
        at += 8
        break
      case 2: {
        const length = varint()
        fields.push({ number, value: 0, bytes: message.subarray(at, at + length) })
        at += length
        break
      }
      case 5:
        at += 4
        break
      default:
        throw new Error(`a message of BuildKit has a field of the unknown type ${tag % 8}`)
    }
  }
  return fields
}
