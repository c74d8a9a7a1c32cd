// A repository whose settings would run programs wherever git reads them, each leaving a mark.

import { chmodSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TestRepository } from '../../cli/support/repository.js'

export class PoisonedRepository extends TestRepository {
  readonly #marks: string

  constructor() {
    super()
    this.#marks = join(this.home, 'marks')
    mkdirSync(this.#marks)
  }

  /** Before it is poisoned. */
  copy(): PoisonedRepository {
    const copied = new PoisonedRepository()
    rmSync(copied.folder, { recursive: true })
    cpSync(this.folder, copied.folder, { recursive: true })
    return copied
  }

  /** From now on; what tests do in it would run them too. */
  poison(): void {
    const program = (name: string): string => {
      const path = join(this.home, `poison-${name}`)
      writeFileSync(path, `#!/bin/sh\ntouch '${join(this.#marks, name)}'\n`)
      chmodSync(path, 0o755)
      return path
    }
    const hooks = join(this.home, 'hooks')
    mkdirSync(hooks)
    for (const hook of [
      ...['reference-transaction', 'post-checkout', 'post-merge', 'pre-push', 'post-commit', 'update', 'pre-receive'],
      ...['post-receive', 'post-update', 'push-to-checkout', 'pre-auto-gc', 'post-index-change', 'fsmonitor-watchman'],
    ]) {
      writeFileSync(join(hooks, hook), `#!/bin/sh\ntouch '${join(this.#marks, `hook-${hook}`)}'\n`)
      chmodSync(join(hooks, hook), 0o755)
      writeFileSync(join(this.folder, '.git/hooks', hook), `#!/bin/sh\ntouch '${join(this.#marks, `own-${hook}`)}'\n`)
      chmodSync(join(this.folder, '.git/hooks', hook), 0o755)
    }
    const settings = `
[core]
	fsmonitor = ${program('fsmonitor')}
	hooksPath = ${hooks}
	sshCommand = ${program('ssh')}
	alternateRefsCommand = ${program('alternate-refs')}
	editor = ${program('editor')}
	pager = ${program('pager')}
	askPass = ${program('askpass')}
	gitProxy = ${program('proxy')}
[filter "evil"]
	smudge = ${program('smudge')}
	clean = ${program('clean')}
	process = ${program('process')}
	required = true
[uploadpack]
	packObjectsHook = ${program('pack-objects')}
[receive]
	procReceiveRefs = refs
[credential]
	helper = ${program('credential')}
[gpg]
	program = ${program('gpg')}
[url "ext::${program('ext')} "]
	insteadOf = fd::
[protocol]
	allow = always
[gc]
	auto = 1
	autoDetach = false
[include]
	path = ${join(this.home, 'more')}
[diff "evil"]
	textconv = ${program('textconv')}
[merge "evil"]
	driver = ${program('driver')}
[trace2]
	eventTarget = ${join(this.#marks, 'trace')}
`
    writeFileSync(join(this.folder, '.git/config'), settings, { flag: 'a' })
    writeFileSync(join(this.folder, '.git/info/attributes'), '* filter=evil diff=evil merge=evil\n')
  }

  /** Names of what ran. */
  get marks(): readonly string[] {
    return existsSync(this.#marks) ? readdirSync(this.#marks).sort() : ['no folder']
  }
}
