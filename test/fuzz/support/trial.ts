// One call of the command line in this very process, and what must hold of it whatever it was given: it ends by itself and
// soon, as a success or with diagnostics, and nothing on the screen can steer a terminal.

import { Readable, Writable } from 'node:stream'
import { expect } from 'vitest'
import { runCommandLine } from '../../../src/cli/program.js'

export type Call = {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly folder: string
  /** The first call of a command loads its code, which takes its time here, and is not held to any. */
  readonly isFirst?: boolean
  /** What else took time of the processor meanwhile, in milliseconds. */
  readonly besides?: () => number
}

export type Tried = { readonly exitCode: number; readonly screen: string }

/** Of one call, in milliseconds: of the processor, which no other program takes away, and of the clock. */
const mostOfProcessor = 1_000
const mostOfClock = 30_000

/** What a terminal acts on, but for the end of a line, and what reorders or hides the text beside it. */
const rawControl = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/

const stackTrace = /^ {4}at .*[:(]/m

const exitCodes = [0, 1, 2, 3, 4, 64, 69, 125]

export async function tryCall({ args, env, folder, besides = () => 0, isFirst = false }: Call): Promise<Tried> {
  const [output, errors] = [new Collected(), new Collected()]
  const begun = process.cpuUsage()
  const exitCode = await inTime(
    runCommandLine(args, { env, workingFolder: folder, input: Readable.from([]), output, errors }),
    isFirst ? 10 * mostOfClock : mostOfClock,
    args,
  )
  const { user, system } = process.cpuUsage(begun)
  const screen = output.text + errors.text
  const said = `sbx ${JSON.stringify(args)} exited ${String(exitCode)}\n${screen.slice(0, 4_000)}`
  expect(exitCodes, said).toContain(exitCode)
  expect(screen, said).not.toContain('sbx/bug')
  expect(screen, said).not.toMatch(rawControl)
  if (!args.some((arg) => isDebug(arg))) expect(screen, said).not.toMatch(stackTrace)
  if (!isFirst) expect((user + system) / 1_000 - besides(), `milliseconds of: ${said}`).toBeLessThan(mostOfProcessor)
  return { exitCode, screen }
}

/** It asks for the stack trace. */
function isDebug(arg: string): boolean {
  return arg.startsWith('--d') || /^-[a-zA-Z]*D/.test(arg)
}

async function inTime(call: Promise<number>, most: number, args: readonly string[]): Promise<number> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`sbx ${JSON.stringify(args)} does not end`)), most)
  })
  try {
    return await Promise.race([call, late])
  } finally {
    clearTimeout(timer)
  }
}

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
