import type { BigIntStats } from 'node:fs'

/** `device:inode:birth time`: of one that was deleted and made anew under its name it is another. */
export function identityText({ dev, ino, birthtimeNs }: Pick<BigIntStats, 'dev' | 'ino' | 'birthtimeNs'>): string {
  return `${dev}:${ino}:${birthtimeNs}`
}
