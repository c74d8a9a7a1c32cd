// What is mounted within a folder of this machine. A read-only bind of the folder leaves that as it is, on engines that do
// not make it read-only as well: there an agent could write what was said to be for reading.

import { readFileSync } from 'node:fs'
import { release } from 'node:os'
import type { Origins } from '../model/config.js'
import { DiagnosticError, type Diagnostic } from '../model/diagnostic.js'
import { pointer, type JsonPointer } from '../model/json.js'
import type { ContainerSpec } from '../model/spec.js'
import { diagnosticAt } from './origins.js'
import { isAtOrBeneath, isBeneath } from './paths.js'
import { errorCode } from './read.js'

/** Since this version Docker asks the kernel for it, which can since that one. */
const dockerThatCan = 25
const kernelThatCan = [5, 12] as const

type ReadonlyPlace = {
  readonly source: string
  readonly at: JsonPointer
  /** Host paths in it that something else lies over inside. */
  readonly covered: readonly string[]
}

/**
 * Throws where a folder that is mounted read-only holds another mount that can be written. `engine` is what it calls
 * itself, and is asked only where it matters. Only for an engine of this machine, and Linux.
 */
export async function checkSubmounts(
  spec: Pick<ContainerSpec, 'workspace' | 'mounts' | 'hide'>,
  origins: Origins,
  engine: () => Promise<string>,
  kernel = release(),
  readMounts = readOwnMounts,
): Promise<void> {
  const places = readonlyPlaces(spec)
  if (places.length === 0) return
  const mounts = readMounts()
  const problems = places.flatMap(({ source, at, covered }) =>
    writableSubmounts(mounts, source)
      .filter((path) => !covered.some((each) => isAtOrBeneath(path, each)))
      .map((path): Diagnostic => {
        const detail =
          `${path} is mounted within ${source}, and this engine would leave it writable. ` +
          'Unmount it or mount it read-only, hide it, or use Docker 25 or newer on Linux 5.12 or newer.'
        const summary = 'What is read-only holds a mount that could be written'
        return diagnosticAt(origins, at, { severity: 'error', code: 'resolve/readonly-submount', summary, detail })
      }),
  )
  if (problems.length > 0 && !isRecursive(await engine(), kernel)) throw new DiagnosticError(problems)
}

function readonlyPlaces({
  workspace,
  mounts,
  hide = {},
}: Parameters<typeof checkSubmounts>[0]): readonly ReadonlyPlace[] {
  const hidden = Object.keys(hide).map((path) => `${workspace.path}/${path}`)
  return [
    ...(workspace.readonly
      ? [
          {
            source: workspace.path,
            at: pointer('workspace', 'readonly'),
            covered: [...hidden, ...Object.keys(mounts)],
          },
        ]
      : []),
    ...Object.entries(mounts).flatMap(([target, { source, readonly }]) =>
      readonly ? [{ source, at: pointer('mounts', target), covered: [] }] : [],
    ),
  ]
}

function isRecursive(engine: string, kernel: string): boolean {
  const version = Number(/^docker (\d+)\./.exec(engine)?.[1] ?? 0)
  const [major = 0, minor = 0] = kernel.split('.').map(Number)
  const [least, then] = kernelThatCan
  return version >= dockerThatCan && (major > least || (major === least && minor >= then))
}

/** @param mounts as `/proc/self/mountinfo` has them. Real paths, sorted; of several on one place the last counts. */
export function writableSubmounts(mounts: string, folder: string): readonly string[] {
  const isWritable = new Map<string, boolean>()
  for (const line of mounts.split('\n')) {
    const [before = '', after = ''] = line.split(' - ')
    const [, , , , place, options = ''] = before.split(' ')
    const ofItself = after.split(' ').at(2) ?? ''
    if (place === undefined) continue
    const path = place.replaceAll(/\\([0-7]{3})/g, (_, code: string) => String.fromCharCode(parseInt(code, 8)))
    isWritable.set(
      path,
      [options, ofItself].every((each) => !each.split(',').includes('ro')),
    )
  }
  return [...isWritable].flatMap(([path, yes]) => (yes && isBeneath(path, folder) ? [path] : [])).sort()
}

/** Nothing where the system has no such file, or a process may not see it. */
function readOwnMounts(): string {
  try {
    return readFileSync('/proc/self/mountinfo', 'utf8')
  } catch (error) {
    if (errorCode(error) === undefined) throw error
    return ''
  }
}
