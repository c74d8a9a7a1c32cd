// The command line in this very process: the same code as the built program, without the start of a process for each of
// some thousands of calls. `equal.test.ts` sees that both do the same.

import { join } from 'node:path'
import { Readable, Writable } from 'node:stream'
import { vi } from 'vitest'
import { runCommandLine } from '../../../src/cli/program.js'
import type { Project, Ran } from '../../e2e/support/project.js'

export async function call(
  project: Project,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const [output, errors] = [new Collected(), new Collected()]
  // The home is asked of the process, and not of the call.
  vi.stubEnv('HOME', project.home)
  const exitCode = await runCommandLine(args, {
    env: { ...project.env, ...foldersOf(project), ...env },
    workingFolder: project.folder,
    input: Readable.from([]),
    output,
    errors,
  })
  return { exitCode, stdout: output.text, stderr: errors.text }
}

/** Where it would have them as a process of its own, whose HOME says it: this one's is the home of whoever runs the tests. */
function foldersOf({ home }: Project): Readonly<Record<string, string>> {
  return {
    XDG_CACHE_HOME: join(home, '.cache'),
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local/state'),
  }
}

class Collected extends Writable {
  text = ''

  override _write(chunk: Buffer, _encoding: string, done: () => void): void {
    this.text += chunk.toString()
    done()
  }
}
