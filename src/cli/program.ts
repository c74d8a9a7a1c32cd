// One command line, from its words to an exit code.

import { CommanderError, type Command } from 'commander'
import { exitCodes } from '../model/diagnostic.js'
import { escapeControls } from '../ui/characters.js'
import { streamStyle } from '../ui/style.js'
import { wrappedLines } from '../ui/wrapped-lines.js'
import type { Verb } from './command-parts.js'
import { commandTable } from './command-table.js'
import { reportFailure } from './call/failure.js'
import type { CommonOptions, Streams } from './call/invocation.js'
import { interruptions } from './call/interruptions.js'

/** Runs one command line to its end; gives the exit code. Never throws. */
export async function runCommandLine(argv: readonly string[], streams: Streams): Promise<number> {
  const separator = argv.indexOf('--')
  const own = separator === -1 ? argv : argv.slice(0, separator)
  const handedOn = separator === -1 ? [] : argv.slice(separator + 1)

  let verb: { readonly name: string; readonly options: CommonOptions; readonly run: Verb } | undefined
  const program = commandTable(handedOn, (name, options, run) => {
    verb = { name, options, run }
  })
  writeTo(program, streams)
  try {
    await program.parseAsync([...own], { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return 0
    return attaches(own[0]) ? exitCodes.attachFailed : exitCodes.usage
  }
  if (verb === undefined) return 0

  const { name, options, run } = verb
  const interrupts = interruptions()
  const call = { options, signal: interrupts.signal }
  // Not spread: that would open every stream, needed or not.
  const invocation = Object.defineProperties(call, Object.getOwnPropertyDescriptors(streams)) as typeof call & Streams
  try {
    return await run(invocation)
  } catch (error) {
    return reportFailure(error, invocation, attaches(name))
  } finally {
    interrupts.end()
  }
}

/** Each command writes for itself. What is wrong with a word is said with the word, which can be anything. */
function writeTo(command: Command, streams: Streams): void {
  command.configureOutput({
    writeOut: (text) => streams.output.write(text),
    writeErr: (text) => {
      const style = streamStyle(streams.errors, streams.env)
      streams.errors.write(wrappedLines(text.split('\n').map(escapeControls), style).join('\n'))
    },
  })
  for (const each of command.commands) writeTo(each, streams)
}

/** Whether the exit code belongs to what runs inside, so that failures of sbx itself need one of their own. */
function attaches(verb: string | undefined): boolean {
  return verb === 'run' || verb === 'exec' || verb === 'shell' || verb === 'attach'
}
