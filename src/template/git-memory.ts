// What git on this machine may hold in memory of objects that nobody vouches for: some bytes of a pack can stand for gigabytes.

/** In bytes. Files that no other one is a copy of pass through, however large; what git puts together from others does not. */
export const mostMemory = 2 * 1024 ** 3

/** How to start git so that neither it nor what it starts takes more; as it is where that is not said. */
export function withMemory(
  args: readonly string[],
  most: number | undefined,
): { readonly file: string; readonly args: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  if (most === undefined) return { file: 'git', args, env: {} }
  // Of all that a process writes to; what is only mapped, as packs are, is not of it. A system without it has git's own limit.
  const script = `ulimit -d ${String(Math.floor(most / 1024))} 2>/dev/null; exec git "$@"`
  return {
    file: '/bin/sh',
    args: ['-c', script, 'git', ...args],
    // Of each piece of it.
    env: { GIT_ALLOC_LIMIT: String(Math.floor(most / 2)) },
  }
}

/** Whether a git that was started so says that it came to this. */
export function isTooLarge(said: string): boolean {
  return /^(?:fatal|error): .*(?:out of memory|over limit \d+)/im.test(said)
}

/** Whether a git that was started so is not there. */
export function isNotFound(most: number | undefined, exitCode: number | null): boolean {
  return most !== undefined && exitCode === 127
}
