// A home as a file on this machine. What is in it was written by an agent: names and links stay inside the archive.

import { createWriteStream } from 'node:fs'
import { open, rm } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { DiagnosticError, fail } from '../../model/diagnostic.js'
import type { Engine } from '../../model/engine.js'
import type { SandboxPlan } from '../../model/plan.js'
import { planStop } from '../../plan/removal.js'
import { withLine } from '../../plan/after-failure.js'
import { shellWord } from '../../model/shell-word.js'
import { bytesText, counted } from '../../ui/quantities.js'
import { type Invocation, tell } from '../call/invocation.js'
import { performPlan, startableAgain } from '../applying/perform.js'
import { tellingOfInterrupts } from './whole-copy.js'

/**
 * Never over a file that is there, and for nobody else to read; half of one does not stay. It is on the disk when this
 * returns, since the home may be removed next. Stops the sandbox, and starts it again where it fails.
 */
export async function exportHome(
  invocation: Invocation,
  engine: Engine,
  home: { readonly volume: string; readonly sandboxId: string },
  named: string,
): Promise<void> {
  const file = resolve(invocation.workingFolder, named)
  const sink = createWriteStream(file, { flags: 'wx', mode: 0o600, flush: true })
  // Before the engine is asked for anything: that it can be written at all, and is this call's own from here on.
  await new Promise<void>((done, refuse) => {
    sink.once('open', () => done())
    sink.once('error', refuse)
  }).catch((error: unknown) => failFile(file, error))
  let stopped: SandboxPlan['steps'] = []
  try {
    const stopping = planStop(await engine.observe(home.sandboxId, []))
    if (stopping.steps.length > 0) await performPlan(invocation, engine, stopping)
    stopped = stopping.steps
    const unfinished = {
      detail:
        `The home of ${home.sandboxId} was being written to ${file}, which is not all of it and can go. Nothing was ` +
        `removed${stopped.length === 0 ? '' : `, and ${home.sandboxId} was stopped for it`}. To go on, once that file is gone:`,
      command: `sbx rm --export ${shellWord(named)} ${shellWord(home.sandboxId)}`,
    }
    const { files, bytes } = await tellingOfInterrupts(invocation, unfinished, async () => {
      const written = await engine.exportVolume(home.volume, home.sandboxId, sink, invocation.signal)
      await finished(sink)
      return written
    })
    await syncFolder(dirname(file))
    tell(invocation, [`The home of ${home.sandboxId} is in ${file} (${counted(files, 'file')}, ${bytesText(bytes)}).`])
  } catch (error) {
    sink.destroy()
    await rm(file, { force: true })
    await startAgain(invocation, engine, stopped, error)
    if (error instanceof DiagnosticError) throw error
    failFile(file, error)
  }
}

/** So that the name of the file is on the disk as well. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, 'r')
  try {
    await handle.sync()
  } finally {
    await handle.close()
  }
}

/** Throws what the export threw, with a line more, where one does not start. */
async function startAgain(
  invocation: Invocation,
  engine: Engine,
  stopped: SandboxPlan['steps'],
  error: unknown,
): Promise<void> {
  for (const step of stopped) {
    if (step.do !== 'stop') continue
    try {
      await startableAgain(invocation, engine, step.target)
      await engine.perform({ do: 'start', target: step.target })
    } catch (cause) {
      const why = cause instanceof DiagnosticError ? (cause.diagnostics[0]?.detail ?? cause.message) : String(cause)
      throw withLine(error, `What was stopped for it does not start again: ${why}`)
    }
  }
}

function failFile(file: string, error: unknown): never {
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) throw error
  fail('cli/export-file', 'The file cannot be written', {
    detail:
      error.code === 'EEXIST'
        ? `${file} is there already, and is not written over. Nothing was removed.`
        : `${file}: ${String(error.code)}. Nothing was removed.`,
  })
}
