// What stands between a sandbox and its machine: whether this engine has what the file asks for.

import type { Origins } from '../model/config.js'
import { DiagnosticError } from '../model/diagnostic.js'
import type { Protection } from '../model/engine.js'
import type { ContainerSpec } from '../model/spec.js'
import { diagnosticAt } from './origins.js'

/** Throws `engine/no-runtime`; never takes another in its place. */
export function checkRuntime(
  { isolation }: Pick<ContainerSpec, 'isolation'>,
  { runtimes }: Protection,
  origins: Origins,
): void {
  if (isolation === undefined || runtimes.includes(isolation)) return
  throw new DiagnosticError([
    diagnosticAt(origins, '/isolation', {
      severity: 'error',
      code: 'engine/no-runtime',
      summary: 'The engine does not know the runtime',
      detail: `The file asks for ${isolation}; the engine has ${listed(runtimes)}. ${howToGet(isolation)}`,
    }),
  ])
}

/** What a person should know who has a sandbox made on this engine. A kernel of its own needs no filter before another. */
export function cautions(
  { isolation, sudo }: Pick<ContainerSpec, 'isolation' | 'sudo'>,
  { hasSyscallFilter, isRootless }: Protection,
): readonly string[] {
  return [
    ...(isolation === undefined && !hasSyscallFilter ? [noFilter] : []),
    ...(sudo === false && isRootless ? [rootInside] : []),
  ]
}

const noFilter =
  'warning: The engine filters no system calls (no seccomp), so that more of the kernel of this machine is within reach of ' +
  'the sandbox. Start the engine without `--seccomp-profile unconfined`, on a kernel that has seccomp.'

const rootInside =
  'note: On an engine without root your own files are those of root inside, and so the agent is root there whatever `sudo` ' +
  'says; on this machine it is nobody but you.'

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none that it names' : names.join(', ')
}

/** From 2023 on it has an overlay by default, and the engine finds none of the sandbox's files. */
const overlayAdvice =
  'A gVisor of 2023 or later needs `"runtimeArgs": ["--overlay2=none"]` beside the path, or files of the sandbox are seen by nobody else.'

function howToGet(runtime: string): string {
  const isGvisor = runtime === 'runsc'
  const install = isGvisor
    ? "Install gVisor on the engine's machine (Debian has it: `apt-get install runsc`; else gvisor.dev/docs/user_guide/install) and"
    : "Install it on the engine's machine and"
  const path = isGvisor ? '/usr/bin/runsc' : `/usr/bin/${runtime}`
  return (
    `${install} name it in /etc/docker/daemon.json, then reload the engine: \`systemctl reload docker\`.\n\n` +
    `{ "runtimes": { ${JSON.stringify(runtime)}: { "path": ${JSON.stringify(path)} } } }` +
    (isGvisor ? `\n\n${overlayAdvice}` : '')
  )
}
